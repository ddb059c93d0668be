import Server

/// Results counted by file, positive and negative cases apart.
struct CaseSummary {
    private let results: [CaseResult]

    init(_ results: [CaseResult]) { self.results = results }

    var hasFailures: Bool { results.contains { $0.status == .fail || $0.status == .crash } }

    /// One line about a case.
    static func line(_ result: CaseResult) -> String {
        let stem = result.file.hasSuffix(".json") ? String(result.file.dropLast(5)) : result.file
        let name = [stem, result.name, result.format, result.config].compactMap { $0 }.joined(separator: " - ")
        let sign = result.isPositive ? "+" : "-"
        return "\(result.status.rawValue) \(sign) \(name)" + (result.difference.map { ": \($0)" } ?? "")
    }

    /// A line a file, and the totals.
    var table: String {
        var files: [String] = []
        for result in results where files.last != result.file { files.append(result.file) }
        let width = max((files.map(\.count).max() ?? 0), 5)
        var lines = [row("file", width, CaseSummary.titles)]
        for file in files { lines.append(row(file, width, counts(results.filter { $0.file == file }))) }
        lines.append(row("total", width, counts(results)))
        return lines.joined(separator: "\n")
    }

    private static let titles = ["+", "-"].flatMap { sign in CaseResult.Status.allCases.map { "\(sign)\($0)" } }

    private func counts(_ results: [CaseResult]) -> [String] {
        [true, false].flatMap { isPositive in
            CaseResult.Status.allCases.map { status in
                let count = results.count { $0.isPositive == isPositive && $0.status == status }
                return count == 0 ? "." : "\(count)"
            }
        }
    }

    private func row(_ name: String, _ width: Int, _ cells: [String]) -> String {
        let padded = zip(cells, CaseSummary.titles).map { cell, title in
            String(repeating: " ", count: max(title.count - cell.count, 0) + 1) + cell
        }
        return name + String(repeating: " ", count: width - name.count) + padded.joined()
    }
}
