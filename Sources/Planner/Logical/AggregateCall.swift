import Functions
import Runtime
import Values

/// One aggregate function over columns of the aggregated rows.
struct AggregateCall: Hashable, Sendable {
    /// Of the column that holds the result.
    let name: String
    let function: ResolvedAggregate
    /// The columns of the input that it reads.
    var arguments: [Int]

    var field: Schema.Field { Schema.Field(name, function.resultType) }

    /// The call as SQL over the columns of its input.
    func text(_ input: Schema) -> String {
        let columns = arguments.map { quotedIdentifier(input.fields[$0].name) }
        let literals = function.literals.map(\.text)
        let list = columns + literals
        return "\(function.name)(\(list.isEmpty ? "*" : list.joined(separator: ", ")))"
    }
}

extension Value {
    /// A literal argument as SQL.
    fileprivate var text: String {
        switch self {
        case .integer(let number): "\(number)"
        case .bigint(let number): "\(number)"
        case .boolean(let flag): flag ? "TRUE" : "FALSE"
        case .string(let text): Expression.literal(.string(text), .string).description
        case .null: "NULL"
        default: "\(self)"
        }
    }
}

/// How rows are cut by time before they are aggregated; milliseconds throughout.
struct AggregateWindow: Hashable, Sendable {
    let shape: Shape
    /// How long after its end a window still takes rows.
    let grace: Int64
    /// How long after its start a window can be asked for.
    let retention: Int64
    /// The same where the statement says it; the result's topic forgets by it.
    let statedRetention: Int64?

    enum Shape: Hashable, Sendable {
        case tumbling(size: Int64)
        case hopping(size: Int64, advance: Int64)
        /// Ends when no row comes for so long.
        case session(gap: Int64)

        /// How messages name the length that the window has.
        var sizeName: String {
            if case .session = self { "the gap" } else { "SIZE" }
        }
    }

    /// The window behind the keys of the result.
    var key: KeyWindow {
        switch shape {
        case .tumbling(let size): .tumbling(sizeMilliseconds: size)
        case .hopping(let size, _): .hopping(sizeMilliseconds: size)
        case .session: .session
        }
    }
}

extension AggregateWindow: CustomStringConvertible {
    var description: String {
        let form =
            switch shape {
            case .tumbling(let size): "tumbling (size \(size) ms"
            case .hopping(let size, let advance): "hopping (size \(size) ms, advance \(advance) ms"
            case .session(let gap): "session (gap \(gap) ms"
            }
        return "\(form), grace \(grace) ms, retention \(retention) ms)"
    }
}
