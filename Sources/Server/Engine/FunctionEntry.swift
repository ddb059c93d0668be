import Functions
import Parser
import Runtime
import Values

/// A signature of a function as SHOW FUNCTIONS, DESCRIBE FUNCTION and the page about functions say it.
struct FunctionEntry: Sendable {
    /// What a function takes and gives.
    enum Kind: String, Sendable {
        case scalar = "SCALAR"
        case aggregate = "AGGREGATE"
        case table = "TABLE"
    }

    let name: String
    let kind: Kind
    let signature: String
    let summary: String
    /// A call as SQL; that of an aggregate function says what its argument is.
    let example: String?
    /// What the call gives, as SQL.
    let result: String?

    /// Every signature of every function: scalar, aggregate and table functions, each by name.
    static func all(_ functions: FunctionSet) -> [FunctionEntry] {
        scalars(functions.scalars) + aggregates(functions.aggregates) + tables(functions.tables)
    }

    /// The name nearest to a misspelt one.
    static func similar(to name: String, in functions: FunctionSet) -> String? {
        Spelling.nearest(to: name, among: Set(all(functions).map(\.name)).sorted())
    }

    private static func scalars(_ library: FunctionLibrary) -> [FunctionEntry] {
        library.names.flatMap { library.overloads(of: $0) }.map { function in
            FunctionEntry(
                name: function.name,
                kind: .scalar,
                signature: function.signature,
                summary: function.summary,
                example: function.example?.call,
                result: function.example?.result
            )
        }
    }

    private static func aggregates(_ library: AggregateLibrary) -> [FunctionEntry] {
        library.names.compactMap { library[$0] }.flatMap { function in
            let example = function.example
            let rows = example.rows.map { $0.sql(example.type) }.joined(separator: ", ")
            return function.signatures.map { signature in
                FunctionEntry(
                    name: function.name,
                    kind: .aggregate,
                    signature: signature,
                    summary: function.summary,
                    example: "\(example.call) with x = \(rows)",
                    result: resultType(function, library).map { example.result.sql($0) }
                )
            }
        }
    }

    /// The type of what the function's example gives; nil for an example that does not resolve.
    private static func resultType(_ function: AggregateFunction, _ library: AggregateLibrary) -> SQLType? {
        let example = function.example
        let types = example.literals.map { if case .boolean = $0 { SQLType.boolean } else { SQLType.integer } }
        let columns = [SQLType](repeating: example.type, count: example.columns)
        let literals = [Value?](repeating: nil, count: example.columns) + example.literals
        // That it resolves is tested with the functions of the dialect; those of a program may come without an example.
        return try? library.resolve(function.name, columns + types, literals: literals).resultType
    }

    private static func tables(_ library: TableFunctionLibrary) -> [FunctionEntry] {
        library.names.compactMap { library[$0] }.map { function in
            let type = function.resultType([function.example.type]) ?? .string
            return FunctionEntry(
                name: function.name,
                kind: .table,
                signature: function.signature,
                summary: function.summary,
                example: function.example.call,
                result: "rows " + function.example.results.map { $0.sql(type) }.joined(separator: ", ")
            )
        }
    }
}
