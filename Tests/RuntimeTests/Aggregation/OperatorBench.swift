import Functions
import Values

@testable import Runtime

/// One operator with memory below it, which can be committed and started again.
final class OperatorBench {
    let database = MemoryDatabase()
    let broker = MemoryBroker()
    let metrics = OperatorMetrics()
    let log = ListLog()
    private let spec: any OperatorSpec
    private let context: TaskContext
    private(set) var step: any Operator
    private(set) var emitted: [Batch] = []

    init(
        _ spec: any OperatorSpec,
        _ settings: TaskSettings = TaskSettings(),
        topics: [String: Int] = [:],
        formats: [any Format] = []
    ) throws {
        self.spec = spec
        for (name, partitions) in topics { try broker.createTopic(name, TopicSettings(partitions: partitions)) }
        var stores: [String: StoreID] = [:]
        for (index, store) in spec.stores.enumerated() {
            stores[store.name] = StoreID(number: UInt32(index + 1), partition: 0, changelog: store.name)
        }
        context = TaskContext(
            query: "Q",
            partition: 0,
            database: database,
            session: try broker.makeSession(threadID: "0", state: database),
            formats: FormatRegistry(formats),
            settings: settings,
            log: log,
            metrics: metrics,
            stores: stores,
            partitionCounts: topics
        )
        step = try spec.makeOperator(context)
    }

    func store(_ index: Int = 0) -> StoreID { context.store(spec.stores[index].name) }

    func process(_ batch: Batch, input: Int = 0) throws {
        let emitter = Emitter()
        try step.process(batch, input: input, into: emitter)
        emitted += emitter.take()
    }

    func commit() throws {
        var epoch = Epoch()
        try step.flush(into: &epoch.changes)
        let outcome = try context.session.commit(epoch)
        precondition(outcome == .committed)
        step.committed()
    }

    /// Commits, and goes on with an operator that knows only what is stored.
    func restart() throws {
        try commit()
        step = try spec.makeOperator(context)
    }

    /// Everything that was emitted since the last call, a row as its values with the timestamp behind them; deleted
    /// rows end in `deleted`.
    func take() -> [[Value]] {
        defer { emitted.removeAll() }
        return emitted.flatMap(rows)
    }
}

/// The rows of a batch, each with its timestamp, deleted ones with a word behind it.
func rows(_ batch: Batch) -> [[Value]] {
    (0..<batch.count).map { row in
        let deleted: [Value] = batch.isDeleted(row) ? [.string("deleted")] : []
        return batch.columns.map { $0.value(at: row) }
            + [.bigint(batch.timestamps.values(as: Int64.self)[row])] + deleted
    }
}

/// A batch of `rows`, each its values and the timestamp; rows in `deleted` are deletions.
func batch(_ schema: Schema, _ rows: [[Value]], deleted: Set<Int> = []) -> Batch {
    let columns = schema.fields.indices.map { index in Column.of(schema.fields[index].type, rows.map { $0[index] }) }
    let times = Column.of(.bigint, rows.map { $0[schema.fields.count] })
    var flags: Buffer?
    if !deleted.isEmpty {
        let buffer = Buffer.zeroed(capacity: rows.count)
        for row in deleted { buffer.base.storeBytes(of: 1, toByteOffset: row, as: UInt8.self) }
        flags = buffer
    }
    return Batch(schema: schema, count: rows.count, columns: columns, timestamps: times, deleted: flags)
}

final class ListLog: ProcessingLog {
    private(set) var problems: [RecordProblem] = []
    func record(_ problem: RecordProblem) { problems.append(problem) }
}

/// A small generator with a fixed sequence.
struct Dice {
    private var state: UInt64

    init(_ seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func roll(_ sides: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(sides))
    }
}

extension Aggregate.Call {
    /// A call of a standard function.
    static func of(
        _ function: String,
        _ types: [SQLType] = [],
        inputs: [Int] = [],
        literals: [Value?] = []
    ) throws -> Aggregate.Call {
        let name = "\(function)_\(inputs)"
        return Aggregate.Call(
            name,
            try AggregateLibrary.standard.resolve(function, types, literals: literals),
            inputs: inputs
        )
    }
}
