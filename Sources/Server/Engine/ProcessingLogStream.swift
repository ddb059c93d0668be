import Runtime
import Synchronization
import Values

/// Keeps what was wrong with records as a topic, so that it can be queried like any stream.
///
/// Recording is cheap and never waits: problems are held in a bounded list and written by the engine's ticker. What does
/// not fit the list is counted, and the count is written in its place.
final class ProcessingLogStream: ProcessingLog, Sendable {
    /// Name of the stream and, in lower case behind `weir_`, of its topic.
    static let streamName = "PROCESSING_LOG"
    static let topic = "weir_processing_log"
    /// The statement that makes the topic a stream.
    static let sql = """
        CREATE SOURCE STREAM IF NOT EXISTS PROCESSING_LOG (KIND STRING, QUERY_ID STRING, SOURCE_TOPIC STRING,
            SOURCE_PARTITION INTEGER, SOURCE_OFFSET BIGINT, FIELD STRING, FIELD_VALUE STRING, REASON STRING)
        WITH (KAFKA_TOPIC = '\(topic)', VALUE_FORMAT = 'JSON', PARTITIONS = 1);
        """

    private static let pendingMax = 4096

    private struct Pending {
        var problems: [(RecordProblem, Int64)] = []
        var suppressed = 0
        var counts: [String: Int64] = [:]
    }

    private let pending = Mutex(Pending())
    private let clock: Clock

    init(clock: Clock) { self.clock = clock }

    func record(_ problem: RecordProblem) {
        let now = clock.wallMilliseconds()
        pending.withLock { pending in
            pending.counts[problem.kind.rawValue, default: 0] += 1
            if pending.problems.count < ProcessingLogStream.pendingMax {
                pending.problems.append((problem, now))
            } else {
                pending.suppressed += 1
            }
        }
    }

    /// How many problems of each kind there were since the start.
    var counts: [String: Int64] { pending.withLock(\.counts) }

    /// Appends what was recorded since the last call to the topic.
    func write(to broker: any Broker, formats: FormatRegistry) throws {
        let (problems, suppressed) = pending.withLock { pending in
            let taken = (pending.problems, pending.suppressed)
            pending.problems = []
            pending.suppressed = 0
            return taken
        }
        guard !problems.isEmpty else { return }
        var rows = problems
        if suppressed > 0 {
            let note = RecordProblem(
                kind: .deserialization,
                query: "",
                reason: "\(suppressed) more problems in the same moment were counted and not written"
            )
            rows.append((note, clock.wallMilliseconds()))
        }
        guard let format = formats["JSON"] else { return }
        let writer = try format.makeWriter(ProcessingLogStream.fields, properties: FormatProperties())
        var bad: [BadPayload] = []
        let columns = ProcessingLogStream.fields.indices.map { index in
            Column.of(ProcessingLogStream.fields[index].type, rows.map { ProcessingLogStream.value(index, $0.0) })
        }
        let values = try writer.write(columns, count: rows.count, absent: nil, bad: &bad)
        let run = OutgoingRun(
            topic: ProcessingLogStream.topic,
            partition: 0,
            timestamps: Column.of(.bigint, rows.map { .bigint($0.1) }),
            keys: Column.nulls(.bytes, count: rows.count),
            values: values
        )
        try broker.append([run])
    }

    private static let fields: [Schema.Field] = [
        .init("KIND", .string), .init("QUERY_ID", .string), .init("SOURCE_TOPIC", .string),
        .init("SOURCE_PARTITION", .integer), .init("SOURCE_OFFSET", .bigint), .init("FIELD", .string),
        .init("FIELD_VALUE", .string), .init("REASON", .string),
    ]

    private static func value(_ index: Int, _ problem: RecordProblem) -> Value {
        switch index {
        case 0: .string(problem.kind.rawValue)
        case 1: .string(problem.query)
        case 2: problem.topic.map { .string($0) } ?? .null
        case 3: problem.partition.map { .integer($0) } ?? .null
        case 4: problem.offset.map { .bigint($0) } ?? .null
        case 5: problem.field.map { .string($0) } ?? .null
        case 6: problem.value.map { .string($0) } ?? .null
        default: .string(problem.reason)
        }
    }
}
