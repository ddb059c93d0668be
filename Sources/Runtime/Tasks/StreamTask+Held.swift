import Values

/// Reading ahead: rows are decoded, so that their time is known, and processed when whoever drives the task says so.
extension StreamTask {
    /// The sources that read an input.
    public func sources(of input: TopicPartition) -> [Int] { sources[input] ?? [] }

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

    /// The time of the next row of a source that is held; nil when there is none.
    public func heldTime(_ source: Int) -> Int64? { held[source].headTime }

    /// The largest time of a row of a source that was held and is processed; nil before the first.
    public func latestTime(_ source: Int) -> Int64? {
        held[source].latest == .min ? nil : held[source].latest
    }

    /// Processes the next rows of a source, up to the first that is later than `bound`.
    /// - Returns: how many; not all, when there are more than a batch.
    public func processHeld(_ source: Int, of input: TopicPartition, upTo bound: Int64) throws -> Int {
        var count = 0
        for batch in held[source].take(upTo: bound) {
            isDirty = true
            count += batch.count
            try deliver(batch, fromSource[source])
            try advance(batch)
        }
        notePosition(input, sources(of: input))
        return count
    }

    private func notePosition(_ input: TopicPartition, _ list: [Int]) {
        positions[input] = list.map { held[$0].position }.min()
    }

    /// Sends what waits to be sent to other tasks in larger messages; it stays part of the epoch.
    public func sendWaiting() throws {
        for each in operators { try each.sendWaiting() }
    }
}
