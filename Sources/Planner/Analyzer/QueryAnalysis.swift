import Parser
import Runtime
import Values

/// What a query is for; some things are allowed only in one of them.
enum QueryUse {
    /// Fills a stream or table.
    case persistent
    /// Answers a client as long as it listens.
    case push
    /// Answers a client once.
    case pull
}

/// A query with all names and types known.
struct QueryAnalysis {
    /// Ends in the projection.
    var plan: LogicalPlan
    /// The sources from left to right.
    let sources: [SourceDescription]
    /// The output columns in the order of SELECT.
    let columns: [Schema.Field]
    /// For each of ``columns`` its number in the plan's output.
    let columnOrder: [Int]
    /// For each key column of the plan's output what a projection without it lacks; nil where SELECT has it.
    let missingKeys: [String?]
    /// True when PARTITION BY NULL took the key away.
    let dropsKey: Bool
    /// True when PARTITION BY says what the key is.
    let isPartitioned: Bool
    /// The window behind the keys of the result.
    let window: KeyWindow?
    /// How long the windows of the result are kept, where the statement says it.
    ///
    /// There is no default: Kafka counts from the records' own times, so that results over old data would vanish.
    let windowRetention: Int64?
    /// For the output columns that are literals, the literal.
    let literals: [String: Expression]

    /// The stream or table whose formats and partitions the result takes over.
    var leftmost: SourceDescription { sources[0] }
}

/// A relation: the rows so far, the names for their columns, and what else is equal to their key.
struct Rows {
    var plan: LogicalPlan
    var scope: Scope
    let sources: [SourceDescription]
    /// For each key column the expressions that stand for it in SELECT, in the order in which they are tried.
    var keyEquivalents: [[Expression]]
    /// For each key column how messages name what stands for it.
    var keyTexts: [[String]]
    var keyOrigin = KeyOrigin.source
    /// What joins so far have made equal to the key; nil before the first join, and where it kept the left key.
    var joinKey: JoinKey?
    /// For each key column what PARTITION BY says; empty without it.
    var keySyntax: [SyntaxExpression] = []

    /// The key of a join.
    struct JoinKey {
        /// An expression that is equal to the key in matched rows.
        struct Side {
            var expression: Expression
            let text: String
            /// True once a FULL join followed: either side can then be NULL.
            var isOptional = false
        }

        var sides: [Side]

        /// The columns among the expressions that can give the key its name.
        var columns: [Side] { sides.filter { $0.expression.isColumn && !$0.isOptional } }
    }

    /// Where the key came from, for messages.
    enum KeyOrigin: String {
        case source = "key column"
        case join = "join expression"
        case grouping = "grouping expression"
        case partitioning = "partitioning expression"
    }

    init(_ plan: LogicalPlan, _ scope: Scope, sources: [SourceDescription]) {
        self.plan = plan
        self.scope = scope
        self.sources = sources
        let key = plan.output.key
        keyEquivalents = key.enumerated().map { [.column($0, name: $1.name, $1.type)] }
        keyTexts = key.map { [quotedIdentifier($0.name)] }
    }
}

extension Rows {
    /// How messages name what SELECT must have for a key column.
    func keyText(_ column: Int) -> String {
        let texts = keyTexts[column]
        let list = texts.dropLast().joined(separator: ", ") + (texts.count > 1 ? " or " : "") + (texts.last ?? "")
        return "\(keyOrigin.rawValue)\(texts.count > 1 ? "s" : "") \(list)"
    }
}

extension Schema {
    /// What reads column `index`.
    func column(_ index: Int) -> Expression { .column(index, name: fields[index].name, fields[index].type) }
}
