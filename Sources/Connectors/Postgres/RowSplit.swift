import Runtime
import Values

/// The rows of one table in one transaction: what is written, what is deleted, what cannot be.
struct RowSplit {
    /// Rows to write; sorted by key, one a key, where rows are folded.
    private(set) var writes: Batch
    /// Rows whose keys are deleted.
    private(set) var deletes: Batch
    /// Records that can never be written.
    private(set) var refused: [RecordProblem] = []
    /// Records that mean nothing to the target: null values of streams, table records without a key.
    private(set) var emptyCount = 0

    /// - Parameter rows: of ``RowDecoder/schema``.
    init(_ rows: Batch, _ layout: TableLayout, connector: String) {
        let whole = layout.columns.map { layout.column($0, of: rows) }
        let keys = Array(whole[..<layout.keyCount])
        var kept: [Int32] = []
        var (refused, emptyCount): ([RecordProblem], Int) = ([], 0)
        kept.reserveCapacity(rows.count)
        let mayBeNull = keys.contains { $0.validity != nil }
        if rows.deleted == nil, !mayBeNull {
            kept.append(contentsOf: 0..<Int32(rows.count))
        } else {
            for row in 0..<rows.count {
                switch RowSplit.verdict(rows, row, keys, layout) {
                case .keep: kept.append(Int32(row))
                case .empty: emptyCount += 1
                case .refuse(let field, let reason):
                    refused.append(RowSplit.problem(rows, row, field, reason, layout, connector))
                }
            }
        }
        if layout.folds {
            let selected = keys.map { key in
                kept.withUnsafeBufferPointer { list in
                    list.baseAddress.map { key.gather($0, count: list.count) } ?? Column.of(key.type, [])
                }
            }
            kept = RowFold(selected, count: kept.count).rows.map { kept[Int($0)] }
        }
        let deleted = kept.filter { rows.isDeleted(Int($0)) }
        writes = rows.rows(deleted.isEmpty ? kept : kept.filter { !rows.isDeleted(Int($0)) })
        deletes = rows.rows(deleted)
        self.refused = refused
        self.emptyCount = emptyCount
        dropBadValues(layout, connector)
    }

    private enum Verdict {
        case keep, empty
        case refuse(field: String?, reason: String)
    }

    private static func verdict(_ rows: Batch, _ row: Int, _ keys: [Column], _ layout: TableLayout) -> Verdict {
        let nulls = keys.indices.filter { keys[$0].isNull(row) }
        if let first = nulls.first {
            // As a table's queries do it: what has no key is no row.
            let hasNoKey = layout.keyMode == .recordKey && nulls.count == layout.topic.schema.keyCount
            if layout.topic.isTable, hasNoKey { return .empty }
            return .refuse(field: layout.columns[first].name, reason: "the key column is NULL")
        }
        guard rows.isDeleted(row), !layout.deletes else { return .keep }
        guard layout.topic.isTable else { return .empty }
        return .refuse(
            field: nil,
            reason: "the record deletes its key, but setting 'delete.enabled' is 'false': create the connector "
                + "with 'insert.mode' = 'upsert', 'pk.mode' = 'record_key', 'delete.enabled' = 'true'"
        )
    }

    /// Leaves out rows with values that PostgreSQL cannot hold.
    private mutating func dropBadValues(_ layout: TableLayout, _ connector: String) {
        var badRows = Set<Int32>()
        for wanted in layout.columns where !wanted.isWindowBound {
            for (row, reason) in ValueCheck.problems(layout.column(wanted, of: writes), wanted.type)
            where badRows.insert(Int32(row)).inserted {
                refused.append(RowSplit.problem(writes, row, wanted.name, reason, layout, connector))
            }
        }
        if !badRows.isEmpty { writes = writes.rows((0..<Int32(writes.count)).filter { !badRows.contains($0) }) }
        // No row of the target can have such a key.
        for wanted in layout.key where !wanted.isWindowBound && deletes.count > 0 {
            let bad = Set(ValueCheck.problems(layout.column(wanted, of: deletes), wanted.type).map { Int32($0.row) })
            guard !bad.isEmpty else { continue }
            deletes = deletes.rows((0..<Int32(deletes.count)).filter { !bad.contains($0) })
        }
    }

    /// A record that cannot be written.
    static func problem(
        _ rows: Batch,
        _ row: Int,
        _ field: String?,
        _ reason: String,
        _ layout: TableLayout,
        _ connector: String
    ) -> RecordProblem {
        let source = layout.topic.schema.fields.count
        let text = ReplyRowEncoder(rows.columns[..<source].map(\.type)).line(Array(rows.columns[..<source]), row)
        return RecordProblem(
            kind: .connector,
            query: connector,
            topic: layout.topic.topic,
            partition: rows.partitionColumn.values(as: Int32.self)[row],
            offset: rows.offsetColumn.values(as: Int64.self)[row],
            field: field,
            value: text,
            reason: reason
        )
    }
}

extension ReplyRowEncoder {
    /// One row as text, cut after 200 characters.
    fileprivate func line(_ columns: [Column], _ row: Int) -> String {
        var arena = ByteArena(capacity: 256)
        append(columns, rows: row..<(row + 1), to: &arena)
        let text = String(decoding: arena.bytes, as: UTF8.self).filter { !$0.isNewline }
        return text.count > 200 ? text.prefix(200) + "…" : text
    }
}

extension RecordProblem {
    /// Where the record lies, what is wrong, and what it holds.
    var sentence: String {
        let place = "record \(topic ?? "")-\(partition ?? 0) at offset \(offset ?? 0)"
        return "\(place)\(field.map { ", field \($0)" } ?? ""): \(reason); the row is \(value ?? "")"
    }
}
