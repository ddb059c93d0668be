import Connectors
import Foundation
import Functions
import Parser
import Planner
import Runtime
import Values

@testable import Connectors

/// Evaluates terms over the same rows by Weir and by PostgreSQL.
final class ExpressionComparison {
    /// What both made of a row.
    struct Difference {
        let row: Int
        let weir: String?
        let postgres: String?
    }

    private let connection: PostgresConnection
    private let planner = Planner(catalog: Catalog(), formats: FormatRegistry(Formats.all), topicSettings: { _ in nil })
    private let batch: Batch
    private let rows: [[String?]]

    /// Writes the rows into PostgreSQL.
    init(_ postgres: TestPostgres, rows: [[String?]]) throws {
        self.rows = rows
        let fields = ComparisonRows.fields
        connection = try postgres.connect()
        for statement in PostgresFunctions.definitions { try connection.execute(statement) }
        try connection.execute("SET search_path = \(PostgresFunctions.schema)")
        let columns = fields.map { "\($0.name) \(ComparisonRows.postgresName($0.type))" }.joined(separator: ", ")
        try connection.execute("CREATE TABLE input (id integer, \(columns))")
        for (index, row) in rows.enumerated() {
            let values = row.map { $0.map { "'\($0)'" } ?? "NULL" }.joined(separator: ", ")
            try connection.execute("INSERT INTO input VALUES (\(index), \(values))")
        }
        batch = Batch(
            schema: Schema(key: [], values: fields),
            count: rows.count,
            columns: try fields.indices.map { index in
                try ExpressionComparison.column(fields[index].type, rows.map { $0[index] })
            },
            timestamps: Column.constant(.bigint, .bigint(0), count: rows.count)
        )
    }

    /// A column of values given as texts.
    private static func column(_ type: SQLType, _ texts: [String?]) throws -> Column {
        let column = Column.of(.string, texts.map { $0.map { .string($0) } ?? .null })
        let batch = Batch(
            schema: Schema(key: [], values: [Schema.Field("T", .string)]),
            count: texts.count,
            columns: [column],
            timestamps: Column.constant(.bigint, .bigint(0), count: texts.count)
        )
        return try Expression.cast(.column(0, name: "T", .string), type).compiled().evaluate(batch, EvaluationContext())
    }

    /// A row's input as text, for messages.
    func input(_ row: Int) -> String {
        zip(ComparisonRows.fields, rows[row]).map { "\($0.name)=\($1 ?? "NULL")" }.joined(separator: " ")
    }

    /// The rows in which a term differs, for each of several terms; nil for one that PostgreSQL refuses to compute.
    func differences(_ terms: [Term]) throws -> [[Difference]?] {
        let results: [[String?]]
        do {
            results = try answers(terms)
        } catch {
            // One by one: a number is out of range in some of them.
            if terms.count > 1 { return try terms.flatMap { try differences([$0]) } }
            guard "\(error)".contains("out of range") else { throw error }
            return [nil]
        }
        return try terms.enumerated().map { index, term in try compare(term, results.map { $0[index] }) }
    }

    private func answers(_ terms: [Term]) throws -> [[String?]] {
        let list = terms.map { term in
            let value = "(\(term.postgres))"
            switch term.type {
            case .decimal(_, let scale): return "round(\(value), \(scale))::text"
            case .timestamp: return "to_char(\(value), 'YYYY-MM-DD\"T\"HH24:MI:SS.MS')"
            case .time: return "to_char(\(value), 'HH24:MI:SS.MS')"
            default: return "\(value)::text"
            }
        }
        return try connection.rows("SELECT \(list.joined(separator: ", ")) FROM input ORDER BY id")
    }

    private func compare(_ term: Term, _ answers: [String?]) throws -> [Difference] {
        let expression = try planner.expression(SQLParser.parseExpression(term.weir), over: ComparisonRows.fields)
        guard expression.type == term.type else {
            return [Difference(row: 0, weir: "a \(expression.type)", postgres: "a \(term.type)")]
        }
        let context = EvaluationContext()
        let column = try expression.compiled().evaluate(batch, context)
        let problems = context.takeProblems()
        // What fails makes the whole expression NULL, which PostgreSQL's functions cannot.
        let failed = Set(problems.first.map(\.row))
        if problems.count > EvaluationContext.problemsMax { return [] }
        return answers.indices.compactMap { row in
            let own = text(column, row)
            if failed.contains(row) || isSame(own, answers[row], term.type) { return nil }
            return Difference(row: row, weir: own, postgres: answers[row])
        }
    }

    private func text(_ column: Column, _ row: Int) -> String? {
        if column.isNull(row) { return nil }
        guard case .time(let milliseconds) = column.value(at: row) else {
            return column.value(at: row).text(column.type)
        }
        let parts = [milliseconds / 3_600_000, milliseconds / 60_000 % 60, milliseconds / 1000 % 60]
        return parts.map { String(format: "%02d", $0) }.joined(separator: ":")
            + String(format: ".%03d", milliseconds % 1000)
    }

    private func isSame(_ left: String?, _ right: String?, _ type: SQLType) -> Bool {
        guard type == .double, let a = left.flatMap(Double.init), let b = right.flatMap(Double.init) else {
            return left == right
        }
        return a == b
    }
}
