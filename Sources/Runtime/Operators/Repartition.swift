import Values

/// Moves rows to the partition of their key, through an internal topic whose messages carry whole batches.
///
/// The partition is the hash of the key's bytes modulo the number of partitions; rows without a key stay in the task's
/// own, or go no further when they are to be grouped. Rows wait until there are enough for a large message, or until the commit. Of a table's changes (rows with
/// ``Batch/before``), one whose key changes becomes two: the old row's deletion, with the row before, and the new row.
public struct Repartition: OperatorSpec, Hashable {
    public let topic: String
    /// The columns of the rows, whose key decides.
    public let input: Schema
    /// The key format of a topic whose records the rows are to meet; nil when they meet only each other.
    public let keyFormat: KeyFormat?
    /// True: the rows are a stream's and to be grouped by their key, and those without one belong to no group.
    public let isForGroups: Bool

    /// How a topic's keys are written, on which the partitions of its records depend.
    public struct KeyFormat: Hashable, Sendable {
        public let name: String
        public let properties: FormatProperties

        public init(name: String, properties: FormatProperties) {
            self.name = name
            self.properties = properties
        }
    }

    public init(topic: String, input: Schema, keyFormat: KeyFormat? = nil, isForGroups: Bool = false) {
        self.topic = topic
        self.isForGroups = isForGroups
        self.input = input
        self.keyFormat = keyFormat
    }

    public var output: Schema { input }
    public var summary: String {
        "Repartition by \(input.key.map { quotedIdentifier($0.name) }.joined(separator: ", ")) to \(topic)"
    }

    public func makeOperator(_ context: TaskContext) throws -> any Operator {
        try RepartitionOperator(self, context)
    }
}

private final class RepartitionOperator: Operator {
    private let spec: Repartition
    private let context: TaskContext
    private let partitions: Int
    /// Writes keys as the records have them that the rows are to meet.
    private let keyWriter: (any FormatWriter)?
    /// Rows that wait, per partition.
    private var waiting: [[Batch]]
    private var waitingRows: [Int]
    /// A message has about so many rows.
    private static let messageRows = 4096

    init(_ spec: Repartition, _ context: TaskContext) throws {
        keyWriter = try spec.keyFormat.map { format in
            try context.format(format.name).makeWriter(Array(spec.input.key), properties: format.properties)
        }
        self.spec = spec
        self.context = context
        partitions = context.partitionCount(of: spec.topic)
        waiting = Array(repeating: [], count: partitions)
        waitingRows = Array(repeating: 0, count: partitions)
    }

    func process(_ batch: Batch, input _: Int, into _: Emitter) throws {
        context.metrics.rowsIn.add(batch.count)
        var rows = spec.isForGroups ? grouped(batch) : batch
        context.metrics.rowsOut.add(rows.count)
        rows.origin = nil
        guard batch.before != nil else { return try scatter(rows, keys(rows.columns, batch.count)) }
        let before = try keys(batch.before ?? [], batch.count)
        let after = try keys(rows.columns, batch.count)
        guard let moved = movedRows(batch, before, after) else { return try scatter(rows, after) }
        let (split, splitKeys) = split(rows, moved, before, after)
        try scatter(split, splitKeys)
    }

    /// The rows with a value and a key; the log knows the places of the others, which are not passed on.
    private func grouped(_ batch: Batch) -> Batch {
        let keys = Array(batch.columns[..<spec.input.keyCount])
        let mask = keys.reduce(nil) { Bitmap.and($0, $1.validity, count: batch.count) }
        guard let words = mask?.base.assumingMemoryBound(to: UInt64.self) else { return batch }
        var rows: [Int32] = []
        var ungrouped = UngroupedRows()
        for row in 0..<batch.count where !batch.isDeleted(row) {
            if Bitmap.get(words, row) { rows.append(Int32(truncatingIfNeeded: row)) } else { ungrouped.add(row) }
        }
        context.metrics.dropped.add(batch.count - rows.count)
        ungrouped.report(batch, keys, Array(spec.input.key), context)
        return batch.keeping(rows)
    }

    private func keys(_ columns: [Column], _ count: Int) throws -> Column {
        let key = Array(columns[..<spec.input.keyCount])
        guard let keyWriter else { return KeyEncoder.encode(key, count: count) }
        // A key that the format cannot hold meets nothing; it stays in the task's own partition.
        var bad: [BadPayload] = []
        return try keyWriter.write(key, count: count, absent: key.count == 1 ? key[0].nullFlags : nil, bad: &bad)
    }

    /// One byte a row, 1 where old and new row have different keys; nil when there is no such row.
    private func movedRows(_ batch: Batch, _ before: Column, _ after: Column) -> [Bool]? {
        guard let had = batch.hadBefore?.base.assumingMemoryBound(to: UInt8.self) else { return nil }
        let moved = (0..<batch.count).map { row in
            guard had[row] != 0 else { return false }
            return before.isNull(row) != after.isNull(row) || !isEqual(before.bytes(row), after.bytes(row))
        }
        return moved.contains(true) ? moved : nil
    }

    /// The batch with each moved row as two, and the keys of its rows.
    private func split(_ batch: Batch, _ moved: [Bool], _ before: Column, _ after: Column) -> (Batch, Column) {
        // Rows behind `count` stand for the old ones.
        var order: [Int32] = []
        for row in 0..<batch.count {
            if moved[row] { order.append(Int32(batch.count + row)) }
            if !moved[row] || !batch.isDeleted(row) { order.append(Int32(row)) }
        }
        var old = batch
        old.columns = oldColumns(batch)
        let deleted = Buffer(capacity: batch.count)
        deleted.base.initializeMemory(as: UInt8.self, repeating: 1, count: batch.count)
        old.deleted = deleted
        var new = batch
        let had = Buffer(capacity: batch.count)
        let source = batch.hadBefore?.base.assumingMemoryBound(to: UInt8.self)
        let target = had.base.assumingMemoryBound(to: UInt8.self)
        for row in 0..<batch.count { target[row] = moved[row] ? 0 : source?[row] ?? 0 }
        new.hadBefore = had
        let both = Batch.concatenated([new, old])
        let bothKeys = Column.concatenated([after, before])
        return order.withUnsafeBufferPointer { list in
            guard let base = list.baseAddress else { return (batch, after) }
            return (both.gather(base, count: list.count), bothKeys.gather(base, count: list.count))
        }
    }

    /// The columns of deletions of the old rows: their keys, and NULLs.
    private func oldColumns(_ batch: Batch) -> [Column] {
        batch.columns.indices.map { index in
            index < spec.input.valueStart
                ? batch.before?[index] ?? batch.columns[index]
                : Column.nulls(batch.columns[index].type, count: batch.count)
        }
    }

    /// Puts each row to those that wait for its partition.
    private func scatter(_ batch: Batch, _ keys: Column) throws {
        let home = Int(context.partition) % partitions
        if partitions == 1 { return try add(batch, to: 0) }
        var rows = [[Int32]](repeating: [], count: partitions)
        for partition in rows.indices { rows[partition].reserveCapacity(2 * batch.count / partitions) }
        for row in 0..<batch.count {
            let key = keys.bytes(row)
            guard !keys.isNull(row), let base = key.baseAddress else {
                rows[home].append(Int32(truncatingIfNeeded: row))
                continue
            }
            let partition =
                keyWriter == nil
                ? Int(Hash.of(base, key.count) % UInt64(partitions))
                : Int(Partitioner.partition(of: key, count: partitions))
            rows[partition].append(Int32(truncatingIfNeeded: row))
        }
        for (partition, list) in rows.enumerated() where !list.isEmpty {
            let part = list.withUnsafeBufferPointer { list in
                list.baseAddress.map { batch.gather($0, count: list.count) } ?? batch
            }
            try add(part, to: partition)
        }
    }

    private func add(_ batch: Batch, to partition: Int) throws {
        guard batch.count > 0 else { return }
        waiting[partition].append(batch)
        waitingRows[partition] += batch.count
        if waitingRows[partition] >= RepartitionOperator.messageRows { try send(partition) }
    }

    /// Appends the rows that wait as one message, or as several when they are too far apart in time.
    private func send(_ partition: Int) throws {
        guard waitingRows[partition] > 0 else { return }
        let batch = Batch.concatenated(waiting[partition])
        waiting[partition].removeAll(keepingCapacity: true)
        waitingRows[partition] = 0
        let times = batch.timestamps.values(as: Int64.self)
        let span = context.settings.messageMilliseconds
        var start = 0
        while start < batch.count {
            let end = times[start].addingClamped(span)
            var next = start + 1
            var latest = times[start]
            while next < batch.count, times[next] <= end {
                latest = max(latest, times[next])
                next += 1
            }
            try append(next - start == batch.count ? batch : batch.rows(start..<next), to: partition, latest)
            start = next
        }
    }

    /// Appends a message; its timestamp is that of its latest row.
    private func append(_ batch: Batch, to partition: Int, _ latest: Int64) throws {
        try context.session.append(
            OutgoingRun(
                topic: spec.topic,
                partition: Int32(partition),
                timestamps: Column.constant(.bigint, .bigint(latest), count: 1),
                keys: Column.nulls(.bytes, count: 1),
                values: BatchCodec.encode([batch])
            )
        )
    }

    func sendWaiting() throws {
        for partition in 0..<partitions { try send(partition) }
    }

    func flush(into _: inout [StateChange]) throws { try sendWaiting() }
}
