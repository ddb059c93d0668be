import Glibc
import Server

/// Writes the replies to one statement: as a box table that grows, or as lines for programs.
struct ResultPrinter {
    /// How rows look on standard output.
    enum Style: String {
        case table, json, csv, tsv
    }

    /// Rows that a table looks at before it decides how wide its columns are.
    private static let lookAheadMax = 1000

    let style: Style
    let screen: Screen
    private var header: ResultHeader?
    private var names: [[UInt8]] = []
    private var table: BoxTable?
    private var waiting: [(cells: [String], isDeletion: Bool)] = []
    private var output: [UInt8] = []
    private var footer: LiveFooter?
    private(set) var rowCount = 0

    init(style: Style, screen: Screen) {
        self.style = style
        self.screen = screen
    }

    /// Takes a reply that is not the last.
    mutating func take(_ reply: ServerReply) {
        switch reply {
        case .header(let header): begin(header)
        case .row(let line, let isDeletion):
            rowCount += 1
            if style == .json {
                output.append(contentsOf: JSONRow.object(line, names: names, isDeletion: isDeletion))
            } else {
                add(JSONRow.cells(line), isDeletion)
            }
        case .text(let line, let isDeletion):
            rowCount += 1
            if isDeletion { output.append(UInt8(ascii: "!")) }
            output.append(contentsOf: line)
            output.append(0x0a)
        case .progress(let value): footer?.note(value)
        case .notice(let code, let text):
            flush()
            // Between rows for a program, words are no row.
            if code != "00000" || (style != .table && header != nil) {
                printError("note: \(text)")
            } else {
                printLine(text)
            }
        case .success, .failure, .unknown: break
        }
        if output.count >= 64 << 10 { flush() }
    }

    /// Nothing more has come for now: show what there is.
    mutating func rest() {
        if header?.isPush == true { openTable(isOpen: true) }
        flush()
        guard screen.isTerminal, header?.isPush == true else { return }
        if footer == nil { footer = LiveFooter() }
        footer?.show(rows: rowCount, screen)
    }

    /// The last reply has come.
    mutating func end() {
        openTable(isOpen: false)
        if let table { output.append(contentsOf: table.bottom.utf8) }
        table = nil
        flush()
        footer?.erase()
        footer = nil
    }

    private mutating func begin(_ header: ResultHeader) {
        self.header = header
        names = header.columns.map { JSONRow.quoted($0.name) }
        guard style == .csv || style == .tsv else { return }
        let separator = style == .csv ? "," : "\t"
        output.append(contentsOf: (header.columns.map(\.name).joined(separator: separator) + "\n").utf8)
    }

    private mutating func add(_ cells: [String], _ isDeletion: Bool) {
        if let table {
            output.append(contentsOf: table.row(cells, isDeletion: isDeletion).utf8)
            return
        }
        waiting.append((cells, isDeletion))
        if waiting.count >= Self.lookAheadMax { openTable(isOpen: true) }
    }

    private mutating func openTable(isOpen: Bool) {
        guard style == .table, table == nil, let header, !header.columns.isEmpty else { return }
        let rows = waiting.map(\.cells)
        let table = BoxTable(header, rows: rows, isOpen: isOpen, screenWidth: screen.isTerminal ? screen.width : nil)
        output.append(contentsOf: table.top.utf8)
        for row in waiting { output.append(contentsOf: table.row(row.cells, isDeletion: row.isDeletion).utf8) }
        waiting = []
        self.table = table
    }

    private mutating func flush() {
        guard !output.isEmpty else { return }
        footer?.erase()
        writeAll(output, to: STDOUT_FILENO)
        output.removeAll(keepingCapacity: true)
    }
}

extension ResultPrinter.Style {
    /// What `--format` says; without it a table on a terminal and JSON elsewhere.
    init(_ arguments: Arguments, _ screen: Screen) throws(UsageError) {
        guard let name = arguments.value("format") else {
            self = screen.isTerminal ? .table : .json
            return
        }
        guard let style = Self(rawValue: name.lowercased()) else {
            throw UsageError("--format takes json, csv, tsv or table, not \"\(name)\"")
        }
        self = style
    }
}

/// What standard output is.
struct Screen {
    /// Whether a person looks at it.
    var isTerminal: Bool
    /// Its columns, if it is a terminal.
    var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// The standard output of this process.
    static var standard: Screen { Screen(isTerminal: isatty(STDOUT_FILENO) == 1) }
}

/// The last line on a terminal while a push query runs: rows, rate, stream time.
struct LiveFooter {
    private var streamTime: String?
    private var late = ""
    private var isShown = false
    private var lastRows = 0
    private var lastTime = LiveFooter.now()
    private var rate = 0.0

    mutating func note(_ progress: JSONValue) {
        streamTime = progress["stream_time"]?.text ?? streamTime
        if case .number(let count)? = progress["late"], count != "0" { late = " · late \(count)" }
    }

    mutating func show(rows: Int, _ screen: Screen) {
        let time = Self.now()
        if time - lastTime >= 1 {
            rate = Double(rows - lastRows) / (time - lastTime)
            lastRows = rows
            lastTime = time
        }
        var text = "\(rows) \(rows == 1 ? "row" : "rows") · \(Self.short(rate))/s"
        if let streamTime { text += " · stream time \(streamTime)" }
        text += "\(late) · Ctrl-C to stop"
        writeAll(Array("\r\u{1b}[K\(text.elided(to: max(10, screen.width - 1)))".utf8), to: STDOUT_FILENO)
        isShown = true
    }

    mutating func erase() {
        guard isShown else { return }
        writeAll(Array("\r\u{1b}[K".utf8), to: STDOUT_FILENO)
        isShown = false
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// 950, 18.3k, 2.1M.
    private static func short(_ value: Double) -> String {
        func tenths(_ value: Double) -> String { "\(Int(value * 10) / 10).\(Int(value * 10) % 10)" }
        if value >= 1e6 { return tenths(value / 1e6) + "M" }
        if value >= 1e3 { return tenths(value / 1e3) + "k" }
        return String(Int(value.rounded()))
    }
}
