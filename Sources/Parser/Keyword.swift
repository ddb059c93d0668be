/// A word with a meaning in the grammar.
///
/// Reserved words cannot be names unless they are quoted; the others can. The reserved ones stand first. A case is called
/// like the word it is.
enum Keyword: UInt8, CaseIterable, Sendable {
    // MARK: Reserved
    case advance
    case all
    case and
    case `as`
    case at
    case beginning
    case between
    case by
    case `case`
    case cast
    case catalog
    case connector
    case connectors
    case create
    case days
    case decimal
    case delete
    case describe
    case distinct
    case drop
    case `else`
    case end
    case exists
    case export
    case extended
    case `false`
    case from
    case full
    case group
    case having
    case hopping
    case hours
    case `in`
    case inner
    case insert
    case into
    case `is`
    case join
    case left
    case like
    case limit
    case list
    case load
    case materialized
    case millisecond
    case milliseconds
    case minutes
    case months
    case namespace
    case not
    case null
    case on
    case or
    case outer
    case pause
    case print
    case properties
    case queries
    case query
    case rename
    case resume
    case retention
    case right
    case run
    case sample
    case script
    case seconds
    case select
    case size
    case stream
    case streams
    case table
    case terminate
    case then
    case to
    case topic
    case topics
    case `true`
    case tumbling
    case unset
    case values
    case view
    case when
    case `where`
    case window
    case with
    case within
    case years

    // MARK: Usable as names
    case add
    case alter
    case analyze
    case array
    case assert
    case changes
    case column
    case columns
    case date
    case day
    case define
    case emit
    case escape
    case explain
    case final
    case function
    case functions
    case grace
    case header
    case headers
    case hour
    case id
    case `if`
    case integer
    case interval
    case key
    case map
    case minute
    case month
    case partition
    case partitions
    case period
    case plugins
    case primary
    case replace
    case reset
    case schema
    case second
    case session
    case set
    case show
    case sink
    case source
    case string
    case `struct`
    case subject
    case system
    case tables
    case time
    case timeout
    case timestamp
    case type
    case types
    case undefine
    case variables
    case year
    case zone
}

extension Keyword {
    private static let texts = Keyword.allCases.map { String(describing: $0).uppercased() }

    private static let byText = Dictionary(uniqueKeysWithValues: zip(texts, Keyword.allCases))

    /// The longest keyword in bytes.
    static let lengthMax = texts.map(\.utf8.count).max() ?? 0

    /// The keyword of that upper-case text.
    static func named(_ text: String) -> Keyword? { byText[text] }

    /// The word in upper case.
    var text: String { Keyword.texts[Int(rawValue)] }

    /// Whether it cannot be a name without quotes.
    var isReserved: Bool { rawValue <= Keyword.years.rawValue }

    /// Words that mean nothing else wherever a name may stand, so that the formatter leaves them bare.
    static let plainAsName: Set<Keyword> = [
        .analyze, .changes, .column, .columns, .final, .functions, .header, .id, .key, .partitions, .period, .plugins,
        .reset, .schema, .sink, .source, .subject, .system, .timeout, .type, .types, .variables, .zone,
    ]

    /// The unit of time it names.
    var timeUnit: TimeUnit? {
        switch self {
        case .millisecond, .milliseconds: .milliseconds
        case .second, .seconds: .seconds
        case .minute, .minutes: .minutes
        case .hour, .hours: .hours
        case .day, .days: .days
        case .month, .months: .months
        case .year, .years: .years
        default: nil
        }
    }
}
