/// A word with a meaning in the grammar.
///
/// Reserved words cannot be names unless they are quoted; the others can.
enum Keyword: String, CaseIterable, Sendable {
    // MARK: Reserved
    case advance = "ADVANCE"
    case all = "ALL"
    case and = "AND"
    case `as` = "AS"
    case at = "AT"
    case beginning = "BEGINNING"
    case between = "BETWEEN"
    case by = "BY"
    case `case` = "CASE"
    case cast = "CAST"
    case catalog = "CATALOG"
    case connector = "CONNECTOR"
    case connectors = "CONNECTORS"
    case create = "CREATE"
    case days = "DAYS"
    case decimal = "DECIMAL"
    case delete = "DELETE"
    case describe = "DESCRIBE"
    case distinct = "DISTINCT"
    case drop = "DROP"
    case `else` = "ELSE"
    case end = "END"
    case exists = "EXISTS"
    case export = "EXPORT"
    case extended = "EXTENDED"
    case `false` = "FALSE"
    case from = "FROM"
    case full = "FULL"
    case group = "GROUP"
    case having = "HAVING"
    case hopping = "HOPPING"
    case hours = "HOURS"
    case `in` = "IN"
    case inner = "INNER"
    case insert = "INSERT"
    case into = "INTO"
    case `is` = "IS"
    case join = "JOIN"
    case left = "LEFT"
    case like = "LIKE"
    case limit = "LIMIT"
    case list = "LIST"
    case load = "LOAD"
    case materialized = "MATERIALIZED"
    case millisecond = "MILLISECOND"
    case milliseconds = "MILLISECONDS"
    case minutes = "MINUTES"
    case months = "MONTHS"
    case namespace = "NAMESPACE"
    case not = "NOT"
    case null = "NULL"
    case on = "ON"
    case or = "OR"
    case outer = "OUTER"
    case pause = "PAUSE"
    case print = "PRINT"
    case properties = "PROPERTIES"
    case queries = "QUERIES"
    case query = "QUERY"
    case rename = "RENAME"
    case resume = "RESUME"
    case retention = "RETENTION"
    case right = "RIGHT"
    case run = "RUN"
    case sample = "SAMPLE"
    case script = "SCRIPT"
    case seconds = "SECONDS"
    case select = "SELECT"
    case size = "SIZE"
    case stream = "STREAM"
    case streams = "STREAMS"
    case table = "TABLE"
    case terminate = "TERMINATE"
    case then = "THEN"
    case to = "TO"
    case topic = "TOPIC"
    case topics = "TOPICS"
    case `true` = "TRUE"
    case tumbling = "TUMBLING"
    case unset = "UNSET"
    case values = "VALUES"
    case view = "VIEW"
    case when = "WHEN"
    case `where` = "WHERE"
    case window = "WINDOW"
    case with = "WITH"
    case within = "WITHIN"
    case years = "YEARS"

    // MARK: Usable as names
    case add = "ADD"
    case alter = "ALTER"
    case analyze = "ANALYZE"
    case array = "ARRAY"
    case assert = "ASSERT"
    case changes = "CHANGES"
    case column = "COLUMN"
    case columns = "COLUMNS"
    case date = "DATE"
    case day = "DAY"
    case define = "DEFINE"
    case emit = "EMIT"
    case escape = "ESCAPE"
    case explain = "EXPLAIN"
    case final = "FINAL"
    case function = "FUNCTION"
    case functions = "FUNCTIONS"
    case grace = "GRACE"
    case header = "HEADER"
    case headers = "HEADERS"
    case hour = "HOUR"
    case id = "ID"
    case `if` = "IF"
    case integer = "INTEGER"
    case interval = "INTERVAL"
    case key = "KEY"
    case map = "MAP"
    case minute = "MINUTE"
    case month = "MONTH"
    case partition = "PARTITION"
    case partitions = "PARTITIONS"
    case period = "PERIOD"
    case plugins = "PLUGINS"
    case primary = "PRIMARY"
    case replace = "REPLACE"
    case reset = "RESET"
    case schema = "SCHEMA"
    case second = "SECOND"
    case session = "SESSION"
    case set = "SET"
    case show = "SHOW"
    case sink = "SINK"
    case source = "SOURCE"
    case string = "STRING"
    case `struct` = "STRUCT"
    case subject = "SUBJECT"
    case system = "SYSTEM"
    case tables = "TABLES"
    case time = "TIME"
    case timeout = "TIMEOUT"
    case timestamp = "TIMESTAMP"
    case type = "TYPE"
    case types = "TYPES"
    case undefine = "UNDEFINE"
    case variables = "VARIABLES"
    case year = "YEAR"
    case zone = "ZONE"
}

extension Keyword {
    /// The longest keyword in bytes.
    static let lengthMax = Keyword.allCases.map(\.rawValue.utf8.count).max() ?? 0

    private static let byText = Dictionary(uniqueKeysWithValues: Keyword.allCases.map { ($0.rawValue, $0) })

    /// The keyword of that upper-case text.
    static func named(_ text: String) -> Keyword? { byText[text] }

    /// Whether it cannot be a name without quotes.
    var isReserved: Bool { !Keyword.usableAsName.contains(self) }

    private static let usableAsName: Set<Keyword> = [
        .add, .alter, .analyze, .array, .assert, .changes, .column, .columns,
        .date, .day, .define, .emit, .escape, .explain, .final, .function,
        .functions, .grace, .header, .headers, .hour, .id, .if, .integer,
        .interval, .key, .map, .minute, .month, .partition, .partitions, .period,
        .plugins, .primary, .replace, .reset, .schema, .second, .session, .set,
        .show, .sink, .source, .string, .struct, .subject, .system, .tables,
        .time, .timeout, .timestamp, .type, .types, .undefine, .variables, .year,
        .zone,
    ]

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
