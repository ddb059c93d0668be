import Server

/// Access records of web servers as JSON lines: the same seed always gives the same records.
///
/// Times rise by three milliseconds a record, with some records up to five seconds late, from the first minute of 2026.
/// Durations are eighths of a millisecond, so that their sums are exact in whatever order they are added.
struct AccessRecords {
    /// What a path answers like.
    private struct Page {
        let path: String
        let service: String
        let method: String
        /// Out of all records, in per cent.
        let share: Int
        let bytesMax: Int
        /// Eighths of a millisecond.
        let durationMax: Int
        /// Out of thousand.
        let failures: Int
        /// Whether calls come with a query string.
        let hasQuery: Bool

        init(
            _ path: String,
            _ service: String,
            _ method: String = "GET",
            share: Int,
            bytes: Int,
            eighths: Int,
            failures: Int = 2,
            hasQuery: Bool = false
        ) {
            self.path = path
            self.service = service
            self.method = method
            self.share = share
            bytesMax = bytes
            durationMax = eighths
            self.failures = failures
            self.hasQuery = hasQuery
        }
    }

    private static let pages = [
        Page("/", "blog", share: 18, bytes: 40_000, eighths: 100),
        Page("/posts/1", "blog", share: 8, bytes: 90_000, eighths: 160),
        Page("/posts/2", "blog", share: 7, bytes: 70_000, eighths: 160),
        Page("/static/site.css", "blog", share: 12, bytes: 12_000, eighths: 16, failures: 0),
        Page("/static/app.js", "blog", share: 12, bytes: 250_000, eighths: 32, failures: 0),
        Page("/products", "shop", share: 10, bytes: 60_000, eighths: 400, hasQuery: true),
        Page("/search", "shop", share: 9, bytes: 30_000, eighths: 2_400, failures: 15, hasQuery: true),
        Page("/cart", "shop", share: 8, bytes: 8_000, eighths: 480, failures: 6),
        Page("/checkout", "shop", "POST", share: 4, bytes: 4_000, eighths: 6_400, failures: 30),
        Page("/login", "login", "POST", share: 7, bytes: 2_000, eighths: 1_600, failures: 10),
        Page("/api/orders", "orders", share: 5, bytes: 20_000, eighths: 3_200, failures: 25, hasQuery: true),
    ]

    /// For each per cent the page.
    private static let deck: [Int] = pages.indices.flatMap { Array(repeating: $0, count: pages[$0].share) }

    /// Milliseconds since the epoch.
    private static let firstTime = 1_767_225_600_000

    private let seed: UInt64
    private var state: UInt64
    private(set) var count = 0

    /// What has to come out by path and minute.
    private(set) var sums: [SummaryKey: SummarySums] = [:]

    init(seed: UInt64) {
        self.seed = seed
        state = seed &* 0x2545_F491_4F6C_DD1D
    }

    /// Appends the next record with a line feed.
    mutating func append(to bytes: inout [UInt8]) {
        let page = Self.pages[Self.deck[below(Self.deck.count)]]
        let late = below(20) == 0 ? below(5_000) : 0
        let time = max(Self.firstTime + count * 3 - late, Self.firstTime)
        let status = status(page)
        let size = status == 304 ? 0 : 200 + below(page.bytesMax)
        let eighths = 1 + below(page.durationMax)
        bytes +=
            #"{"id":"\#(seed)-\#(count)","time":\#(time),"service":"\#(page.service)","method":"\#(page.method)","#.utf8
        bytes += #""path":"\#(page.path)\#(page.hasQuery ? "?q=\(below(1_000))" : "")","status":\#(status),"#.utf8
        bytes += #""bytes":\#(size),"duration_ms":\#(eighths / 8).\#(Self.thousandths(eighths)),"#.utf8
        bytes += #""client":"10.\#(below(4)).\#(below(256)).\#(1 + below(254))"}"#.utf8
        bytes.append(0x0a)
        count += 1
        let key = SummaryKey(path: page.path, minute: time / 60_000 * 60_000)
        sums[key, default: SummarySums()] += SummarySums(requests: 1, errors: status >= 500 ? 1 : 0, bytes: size)
    }

    private mutating func status(_ page: Page) -> Int {
        let draw = below(1_000)
        if draw < page.failures { return draw % 3 == 0 ? 500 : 503 }
        if draw < page.failures + 25 { return 404 }
        return draw < page.failures + 125 && page.method == "GET" ? 304 : 200
    }

    private static func thousandths(_ eighths: Int) -> String {
        ["000", "125", "250", "375", "500", "625", "750", "875"][eighths % 8]
    }

    /// The next number of the generator (SplitMix64), below `limit`.
    private mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return Int(mixed % UInt64(limit))
    }
}

/// A row of the summary.
struct SummaryKey: Hashable, Comparable {
    let path: String
    /// Its start in milliseconds since the epoch.
    let minute: Int

    static func < (left: SummaryKey, right: SummaryKey) -> Bool {
        (left.minute, left.path) < (right.minute, right.path)
    }
}

/// What is summed up in a row.
struct SummarySums: Equatable, CustomStringConvertible {
    var requests = 0
    var errors = 0
    var bytes = 0

    static func += (left: inout SummarySums, right: SummarySums) {
        left.requests += right.requests
        left.errors += right.errors
        left.bytes += right.bytes
    }

    var description: String { "\(requests) requests, \(errors) errors, \(bytes) bytes" }
}

extension [SummaryKey: SummarySums] {
    /// All rows together.
    var total: SummarySums {
        values.reduce(into: SummarySums()) { $0 += $1 }
    }

    /// Adds rows to rows.
    mutating func add(_ rows: [SummaryKey: SummarySums]) {
        for (key, sums) in rows { self[key, default: SummarySums()] += sums }
    }
}
