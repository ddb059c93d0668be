/// A table drawn with box characters: names, types, then rows, which may come later and one by one.
struct BoxTable {
    /// Widest cell; longer text ends in `…`.
    static let cellWidthMax = 60

    private let header: ResultHeader
    private let marksChanges: Bool
    private var widths: [Int]

    /// A table whose columns are wide enough for `rows` and fit the screen if that can be.
    ///
    /// - Parameters:
    ///   - isOpen: more rows will come than those in `rows`, so columns get room for values of their type.
    ///   - screenWidth: columns of the screen, or nil when there is none.
    init(_ header: ResultHeader, rows: [[String]], isOpen: Bool, screenWidth: Int?) {
        self.header = header
        marksChanges = header.isUpsert
        widths = header.columns.map { column in
            let roomy = isOpen ? Self.usualWidth(column.type) : 0
            return max(column.name.displayWidth, min(column.type.displayWidth, 24), roomy)
        }
        for row in rows {
            for (index, cell) in row.enumerated() where index < widths.count {
                widths[index] = max(widths[index], cell.displayWidth)
            }
        }
        for index in widths.indices { widths[index] = min(widths[index], Self.cellWidthMax) }
        if let screenWidth { fit(screenWidth) }
    }

    /// The line above, the names, the types, and the line below them.
    var top: String {
        var lines = [rule("┌", "┬", "┐")]
        lines.append(line(header.columns.map(\.name), mark: " ", isHeader: true))
        lines.append(line(header.columns.map(\.type), mark: " ", isHeader: true))
        lines.append(rule("├", "┼", "┤"))
        return lines.joined(separator: "\n") + "\n"
    }

    /// The line below the last row.
    var bottom: String { rule("└", "┴", "┘") + "\n" }

    /// One row with its line feed.
    func row(_ cells: [String], isDeletion: Bool) -> String {
        line(cells, mark: isDeletion ? "-" : " ", isHeader: false) + "\n"
    }

    private func rule(_ left: String, _ middle: String, _ right: String) -> String {
        let pieces = (marksChanges ? [1] : []) + widths
        return left + pieces.map { String(repeating: "─", count: $0 + 2) }.joined(separator: middle) + right
    }

    private func line(_ cells: [String], mark: String, isHeader: Bool) -> String {
        var text = marksChanges ? "│ \(mark) │" : "│"
        for (index, width) in widths.enumerated() {
            let cell = index < cells.count ? cells[index].elided(to: width) : ""
            let padding = String(repeating: " ", count: max(0, width - cell.displayWidth))
            let alignsRight = !isHeader && Self.isNumeric(header.columns[index].type)
            text += alignsRight ? " \(padding)\(cell) │" : " \(cell)\(padding) │"
        }
        return text
    }

    /// Takes from the widest columns until the table fits.
    private mutating func fit(_ screenWidth: Int) {
        let frame = 1 + 3 * (widths.count + (marksChanges ? 1 : 0)) + (marksChanges ? 1 : 0)
        while widths.reduce(frame, +) > screenWidth, let widest = widths.max(), widest > 8 {
            guard let index = widths.firstIndex(of: widest) else { return }
            widths[index] -= 1
        }
    }

    private static func isNumeric(_ type: String) -> Bool {
        type == "BIGINT" || type == "INTEGER" || type == "INT" || type == "DOUBLE" || type.hasPrefix("DECIMAL")
    }

    /// Room for most values of a type that are not known yet.
    private static func usualWidth(_ type: String) -> Int {
        switch type {
        case "BOOLEAN": 5
        case "INTEGER", "INT", "DATE", "TIME": 10
        case "BIGINT": 13
        case "DOUBLE": 12
        case "TIMESTAMP": 24
        case let other where other.hasPrefix("DECIMAL"): 12
        case "STRING", "VARCHAR": 16
        default: 24
        }
    }
}

extension Unicode.Scalar {
    /// Columns of the scalar: none for marks that combine, two for East Asian characters and most emoji.
    fileprivate var displayWidth: Int {
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        switch value {
        case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
            0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd:
            return 2
        default: return 1
        }
    }
}

extension String {
    /// Columns that the text takes on a screen.
    var displayWidth: Int {
        if utf8.allSatisfy({ $0 < 0x80 }) { return utf8.count }
        return unicodeScalars.reduce(0) { $0 + $1.displayWidth }
    }

    /// The text, cut with `…` if it is wider.
    func elided(to width: Int) -> String {
        guard displayWidth > width else { return self }
        var kept = ""
        var used = 0
        for character in self {
            let wide = String(character).displayWidth
            if used + wide > width - 1 { break }
            kept.append(character)
            used += wide
        }
        return kept + "…"
    }
}
