/// Where Weir differs from ksqlDB on purpose, with the reason in one line.
struct Deviation: Equatable, Sendable {
    let reason: String

    /// Topics between tasks.
    static let internalTopics = Deviation(
        reason: "topics between tasks carry batches of columns under names of their own, not records named after nodes"
    )

    /// Cases by their full names, see ``ConformanceCase/fullName``.
    static let cases: [String: Deviation] = [:]
}
