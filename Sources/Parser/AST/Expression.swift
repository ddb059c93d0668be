/// An expression as written: no names resolved, no types known.
///
/// One word wide, so that the frames of a recursion over it stay small.
public struct Expression: Sendable, Hashable {
    private let node: Node

    /// What it is.
    public var kind: Kind { node.kind }
    /// Where it starts; for an infix operator, where the operator stands.
    public var position: SourcePosition { node.position }
    /// How many expressions stand inside each other, 1 for a leaf; never above the parser's nesting limit, so that
    /// recursion over a tree is safe.
    public var height: Int { node.height }

    /// The forms of an expression.
    public indirect enum Kind: Sendable, Hashable {
        case literal(Literal)
        /// `DATE '…'`, `TIME '…'`, `TIMESTAMP '…'`; the text is not yet checked. (`DECIMAL '…'` is a literal.)
        case typedLiteral(TypedLiteral, String)
        /// `name` or `source.name`; also a lambda's parameter.
        case column(source: Identifier?, name: Identifier)
        /// `value -> field`.
        case field(of: Expression, name: Identifier)
        /// `value[index]`.
        case element(of: Expression, index: Expression)
        case unary(UnaryOperator, Expression)
        case binary(BinaryOperator, Expression, Expression)
        case comparison(ComparisonOperator, Expression, Expression)
        /// A chain of two or more operands joined by one operator; parentheses start a chain of their own.
        case logical(LogicalOperator, [Expression])
        case not(Expression)
        /// `value IS [NOT] NULL`.
        case isNull(Expression, negated: Bool)
        /// `value [NOT] BETWEEN low AND high`.
        case between(Expression, low: Expression, high: Expression, negated: Bool)
        /// `value [NOT] IN (items)`; at least one item.
        case inList(Expression, [Expression], negated: Bool)
        /// `value [NOT] LIKE pattern [ESCAPE 'c']`.
        case like(Expression, pattern: Expression, escape: Character?, negated: Bool)
        /// `CASE [operand] WHEN … THEN … [ELSE …] END`; at least one branch.
        case cases(operand: Expression?, [CaseBranch], otherwise: Expression?)
        case cast(Expression, TypeName)
        case call(FunctionCall)
        /// `x => body` or `(x, y) => body`; only an argument of a call.
        case lambda(parameters: [Identifier], body: Expression)
        /// `DAYS` and the like; only an argument of a call.
        case timeUnit(TimeUnit)
        /// `ARRAY[…]`.
        case array([Expression])
        /// `MAP(k := v, …)`.
        case map([MapEntry])
        /// `STRUCT(n := v, …)`.
        case structure([StructEntry])
        /// `value AT TIME ZONE 'zone'`.
        case atTimeZone(Expression, String)
    }

    /// An expression; its height follows from its parts.
    public init(_ kind: Kind, position: SourcePosition = .start) {
        var inner = 0
        kind.forEachChild { inner = max(inner, $0.height) }
        node = Node(kind, position, inner + 1)
    }

    /// Whether both say the same, at whatever place.
    public static func == (left: Expression, right: Expression) -> Bool {
        left.node === right.node || (left.node.hash == right.node.hash && left.kind == right.kind)
    }

    /// Hashes what it says.
    public func hash(into hasher: inout Hasher) { hasher.combine(node.hash) }

    /// The content, behind one reference.
    private final class Node: Sendable {
        let kind: Kind
        let position: SourcePosition
        let height: Int
        /// Kept, so that hashing and most comparisons need no recursion.
        let hash: Int

        init(_ kind: Kind, _ position: SourcePosition, _ height: Int) {
            self.kind = kind
            self.position = position
            self.height = height
            hash = kind.hashValue
        }
    }
}

extension Expression.Kind {
    /// Calls the closure with every direct part, in the order written.
    public func forEachChild(_ body: (Expression) -> Void) {
        switch self {
        case .literal, .typedLiteral, .column, .timeUnit:
            break
        case .field(let value, _), .unary(_, let value), .not(let value), .isNull(let value, _),
            .cast(let value, _), .lambda(_, let value), .atTimeZone(let value, _):
            body(value)
        case .element(let left, let right), .binary(_, let left, let right), .comparison(_, let left, let right),
            .like(let left, let right, _, _):
            body(left)
            body(right)
        case .between(let value, let low, let high, _):
            body(value)
            body(low)
            body(high)
        case .logical(_, let parts), .array(let parts):
            parts.forEach(body)
        case .inList(let value, let items, _):
            body(value)
            items.forEach(body)
        case .cases(let operand, let branches, let otherwise):
            operand.map(body)
            for branch in branches {
                body(branch.condition)
                body(branch.result)
            }
            otherwise.map(body)
        case .call(let call):
            call.arguments.forEach(body)
        case .map(let entries):
            for entry in entries {
                body(entry.key)
                body(entry.value)
            }
        case .structure(let entries):
            for entry in entries { body(entry.value) }
        }
    }
}
