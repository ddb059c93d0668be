import Connectors
import Dispatch
import Functions
import Planner
import Runtime
import Storage

/// How an engine is set up.
public struct EngineSettings: Sendable {
    /// Directory of the database and the embedded log; created when missing.
    public var dataDirectory: String
    /// Kafka's `HOST:PORT[,HOST:PORT]`; nil uses the embedded log.
    public var bootstrapServers: String?
    /// Stream threads; one a core is right.
    public var threads: Int
    public var storage: StorageSettings
    public var planner: PlannerSettings
    /// The functions that statements can call.
    public var functions = FunctionSet.builtin
    /// Names this engine's consumer groups and transactions in Kafka; two engines on one cluster need two.
    public var serviceID = "default"
    /// Properties that every session starts with, by their plain names.
    public var properties: [String: String] = [:] {
        didSet {
            properties = Dictionary(
                properties.map { (QuerySettings.plainName($0.key), $0.value) },
                uniquingKeysWith: { _, last in last }
            )
        }
    }

    public init(dataDirectory: String, bootstrapServers: String? = nil, threads: Int) {
        self.dataDirectory = dataDirectory
        self.bootstrapServers = bootstrapServers
        self.threads = max(threads, 1)
        storage = StorageSettings()
        planner = PlannerSettings()
    }

    /// The settings of plans; on a cluster that others use too, internal topics carry the service's name.
    var effectivePlanner: PlannerSettings {
        var planner = planner
        if bootstrapServers != nil { planner.internalTopicPrefix += "\(serviceID)-" }
        return planner
    }

    /// Opens the database and the topics.
    /// - Throws: ``ReplyError`` for a property that cannot have its value, and what database and topics throw.
    func open() throws -> (database: any StateDatabase, broker: any Broker) {
        _ = try QuerySettings.checked(properties)
        let database = try RocksDatabase(path: dataDirectory + "/state", settings: storage)
        if let bootstrapServers {
            let broker = try KafkaBroker(
                bootstrapServers: bootstrapServers,
                settings: KafkaSettings(service: serviceID),
                log: { level, text in Diagnostics.line("kafka \(level): \(text)") }
            )
            // A thread of its own: the start does not wait for it.
            DispatchQueue.global().async {
                do {
                    try broker.endOpenAppend()
                } catch {
                    Diagnostics.line("an INSERT of an earlier process may stay open until its timeout: \(error)")
                }
            }
            return (database, broker)
        }
        let log = try EmbeddedLog(directory: dataDirectory + "/log", database: database, settings: storage)
        return (database, log)
    }
}
