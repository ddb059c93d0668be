/// Compares answers by what is promised whatever the batches, partitions and crashes are.
///
/// Per key, streams have the same records in order and tables the same changes, or the same last row where tables emit by
/// batches. Rows of pull queries and lines of the processing log are compared without their order; after crashes the log
/// may say things twice.
struct AnswerComparison {
    private let variant: GoldenVariant
    /// Last rows of tables, as expected and as found.
    private var expectedTables: [String: String] = [:]
    private var foundTables: [String: String] = [:]

    init(_ variant: GoldenVariant) { self.variant = variant }

    private struct Parts {
        var others: [String] = []
        var log: [String] = []
        /// Records by source and key.
        var records: [String: [String]] = [:]
    }

    /// What differs; nil when nothing does.
    mutating func difference(_ expected: [String], _ found: [String], kinds: [String: Bool]) -> String? {
        var left = parts(expected, kinds)
        var right = parts(found, kinds)
        if variant.emitsBatches {
            AnswerComparison.apply(&left.records, to: &expectedTables, kinds)
            AnswerComparison.apply(&right.records, to: &foundTables, kinds)
        }
        if variant.mixesInputs {
            left.records = ["": left.records.values.joined().sorted()]
            right.records = ["": right.records.values.joined().sorted()]
        }
        return AnswerComparison.unequal(left.others, right.others)
            ?? AnswerComparison.unequal(left.log, right.log)
            ?? AnswerComparison.unequal(expectedTables, foundTables)
            ?? AnswerComparison.unequal(left.records, right.records)
    }

    private static func unequal<T: Equatable>(_ expected: T, _ found: T) -> String? {
        expected == found ? nil : "expected \(expected)\nfound    \(found)"
    }

    private func parts(_ lines: [String], _ kinds: [String: Bool]) -> Parts {
        var parts = Parts()
        for line in lines {
            var rest = line[...]
            let word = rest.prefix { $0 != " " }
            if word == "log" {
                if variant.emitsBatches, line.hasSuffix("to no group: it is grouped by a NULL") { continue }
                parts.log.append(logLine(line))
            } else if kinds[String(word)] != nil {
                rest = rest.dropFirst(word.count + 1)
                parts.records["\(word) \(RecordText.takeToken(&rest))", default: []].append(line)
            } else {
                parts.others.append(line)
            }
        }
        parts.others.sort()
        parts.log = (variant.steps.crashes ? Array(Set(parts.log)) : parts.log).sorted()
        // Records without a key have an order only within their partition.
        if variant.partitions > 1 {
            for key in parts.records.keys where key.hasSuffix(" null") { parts.records[key]?.sort() }
        }
        return parts
    }

    /// A replay counts late rows again.
    private func logLine(_ line: String) -> String {
        guard variant.steps.crashes, line.hasPrefix("log late") else { return line }
        return String(line.prefix { $0 != ":" })
    }

    /// Moves the records of tables into the tables.
    private static func apply(
        _ records: inout [String: [String]],
        to tables: inout [String: String],
        _ kinds: [String: Bool]
    ) {
        for (key, lines) in records {
            guard kinds[String(key.prefix { $0 != " " })] == true, let last = lines.last else { continue }
            // The time is that of the last change that was seen, so it depends on the batches.
            var value = last.dropFirst(key.count + 1)
            value = value.drop { $0 != " " }
            tables[key] = value == " tombstone" ? nil : String(value)
            records[key] = nil
        }
    }
}
