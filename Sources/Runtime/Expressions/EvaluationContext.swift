import Functions
import Glibc
import Values

/// What the expressions of one operator share: the clock, and the rows that had no value.
///
/// Used by one thread.
public final class EvaluationContext {
    /// A row of the batch whose value could not be computed.
    public struct Problem: Sendable {
        public let row: Int
        /// The part that failed, as SQL.
        public let expression: String
        public let reason: String
    }

    /// Problems kept per batch at the most; more are only counted.
    public static let problemsMax = 64

    /// Milliseconds since 1970.
    public let clock: () -> Int64
    /// The first problems since they were last taken, in no particular order.
    public private(set) var problems: [Problem] = []
    /// How many there were in all.
    public private(set) var problemCount = 0

    public init(clock: @escaping () -> Int64 = EvaluationContext.wallClock) { self.clock = clock }

    /// The time of the machine.
    public static func wallClock() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }

    /// Hands over the problems and starts anew.
    public func takeProblems() -> (first: [Problem], count: Int) {
        let taken = (problems, problemCount)
        if problemCount > 0 {
            problems.removeAll(keepingCapacity: true)
            problemCount = 0
        }
        return taken
    }

    func report(_ row: Int, _ expression: @autoclosure () -> String, _ reason: String) {
        problemCount += 1
        guard problems.count < EvaluationContext.problemsMax else { return }
        problems.append(Problem(row: row, expression: expression(), reason: reason))
    }
}
