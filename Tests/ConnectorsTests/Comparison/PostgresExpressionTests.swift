import Foundation
import Testing
import Values

/// Random typed expressions over random rows mean the same to Weir and to PostgreSQL.
///
/// `WEIR_COMPARE_EXPRESSIONS` says how many, `WEIR_COMPARE_SEED` repeats a run.
@Suite(.enabled(if: TestPostgres.isThere)) struct PostgresExpressionTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let count = environment["WEIR_COMPARE_EXPRESSIONS"].flatMap(Int.init) ?? 2000
    private static let seed = environment["WEIR_COMPARE_SEED"].flatMap(UInt64.init) ?? .random(in: 0..<1_000_000)
    /// Expressions of one SELECT.
    private static let batch = 40
    /// Shown differences.
    private static let shownMax = 12

    @Test func expressionsMeanTheSame() throws {
        let postgres = try #require(TestPostgres.shared)
        print("comparing \(Self.count) expressions with PostgreSQL: WEIR_COMPARE_SEED=\(Self.seed)")
        var maker = TermMaker(seed: Self.seed)
        let comparison = try ExpressionComparison(postgres, rows: ComparisonRows.deal(&maker))
        var refused = 0
        var shown: Set<String> = []
        var made = 0
        while made < Self.count, shown.count < Self.shownMax {
            let terms = (0..<Self.batch).map { _ in maker.term() }
            made += terms.count
            for (term, differences) in zip(terms, try comparison.differences(terms)) {
                guard let differences else {
                    refused += 1
                    continue
                }
                guard !differences.isEmpty else { continue }
                let least = try reduced(term, comparison, &maker)
                guard let first = try comparison.differences([least])[0]?.first, shown.insert(least.weir).inserted
                else { continue }
                Issue.record(
                    """
                    \(least.weir)
                    is \(first.weir ?? "NULL"), but PostgreSQL's \(least.postgres)
                    is \(first.postgres ?? "NULL") in the row \(comparison.input(first.row))
                    """
                )
            }
        }
        // Sums and products of large DOUBLEs that PostgreSQL does not compute are few.
        #expect(refused * 20 < made, "PostgreSQL refused \(refused) expressions of \(made)")
    }

    /// A smaller term that still differs: a part of it, or it with simple parts.
    private func reduced(_ term: Term, _ comparison: ExpressionComparison, _ maker: inout TermMaker) throws -> Term {
        func differs(_ term: Term) throws -> Bool { try comparison.differences([term])[0]?.isEmpty == false }
        for part in term.parts where try differs(part) { return try reduced(part, comparison, &maker) }
        for (index, part) in term.parts.enumerated() where !part.parts.isEmpty {
            for _ in 0..<6 {
                guard let simpler = term.replacing(index, by: maker.leaf(part.type)), try differs(simpler) else {
                    continue
                }
                return try reduced(simpler, comparison, &maker)
            }
            for inner in part.parts where inner.type == part.type {
                guard let simpler = term.replacing(index, by: inner), try differs(simpler) else { continue }
                return try reduced(simpler, comparison, &maker)
            }
        }
        return term
    }
}
