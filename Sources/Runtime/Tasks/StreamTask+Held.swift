import Values

/// Reading ahead: rows are decoded, so that their time is known, and processed when whoever drives the task says so.
extension StreamTask {
    /// Decodes a run of one of the task's inputs and keeps its rows for ``processHeld(_:upTo:)``.
    ///
    /// All runs of an input are either held or given to ``process(_:)``.
    public func hold(_ run: MessageRun) throws {
        let input = TopicPartition(run.topic, run.partition)
        guard let list = sources[input] else { preconditionFailure("run of \(input), which is no input of \(id)") }
        for source in list { held[source].add(try decoders[source].units(run)) }
        notePosition(input, list)
        // Without a good row there is nothing to wait for.
        if list.allSatisfy({ held[$0].headTime == nil }) { isDirty = true }
    }

    /// The time of the next row of an input that is held; nil when there is none.
    public func heldTime(_ input: TopicPartition) -> Int64? {
        guard let list = sources[input] else { return nil }
        return list.count == 1 ? held[list[0]].headTime : leader(list).flatMap { held[$0].headTime }
    }

    /// The largest time of a row of an input that was held and is processed; nil before the first.
    public func latestTime(_ input: TopicPartition) -> Int64? {
        let latest = (sources[input] ?? []).map { held[$0].latest }.max()
        return latest == .min ? nil : latest
    }

    /// The source that has the next record, as there is one position for all that read an input.
    private func leader(_ list: [Int]) -> Int? {
        list.filter { held[$0].headTime != nil }.min { held[$0].position < held[$1].position }
    }

    /// Processes the next rows of an input, up to the first that is later than `bound`.
    /// - Returns: how many; not all, when there are more than a batch.
    public func processHeld(_ input: TopicPartition, upTo bound: Int64) throws -> Int {
        guard let list = sources[input], let leader = leader(list) else { return 0 }
        var count = try deliver(held[leader].take(upTo: bound), of: leader)
        let position = held[leader].position
        for source in list where source != leader {
            while true {
                let rows = try deliver(held[source].take(before: position), of: source)
                count += rows
                if rows == 0 { break }
            }
        }
        notePosition(input, list)
        return count
    }

    private func deliver(_ batches: [Batch], of source: Int) throws -> Int {
        isDirty = isDirty || !batches.isEmpty
        for batch in batches {
            try deliver(batch, fromSource[source])
            try advance(batch)
        }
        return batches.reduce(0) { $0 + $1.count }
    }

    private func notePosition(_ input: TopicPartition, _ list: [Int]) {
        positions[input] = list.map { held[$0].position }.min()
    }

    /// Sends what waits to be sent to other tasks in larger messages; it stays part of the epoch.
    public func sendWaiting() throws {
        for each in operators { try each.sendWaiting() }
    }
}
