/// How one case ended.
public struct CaseResult: Sendable {
    /// The words of the report.
    public enum Status: String, Sendable, CaseIterable {
        case pass
        case fail
        /// Different on purpose, for a reason that the project lists.
        case deviates
        /// It needs what is not there yet.
        case unsupported
        /// The process that ran it ended or did not answer.
        case crash
    }

    public let file: String
    public let name: String
    public let format: String?
    public let config: String?
    public let isPositive: Bool
    public var status: Status
    /// The first difference, or the reason.
    public var difference: String?

    init(
        file: String,
        name: String,
        format: String? = nil,
        config: String? = nil,
        isPositive: Bool,
        status: Status,
        difference: String?
    ) {
        self.file = file
        self.name = name
        self.format = format
        self.config = config
        self.isPositive = isPositive
        self.status = status
        self.difference = difference
    }

    /// An object of the report.
    public var json: JSONValue {
        let text = { (value: String?) in value.map { JSONValue.string($0) } ?? .null }
        return .object([
            .init(name: "file", value: .string(file)), .init(name: "name", value: .string(name)),
            .init(name: "format", value: text(format)), .init(name: "config", value: text(config)),
            .init(name: "positive", value: .bool(isPositive)), .init(name: "status", value: .string(status.rawValue)),
            .init(name: "difference", value: text(difference)),
        ])
    }
}
