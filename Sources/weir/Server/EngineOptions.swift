import Glibc
import Server

/// The options that set an engine up, shared by the subcommands that hold one.
enum EngineOptions {
    static func options(defaultDirectory: String) -> [Option] {
        [Option("data-dir", "d", value: "DIR", "state, topics and catalog; made when missing (\(defaultDirectory))")]
            + otherOptions
    }

    private static let otherOptions = [
        Option(
            "bootstrap-servers",
            "b",
            value: "LIST",
            "Kafka's HOST:PORT,…; without it topics are in the data directory"
        ),
        Option("service-id", value: "NAME", "names groups and transactions in Kafka (default)"),
        Option("threads", "t", value: "N", "stream threads (one a core)"),
        Option("property", "P", value: "NAME=VALUE", "what SET does, for every session; may be repeated"),
    ]

    static func settings(_ arguments: Arguments, defaultDirectory: String) throws(UsageError) -> EngineSettings {
        var settings = EngineSettings(
            dataDirectory: arguments.value("data-dir") ?? defaultDirectory,
            bootstrapServers: arguments.value("bootstrap-servers"),
            threads: try arguments.integer("threads", in: 1...1024) ?? cores()
        )
        if let name = arguments.value("service-id") { settings.serviceID = name }
        for text in arguments.all("property") {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw UsageError("--property takes NAME=VALUE, not \"\(text)\"")
            }
            settings.properties[parts[0]] = parts[1]
        }
        return settings
    }

    /// Processors that this process may use.
    private static func cores() -> Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}
