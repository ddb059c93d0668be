import Functions
import Values

/// What the partition of a foreign key is asked to do for a row of the left table.
enum ForeignKeyAction: Int32 {
    /// Forget the row: it has another foreign key now.
    case drop
    /// Forget the row, if it is known, and answer with a deletion.
    case delete
    /// Forget the row, if it is known, and answer with the row alone.
    case alone
    /// Keep the row; answer with the joined row, or not at all where there is none.
    case join
    /// Keep the row; answer with the joined row, or a deletion where there is none.
    case joinOrDelete
    /// Keep the row; answer with the joined row, or the row alone.
    case joinOrAlone
}

/// The first step of a foreign-key join: turns the changes of the left table into requests to the partitions of the right
/// table's keys.
///
/// For each row of the left table it keeps the foreign key, so that the partition of the old one can be told when it
/// changes. The requests of a change bear a number that only grows, by which ``ForeignKeyResults`` knows old answers.
public struct ForeignKeyRequests: OperatorSpec {
    public let input: Schema
    /// The key of the right table, over the columns of the input.
    public let foreignKey: Expression
    /// True: rows without a match are kept, LEFT; false: INNER.
    public let keepsUnmatched: Bool
    public let store: StoreSpec

    public init(input: Schema, foreignKey: Expression, keepsUnmatched: Bool, store: StoreSpec) {
        self.input = input
        self.foreignKey = foreignKey
        self.keepsUnmatched = keepsUnmatched
        self.store = store
    }

    /// The foreign key; the key, the number of the change, the action and the values of the left row.
    public var output: Schema {
        Schema(
            key: [Schema.Field("FK", foreignKey.type)],
            values: input.key + [Schema.Field("VERSION", .bigint), Schema.Field("ACTION", .integer)] + input.values
        )
    }

    public var stores: [StoreSpec] { [store] }

    public var summary: String { "Request by foreign key \(foreignKey)" }

    public func makeOperator(_ context: TaskContext) throws -> any Operator {
        try ForeignKeyRequestsOperator(self, context)
    }
}

private final class ForeignKeyRequestsOperator: Operator {
    private let spec: ForeignKeyRequests
    private let context: TaskContext
    private let foreignKey: CompiledExpression
    private let evaluation = EvaluationContext()
    /// A record per left row; its blob is a 0, or a 1 and the foreign key.
    private let cache: GroupCache
    private let groups: RowGroups
    private let blob: Int
    private let slots = Scratch<UInt32>()
    private let rowList = Scratch<Int32>()
    private var version: Int64 = 0
    private var isOpen = false

    init(_ spec: ForeignKeyRequests, _ context: TaskContext) throws {
        self.spec = spec
        self.context = context
        foreignKey = try spec.foreignKey.compiled()
        // Windowed, so that the number's entry sorts behind the others.
        let layout = GroupLayout(
            keyTypes: spec.input.key.map(\.type),
            isWindowed: true,
            slots: [(bytes: 8, blobs: [0])]
        )
        blob = layout.slotOffsets[0]
        cache = GroupCache(
            layout: layout,
            store: context.store(spec.store.name),
            database: context.database,
            bytesMax: context.settings.cacheBytesMax
        )
        groups = RowGroups(layout)
    }

    func process(_ batch: Batch, input _: Int, into output: Emitter) throws {
        if !isOpen { try open() }
        context.metrics.rowsIn.add(batch.count)
        let keyColumns = Array(batch.columns[..<spec.input.valueStart])
        let rows = rowList.reserve(batch.count)
        let count = selectKeyedRows(keyColumns, count: batch.count, into: rows)
        context.metrics.dropped.add(batch.count - count)
        let foreignKeys = KeyEncoder.encode([foreignKey.evaluate(batch, evaluation)], count: batch.count)
        evaluation.log(batch, context)
        guard count > 0 else { return }
        let keys = KeyEncoder.encode(keyColumns, count: batch.count)
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
        let requests = Requests(spec.foreignKey.type)
        for index in 0..<count {
            let row = Int(rows[index])
            let slot = slots.base[Int(groups.groupOfRow[index])]
            version += 1
            if batch.isDeleted(row) {
                delete(row, slot, requests)
            } else {
                change(row, slot, foreignKeys.isNull(row) ? nil : foreignKeys.bytes(row), requests)
            }
        }
        guard let batch = requests.batch(batch, spec) else { return }
        context.metrics.rowsOut.add(batch.count)
        output.emit(batch)
    }

    /// The foreign key that a row had.
    private func old(_ record: UnsafeMutableRawPointer) -> UnsafeRawBufferPointer? {
        let bytes = UnsafeRawBufferPointer(Blob.bytes(record + blob))
        guard let first = bytes.first, first != 0 else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[1...])
    }

    private func delete(_ row: Int, _ slot: UInt32, _ requests: Requests) {
        let record = cache.record(Int(slot))
        guard record.groupFlags & GroupRecord.isPresent != 0 else { return }
        let old = old(record)
        if old != nil || spec.keepsUnmatched { requests.add(row, old, .delete, version) }
        Blob.release(record + blob, cache.outside)
        cache.change(slot, isPresent: false)
    }

    private func change(_ row: Int, _ slot: UInt32, _ new: UnsafeRawBufferPointer?, _ requests: Requests) {
        let record = cache.record(Int(slot))
        let old = record.groupFlags & GroupRecord.isPresent == 0 ? nil : old(record)
        if let new {
            let isMoved = old.map { !isEqual($0, new) } ?? false
            if isMoved { requests.add(row, old, .drop, version) }
            requests.add(row, new, spec.keepsUnmatched ? .joinOrAlone : isMoved ? .joinOrDelete : .join, version)
        } else if old != nil || spec.keepsUnmatched {
            requests.add(row, old, spec.keepsUnmatched ? .alone : .delete, version)
        }
        let start = Blob.resize(record + blob, 1 + (new?.count ?? 0), cache.outside)
        start.storeBytes(of: new == nil ? 0 : 1, as: UInt8.self)
        if let new, let base = new.baseAddress { (start + 1).copyMemory(from: base, byteCount: new.count) }
        cache.change(slot)
    }

    private func open() throws {
        isOpen = true
        guard let stored = try context.database.get(cache.store.prefix + WindowClock.key) else { return }
        guard stored.count == 8 else { throw StateError.size(stored.count) }
        version = stored.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) }
    }

    func flush(into changes: inout [StateChange]) throws {
        guard !cache.dirty.isEmpty else { return }
        let number = withUnsafeBytes(of: version) { Array($0) }
        if let change = try cache.flush(extra: (WindowClock.key, number)) { changes.append(change) }
        context.metrics.stateBytes.set(Int64(cache.bytes))
    }

    func committed() { cache.committed() }

    var wantsCommit: Bool { cache.wantsFlush }
}

/// Collects the requests that a batch makes.
private final class Requests {
    private let foreignKeys: ColumnBuilder
    private let type: SQLType
    private var rows: [Int32] = []
    private var actions: [Int32] = []
    private var versions: [Int64] = []

    init(_ type: SQLType) {
        self.type = type
        foreignKeys = ColumnBuilder(.bytes)
    }

    func add(_ row: Int, _ key: UnsafeRawBufferPointer?, _ action: ForeignKeyAction, _ version: Int64) {
        if let key { foreignKeys.append(bytes: key) } else { foreignKeys.appendNull() }
        rows.append(Int32(truncatingIfNeeded: row))
        actions.append(action.rawValue)
        versions.append(version)
    }

    func batch(_ batch: Batch, _ spec: ForeignKeyRequests) -> Batch? {
        rows.withUnsafeBufferPointer { list in
            guard let base = list.baseAddress, !list.isEmpty else { return nil }
            let columns = batch.columns.map { $0.gather(base, count: list.count) }
            let start = spec.input.valueStart
            return Batch(
                schema: spec.output,
                count: list.count,
                columns: KeyDecoder.decode(foreignKeys.finish(), types: [type]) + columns[..<start]
                    + [Column.of(versions), Column(type: .integer, count: list.count, data: Buffer(copying: actions))]
                    + columns[start...],
                timestamps: batch.timestamps.gather(base, count: list.count)
            )
        }
    }
}
