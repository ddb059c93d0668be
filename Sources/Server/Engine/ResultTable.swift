import Connectors
import Values

/// A small result of a statement, such as a listing: rows as plain values.
struct ResultTable {
    let columns: [Schema.Field]
    var rows: [[Value]] = []

    init(_ columns: [(String, SQLType)]) { self.columns = columns.map { Schema.Field($0.0, $0.1) } }

    /// Writes header and rows, and ends the request.
    func send(_ request: StatementRequest, _ reply: ReplyStream, started: Int64, clock: Clock) {
        reply.header(ReplyHeader(columns: columns.map { .init($0.name, $0.type.description) }))
        let batch = Batch(
            schema: Schema(key: [], values: columns),
            count: rows.count,
            columns: columns.indices.map { index in Column.of(columns[index].type, rows.map { $0[index] }) },
            timestamps: Column.constant(.bigint, .bigint(0), count: rows.count)
        )
        if !rows.isEmpty { reply.rows(request.lines(batch), count: rows.count) }
        reply.finish("OK \(rows.count) rows \(clock.monotonicMilliseconds() - started) ms")
    }
}

extension Optional where Wrapped == String {
    /// The text, or NULL.
    var sqlValue: Value { map { .string($0) } ?? .null }
}

extension StatementRequest {
    /// The rows of a batch as reply lines in the request's format.
    func lines(_ batch: Batch) -> [UInt8] {
        ReplyRowEncoder(batch.schema.fields.map(\.type), format.shape, decimalsAsNumbers: decimalsAsNumbers).lines(
            batch
        )
    }
}

extension ReplyFormat {
    /// How the encoder of the rows calls it.
    var shape: ReplyRowEncoder.Shape {
        switch self {
        case .json: .json
        case .csv: .csv
        case .tsv: .tsv
        case .table: .table
        }
    }
}
