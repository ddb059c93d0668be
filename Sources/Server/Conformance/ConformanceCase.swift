/// One case of ksqlDB's query validation tests, expanded: statements, records in, and what must come of them.
struct ConformanceCase {
    /// A record as the files write it.
    struct Record {
        let topic: String
        let key: JSONValue
        let value: JSONValue
        let timestamp: Int64?
        let window: Window?
        let headers: [TestRecord.Header]
    }

    /// The window behind a key.
    struct Window: Equatable {
        let start: Int64
        let end: Int64
        let isSession: Bool
    }

    /// A topic that is there before the statements run.
    struct Topic {
        let name: String
        let partitions: Int
        let needsRegistry: Bool
    }

    /// The file's name.
    let file: String
    let name: String
    let format: String?
    let config: String?
    /// The property that ``config`` is the value of.
    let configProperty: String?
    let statements: [String]
    let properties: [String: String]
    let topics: [Topic]
    let inputs: [Record]
    let outputs: [Record]
    /// True when it has to be refused.
    let isNegative: Bool
    /// Conditions on sources and topics; nil when there are none.
    let post: JSONValue?

    /// The name in reports and filters.
    var fullName: String {
        let stem = file.hasSuffix(".json") ? String(file.dropLast(5)) : file
        let setting = config.map { "\(configProperty ?? "")=\($0)" }
        return ([stem, name] + [format, setting].compactMap { $0 }).joined(separator: " - ")
    }

    var isPositive: Bool { !isNegative }

    /// Whether numbers of the output are compared digit by digit.
    var comparesExactly: Bool { properties["use.exact.numeric.comparison"]?.lowercased() != "false" }
}

extension CaseResult {
    init(_ test: ConformanceCase, _ status: Status, _ difference: String? = nil) {
        self.init(
            file: test.file,
            name: test.name,
            format: test.format,
            config: test.config,
            isPositive: test.isPositive,
            status: status,
            difference: difference
        )
    }
}
