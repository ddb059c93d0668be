import Glibc
import Server

/// The summary as it changes: a table that is drawn again and again on a terminal, a line a second elsewhere.
struct SummaryView {
    /// A row of the summary as the server sends it.
    struct Row {
        let key: SummaryKey
        let sums: SummarySums
        let averageMilliseconds: Double

        init?(_ cells: [JSONValue]) {
            guard cells.count >= 6, let path = cells[0].text,
                case .number(let minute) = cells[1], case .number(let requests) = cells[2],
                case .number(let errors) = cells[3], case .number(let bytes) = cells[4]
            else { return nil }
            key = SummaryKey(path: path, minute: Int(minute) ?? 0)
            sums = SummarySums(requests: Int(requests) ?? 0, errors: Int(errors) ?? 0, bytes: Int(bytes) ?? 0)
            guard case .number(let average) = cells[5] else { return nil }
            averageMilliseconds = Double(average) ?? 0
        }
    }

    /// Rows that fit a small terminal.
    private static let rowsMax = 12

    private let screen = Screen.standard
    private var rows: [SummaryKey: Row] = [:]
    /// All rows together.
    private(set) var total = SummarySums()
    private var shownAt = 0.0
    private var drawnLines = 0

    /// Takes a change.
    mutating func take(_ cells: [JSONValue]) {
        guard let row = Row(cells) else { return }
        if let old = rows.updateValue(row, forKey: row.key)?.sums {
            total.requests -= old.requests
            total.errors -= old.errors
            total.bytes -= old.bytes
        }
        total += row.sums
    }

    /// Shows what there is, unless it did a moment ago.
    mutating func show(sent: Int, of records: Int, acknowledged: Int) {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let now = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        guard now - shownAt >= (screen.isTerminal ? 0.2 : 1) else { return }
        shownAt = now
        let head = "sent \(sent) of \(records), \(acknowledged) acknowledged; summary: \(total) in \(rows.count) rows"
        guard screen.isTerminal else {
            printLine(head)
            return
        }
        draw([head, ""] + table())
    }

    /// Leaves the last picture as it is.
    mutating func close() { drawnLines = 0 }

    /// The rows of the newest minute, the busiest first.
    private func table() -> [String] {
        let newest = rows.keys.map(\.minute).max() ?? 0
        let shown = rows.values.filter { $0.key.minute == newest }
            .sorted { ($1.sums.requests, $0.key) < ($0.sums.requests, $1.key) }
            .prefix(Self.rowsMax)
        let head = ["minute", "path", "requests", "errors", "bytes", "average ms"]
        let cells = shown.map { row in
            [
                clock(row.key.minute), row.key.path, "\(row.sums.requests)", "\(row.sums.errors)", "\(row.sums.bytes)",
                tenths(row.averageMilliseconds),
            ]
        }
        let widths = head.indices.map { column in ([head] + cells).map { $0[column].count }.max() ?? 0 }
        return ([head] + cells).map { line in
            line.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - line[column].count)
                return column < 2 ? line[column] + padding : padding + line[column]
            }.joined(separator: "  ")
        }
    }

    private mutating func draw(_ lines: [String]) {
        let width = max(screen.width - 1, 20)
        var text = drawnLines > 0 ? "\u{1b}[\(drawnLines)A" : ""
        for line in lines { text += "\r\u{1b}[K\(line.prefix(width))\n" }
        // A shorter picture leaves nothing of a longer one behind.
        text += "\u{1b}[J"
        writeAll(Array(text.utf8), to: STDOUT_FILENO)
        drawnLines = lines.count
    }
}
