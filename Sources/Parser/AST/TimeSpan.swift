/// A unit of time as SQL names it.
public enum TimeUnit: String, Sendable, Hashable, CaseIterable {
    case milliseconds = "MILLISECONDS"
    case seconds = "SECONDS"
    case minutes = "MINUTES"
    case hours = "HOURS"
    case days = "DAYS"
    /// Only a function argument; a year has no fixed length.
    case months = "MONTHS"
    /// Only a function argument; a year has no fixed length.
    case years = "YEARS"

    /// The length in milliseconds; nil where it depends on the calendar.
    public var milliseconds: Int64? {
        switch self {
        case .milliseconds: 1
        case .seconds: 1_000
        case .minutes: 60_000
        case .hours: 3_600_000
        case .days: 86_400_000
        case .months, .years: nil
        }
    }
}

/// A length of time such as `30 SECONDS`: not negative, and in milliseconds it fits in 64 bits.
public struct TimeSpan: Sendable, Hashable {
    /// How many units.
    public let count: Int64
    /// The unit.
    public let unit: TimeUnit
    /// Where the count starts.
    public let position: SourcePosition

    /// Nil if the count is negative, the unit has no fixed length, or the milliseconds do not fit in 64 bits.
    public init?(count: Int64, unit: TimeUnit, position: SourcePosition = .start) {
        guard count >= 0, let length = unit.milliseconds else { return nil }
        guard !count.multipliedReportingOverflow(by: length).overflow else { return nil }
        self.count = count
        self.unit = unit
        self.position = position
    }

    /// The length in milliseconds.
    public var milliseconds: Int64 { count * (unit.milliseconds ?? 0) }
}
