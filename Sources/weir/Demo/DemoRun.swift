import Glibc
import Server

/// One demo: feeds records over one connection, watches the summary over a second, and compares in the end.
struct DemoRun {
    /// Which records, and how fast.
    struct Feed {
        let records: Int
        let seed: UInt64
        /// Records a second; 0 is without a limit.
        let rate: Int
    }

    /// Records sent at once.
    private static let chunkRecords = 1_000
    /// How long the summary may stand still while something is missing.
    private static let patienceSeconds = 60.0

    private let feed: Feed
    private let feeder: RowClient
    private let watcher: RowClient
    private var records: AccessRecords
    private var acknowledged = 0
    private var isInsertOver = false
    private var summary = SummaryView()

    init(_ feed: Feed, _ address: LineClient.Address) throws(ClientError) {
        self.feed = feed
        let token = getenv("WEIR_TOKEN").map { String(cString: $0) }
        feeder = try RowClient(address, token: token)
        watcher = try RowClient(address, token: token)
        records = AccessRecords(seed: feed.seed)
    }

    /// Runs it; whether the summary was right in the end.
    mutating func run() throws(ClientError) -> Bool {
        try define()
        let before = try read()
        try watcher.start("\(DemoStatements.summary) EMIT CHANGES;")
        try feeder.start("INSERT INTO \(DemoStatements.stream) FORMAT JSON;")
        let started = Self.now()
        try send(since: started)
        let seconds = Self.now() - started
        var expected = before
        expected.add(records.sums)
        try awaitSummary(expected.total)
        summary.close()
        printLine("fed in \(tenths(seconds)) s: \(records.sums.total)")
        return try compare(before, expected)
    }

    private func define() throws(ClientError) {
        do throws(ClientError) {
            _ = try feeder.rows("DESCRIBE \(DemoStatements.stream);")
        } catch {
            guard error.sqlstate == "42P01" else { throw error }
            for statement in DemoStatements.definitions { _ = try feeder.rows(statement) }
        }
    }

    // MARK: Feeding and watching

    private mutating func send(since started: Double) throws(ClientError) {
        var chunk: [UInt8] = []
        while records.count < feed.records {
            let due = feed.rate == 0 ? Int.max : Int((Self.now() - started) * Double(feed.rate))
            guard records.count < due else {
                try watch(milliseconds: 5)
                continue
            }
            chunk.removeAll(keepingCapacity: true)
            for _ in 0..<min(Self.chunkRecords, feed.records - records.count) { records.append(to: &chunk) }
            try feeder.send(chunk)
            try noteReplies(milliseconds: 0)
            try watch(milliseconds: 0)
        }
        try feeder.send(Array("\\.\n".utf8))
        while !isInsertOver {
            try noteReplies(milliseconds: 5)
            try watch(milliseconds: 0)
        }
    }

    /// Takes what the server said about the records.
    private mutating func noteReplies(milliseconds: Int32) throws(ClientError) {
        var wait = milliseconds
        while let reply = try feeder.next(waitingAtMost: wait) {
            wait = 0
            switch reply {
            case .progress(let value):
                if case .number(let count)? = value["acked"] { acknowledged = Int(count) ?? acknowledged }
            case .success: isInsertOver = true
            case .notice(_, let text): throw ClientError("the server did not take a record: \(text)")
            default: break
            }
        }
    }

    /// Takes the changes of the summary that are there and shows it now and then.
    private mutating func watch(milliseconds: Int32) throws(ClientError) {
        var wait = milliseconds
        while let reply = try watcher.next(waitingAtMost: wait) {
            wait = 0
            if case .row(let line, isDeletion: false) = reply { summary.take(JSONValue(line)?.elements ?? []) }
        }
        summary.show(sent: records.count, of: feed.records, acknowledged: acknowledged)
    }

    /// Watches until the summary has so many requests, or has not changed for long.
    private mutating func awaitSummary(_ expected: SummarySums) throws(ClientError) {
        var last = (requests: -1, time: Self.now())
        while summary.total.requests != expected.requests {
            try watch(milliseconds: 20)
            if summary.total.requests != last.requests { last = (summary.total.requests, Self.now()) }
            if Self.now() - last.time > Self.patienceSeconds { return }
        }
    }

    // MARK: The end

    /// The summary as a pull query answers it.
    private func read() throws(ClientError) -> [SummaryKey: SummarySums] {
        var rows: [SummaryKey: SummarySums] = [:]
        for row in try feeder.rows("\(DemoStatements.summary);") {
            guard let row = SummaryView.Row(row) else { continue }
            rows[row.key] = row.sums
        }
        return rows
    }

    /// Compares every row of the summary with what has to be in it.
    private func compare(
        _ before: [SummaryKey: SummarySums],
        _ expected: [SummaryKey: SummarySums]
    ) throws(ClientError) -> Bool {
        let found = try read()
        if !before.isEmpty { printLine("there before: \(before.total)") }
        printLine("summary: \(found.total) in \(found.count) rows")
        let differences = Set(expected.keys).union(found.keys).filter { expected[$0] != found[$0] }
        guard !differences.isEmpty else {
            printLine("every row is right")
            return true
        }
        printLine("\(differences.count) rows are wrong, such as")
        for key in differences.sorted().prefix(10) {
            let (wanted, has) = (expected[key] ?? SummarySums(), found[key] ?? SummarySums())
            printLine("  \(key.path) at \(clock(key.minute)): expected \(wanted); found \(has)")
        }
        return false
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// One decimal.
func tenths(_ value: Double) -> String { "\(Int(value * 10) / 10).\(Int(value * 10) % 10)" }

/// Hours and minutes, in UTC, of milliseconds since the epoch.
func clock(_ milliseconds: Int) -> String {
    let minutes = milliseconds / 60_000 % 1_440
    let (hour, minute) = (minutes / 60, minutes % 60)
    return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
}
