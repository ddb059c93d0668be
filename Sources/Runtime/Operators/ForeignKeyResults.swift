import Functions
import Values

/// The last step of a foreign-key join, in the partition of the left table's key: turns answers into changes of the
/// result, without those to changes that are overtaken.
///
/// Answers to two changes of a row can come from two partitions, in any order. A row's latest number is kept, for a while
/// even when the row is gone.
public struct ForeignKeyResults: OperatorSpec, Hashable {
    /// The columns of ``ForeignKeyJoin``.
    public let answers: Schema
    /// The columns of the joined rows.
    public let output: Schema
    public let store: StoreSpec

    public init(answers: Schema, output: Schema, store: StoreSpec) {
        precondition(answers.fields.count == output.fields.count + 2, "an answer is a number, a flag and a joined row")
        self.answers = answers
        self.output = output
        self.store = store
    }

    public var stores: [StoreSpec] { [store] }

    public var summary: String {
        "Latest answers by " + output.key.map { quotedIdentifier($0.name) }.joined(separator: ", ")
    }

    public func makeOperator(_ context: TaskContext) -> any Operator { ForeignKeyResultsOperator(self, context) }
}

private final class ForeignKeyResultsOperator: Operator {
    private let spec: ForeignKeyResults
    private let context: TaskContext
    /// A record per left row: the number of its latest change, 1 when it is gone.
    private let cache: GroupCache
    private let groups: RowGroups
    private let slots = Scratch<UInt32>()
    private let rowList = Scratch<Int32>()
    private let outRows = Scratch<Int32>()
    private let number: Int
    private var streamTime = Int64.min
    private var sweptBefore = Int64.min
    private var sweptFrom: [UInt8]?
    /// How long (in stream time) the number of a row that is gone is kept.
    private static let keptMilliseconds: Int64 = 86_400_000
    /// Records that one commit looks at in search of those.
    private static let sweepMax = 4096

    init(_ spec: ForeignKeyResults, _ context: TaskContext) {
        self.spec = spec
        self.context = context
        let layout = GroupLayout(
            keyTypes: spec.output.key.map(\.type),
            isWindowed: false,
            slots: [(bytes: 16, blobs: [])]
        )
        number = layout.slotOffsets[0]
        cache = GroupCache(
            layout: layout,
            store: context.store(spec.store.name),
            database: context.database,
            bytesMax: context.settings.cacheBytesMax
        )
        groups = RowGroups(layout)
    }

    func process(_ batch: Batch, input _: Int, into output: Emitter) throws {
        context.metrics.rowsIn.add(batch.count)
        let keyCount = spec.output.valueStart
        let rows = rowList.reserve(batch.count)
        for row in 0..<batch.count { rows[row] = Int32(truncatingIfNeeded: row) }
        try find(KeyEncoder.encode(Array(batch.columns[..<keyCount]), count: batch.count), rows, batch.count)
        let versions = batch.columns[keyCount].values(as: Int64.self)
        let deletions = batch.columns[keyCount + 1].values(as: UInt8.self)
        let times = batch.timestamps.values(as: Int64.self)
        let outRows = outRows.reserve(batch.count)
        var count = 0
        for row in 0..<batch.count {
            streamTime = max(streamTime, times[row])
            let slot = slots.base[Int(groups.groupOfRow[row])]
            let record = cache.record(Int(slot))
            guard versions[row] >= record.load(fromByteOffset: number, as: Int64.self) else { continue }
            let isGone: Int64 = deletions[row] != 0 ? 1 : 0
            let isNew =
                versions[row] != record.load(fromByteOffset: number, as: Int64.self)
                || isGone != record.load(fromByteOffset: number + 8, as: Int64.self)
            if isNew || isGone != 0 {
                record.storeBytes(of: versions[row], toByteOffset: number, as: Int64.self)
                record.storeBytes(of: isGone, toByteOffset: number + 8, as: Int64.self)
                record.groupTimestamp = times[row]
                cache.change(slot)
            }
            outRows[count] = Int32(truncatingIfNeeded: row)
            count += 1
        }
        context.metrics.dropped.add(batch.count - count)
        context.metrics.rowsOut.add(count)
        guard count > 0 else { return }
        let kept = batch.gather(outRows, count: count)
        var result = kept.with(
            schema: spec.output,
            columns: Array(kept.columns[..<keyCount] + kept.columns[(keyCount + 2)...])
        )
        let flags = kept.columns[keyCount + 1]
        if let data = flags.data, (0..<count).contains(where: { flags.values(as: UInt8.self)[$0] != 0 }) {
            result.deleted = data
            result.columns = result.clearingValues(of: data, from: keyCount)
        }
        output.emit(result)
    }

    private func find(_ keys: Column, _ rows: UnsafePointer<Int32>, _ count: Int) throws {
        groups.assign(keys, rows, count)
        try cache.find(
            KeyRequests(
                count: groups.count,
                keys: keys,
                rows: groups.firstRows,
                hashes: groups.hashes,
                windows: nil
            ),
            into: slots.reserve(groups.count)
        )
    }

    /// Forgets the numbers of rows that have been gone for long, a part of the store at a time.
    private func sweep() throws {
        let bound = streamTime.subtractingClamped(ForeignKeyResultsOperator.keptMilliseconds)
        if sweptFrom == nil {
            guard bound.subtractingClamped(ForeignKeyResultsOperator.keptMilliseconds / 4) > sweptBefore else { return }
            sweptBefore = bound
        }
        let keys = ColumnBuilder(.bytes)
        var seen = 0
        var next: [UInt8]?
        try cache.database.scan(cache.store, from: sweptFrom ?? [], to: nil) { key, value in
            guard seen < ForeignKeyResultsOperator.sweepMax else {
                next = [UInt8](key)
                return false
            }
            seen += 1
            guard value.count == 24 else { throw StateError.size(value.count) }
            let isGone = value.loadUnaligned(fromByteOffset: 16, as: Int64.self) != 0
            if isGone, value.loadUnaligned(as: Int64.self) < bound { keys.append(bytes: key) }
            return true
        }
        sweptFrom = next
        guard keys.count > 0 else { return }
        let list = Array(0..<Int32(keys.count))
        try list.withUnsafeBufferPointer { list in
            if let base = list.baseAddress { try find(keys.finish(), base, list.count) }
        }
        for group in 0..<groups.count {
            let record = cache.record(Int(slots.base[group]))
            // Memory may know better than the store.
            guard record.load(fromByteOffset: number + 8, as: Int64.self) != 0, record.groupTimestamp < bound else {
                continue
            }
            cache.change(slots.base[group], isPresent: false)
        }
    }

    func flush(into changes: inout [StateChange]) throws {
        guard !cache.dirty.isEmpty else { return }
        try sweep()
        if let change = try cache.flush() { changes.append(change) }
        context.metrics.stateBytes.set(Int64(cache.bytes))
    }

    func committed() { cache.committed() }

    var wantsCommit: Bool { cache.wantsFlush }
}
