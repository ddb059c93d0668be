import Runtime
import Values

/// Everything that a stream thread needs to run its share of one query; plain values and shared services.
struct QueryWork: Sendable {
    /// The query's id; names its epochs and consumer groups.
    let query: String
    let topology: Topology
    /// Subtopology number and partition of each task of this share.
    let tasks: [TaskPlace]
    let settings: TaskSettings
    let commit: CommitPolicy
    let stores: StoreNumbers
    let partitionCounts: [String: Int]
    /// Where inputs without a committed offset start.
    let startPosition: StartPosition
    let services: QueryServices
    /// In which order inputs are processed; nil when it does not matter.
    let alignment: AlignmentPlan?
    /// The state of the query: the engine's database, or one in memory that a push query throws away.
    let database: any StateDatabase
    let results: (any ResultReceiver)?

    /// True for push queries: nothing is committed, and nothing is resumed.
    var isTransient: Bool { results != nil }
}

/// A task of a query.
struct TaskPlace: Hashable, Sendable {
    let subtopology: Int
    let partition: Int32
}

/// The numbers of a query's stores, handed out once and kept in the catalog.
struct StoreNumbers: Sendable {
    let query: String
    let numbers: [String: UInt32]
    /// What the names of internal topics start with.
    let prefix: String

    /// The store of that name of the task on `partition`.
    func id(_ name: String, partition: Int32) -> StoreID {
        guard let number = numbers[name] else { preconditionFailure("store \(name) of \(query) has no number") }
        return StoreID(number: number, partition: partition, changelog: changelog(name))
    }

    /// The changelog topic of a store, where the broker keeps one.
    func changelog(_ name: String) -> String { "\(prefix)\(query)-\(name)-changelog" }
}

/// What every query of an engine shares.
struct QueryServices: Sendable {
    let broker: any Broker
    let formats: FormatRegistry
    let log: ProcessingLogStream
    let clock: Clock
}

/// When a share of a query commits.
struct CommitPolicy: Sendable {
    /// The longest that processed rows wait for their commit.
    var intervalMilliseconds: Int64 = 100
    /// The same while there is more input all the time.
    var behindMilliseconds: Int64 = 100
    /// The same when no more input is waiting.
    var idleMilliseconds: Int64 = 5
    /// Input rows after which a commit is due whatever the time.
    var rowsMax = 65_536

    /// Where topics are remote.
    ///
    /// A commit then takes some milliseconds of processor time however little it holds: an interval of 100 ms costs a tenth
    /// of the throughput. Who is behind has older rows to wait for than those of this epoch.
    static let remote = CommitPolicy(behindMilliseconds: 500, rowsMax: 262_144)
}

/// Where a query without committed offsets starts.
enum StartPosition: String, Sendable {
    case earliest
    case latest
}
