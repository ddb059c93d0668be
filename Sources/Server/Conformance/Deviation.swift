/// Where Weir differs from ksqlDB on purpose, with the reason in one line.
struct Deviation: Equatable, Sendable {
    let reason: String

    /// Topics between tasks.
    static let internalTopics = Deviation(
        reason: "topics between tasks carry batches of columns under names of their own, not records named after nodes"
    )

    /// A double prints as the shortest text that reads back as the same number.
    private static let shortestDoubles = Deviation(
        reason: "doubles are written as the shortest text that reads back the same, as Java does since version 19"
    )

    /// What travels between tasks has a form of its own.
    private static let ownForm = Deviation(
        reason: "rows and states between tasks have a form of their own, which holds what the value format cannot"
    )

    /// Inputs of a join that do not have the same number of partitions.
    private static let copartitioning = Deviation(
        reason: "inputs of a join with different numbers of partitions are repartitioned, not refused"
    )

    /// `*` and pseudo columns.
    private static let pseudoColumns = Deviation(
        reason: "SELECT * of a join has no pseudo columns, with PARTITION BY as without it"
    )

    /// Bounds of windows over joins.
    private static let windowBounds = Deviation(
        reason: "WINDOWSTART and WINDOWEND can be selected whatever is grouped, joins too"
    )

    /// Functions with several forms that would do.
    private static let overloads = Deviation(
        reason: "of several forms of a function that suit after widening, the one with the fewest steps is called"
    )

    /// Cases by their full names, see ``ConformanceCase/fullName``.
    static let cases: [String: Deviation] = [
        "average-udaf - average long": shortestDoubles,
        "greatest - test implicit casting to decimal": overloads,
        "group-by - field (stream->table) - KAFKA": ownForm,
        "group-by - windowed join with window bounds": windowBounds,
        "joins - stream stream right join - KAFKA": ownForm,
        "least - test implicit casting to decimal": overloads,
        "multi-joins - partition count mismatch": copartitioning,
        "partition-by - only key column - select star - with join on keys": pseudoColumns,
        "standarddeviation - stddev_sample - DELIMITED": ownForm,
    ]
}
