import Synchronization

/// Lets one of many equal lines through: every client of a broker that is down says so, and says so again.
final class KafkaLogFilter: Sendable {
    private let passed = Mutex<[Substring: Int]>([:])

    private static let intervalMilliseconds = 30_000
    private static let linesMax = 64

    /// True when no line that says the same came within the last half minute.
    func passes(_ text: String, now: Int = monotonicMilliseconds()) -> Bool {
        let key = KafkaLogFilter.message(of: text)
        return passed.withLock { passed in
            if let last = passed[key], now - last < KafkaLogFilter.intervalMilliseconds { return false }
            if passed.count >= KafkaLogFilter.linesMax {
                passed = passed.filter { now - $0.value < KafkaLogFilter.intervalMilliseconds }
                if passed.count >= KafkaLogFilter.linesMax { passed = [:] }
            }
            passed[key] = now
            return true
        }
    }

    /// A line without the thread's name before it and the counts behind it.
    private static func message(of text: String) -> Substring {
        var rest = text[...]
        if rest.hasPrefix("[thrd:"), let end = rest.firstRange(of: "]: ") { rest = rest[end.upperBound...] }
        if let end = rest.firstRange(of: " (after ") { rest = rest[..<end.lowerBound] }
        return rest
    }
}
