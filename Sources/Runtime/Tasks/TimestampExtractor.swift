import Functions
import Values

/// Finds the ROWTIME of each row: the record's timestamp or a column of the row.
struct TimestampExtractor {
    private enum Source {
        case record
        case milliseconds(Int)
        case text(Int, parse: CompiledExpression)
    }

    private let source: Source

    init(_ spec: SourceSpec.TimestampSource, schema: Schema) throws {
        switch spec {
        case .record: source = .record
        case .column(let index, let pattern):
            if let pattern {
                let function = try FunctionLibrary.builtin.resolve(
                    "STRINGTOTIMESTAMP",
                    [.value(.string), .value(.string)]
                )
                let text = Expression.column(index, name: schema.fields[index].name, .string)
                let call = Expression.call(function, [text, .literal(.string(pattern), .string)])
                source = .text(index, parse: try call.compiled())
            } else {
                source = .milliseconds(index)
            }
        }
    }

    /// A BIGINT column without NULLs; rows without a usable time are reported as bad.
    func extract(_ columns: [Column], _ record: Column, bad: inout [BadPayload]) -> Column {
        switch source {
        case .record:
            report(record, nil, &bad)
            return record
        case .milliseconds(let index):
            report(columns[index], columns[index], &bad)
            return Column(type: .bigint, count: record.count, data: columns[index].data)
        case .text(let index, let parse):
            let schema = Schema(key: [], values: columns.map { Schema.Field("", $0.type) })
            let rows = Batch(schema: schema, count: record.count, columns: columns, timestamps: record)
            let parsed = parse.evaluate(rows, EvaluationContext())
            report(parsed, columns[index], &bad)
            return Column(type: .bigint, count: record.count, data: parsed.data)
        }
    }

    private func report(_ times: Column, _ texts: Column?, _ bad: inout [BadPayload]) {
        let values = times.values(as: Int64.self)
        var smallest: Int64 = 0
        for row in 0..<times.count { smallest = min(smallest, values[row]) }
        guard smallest < 0 || times.validity != nil else { return }
        for row in 0..<times.count where times.isNull(row) || values[row] < 0 {
            bad.append(
                BadPayload(
                    row: row,
                    field: BadPayload.timestampField,
                    value: texts.flatMap { shown($0.value(at: row)) },
                    reason: "no usable timestamp: expected milliseconds since 1970, 0 or more"
                )
            )
        }
    }

    private func shown(_ value: Value) -> String? {
        switch value {
        case .string(let text): String(text.prefix(200))
        case .bigint(let number), .timestamp(let number): "\(number)"
        default: nil
        }
    }
}
