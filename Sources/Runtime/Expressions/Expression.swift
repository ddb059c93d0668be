import Functions
import Values

/// A typed expression over the columns of a batch, as plain data: the planner makes it, EXPLAIN prints it, and
/// ``Expression/compiled()`` turns it into kernels.
///
/// Operands need not have equal types where the dialect promotes: arithmetic and comparisons bring their operands to
/// the common type themselves. Everything else (arguments of a call, elements of a list, branches of CASE) must
/// already have the type that the node says; the planner writes a ``cast(_:_:)``.
public indirect enum Expression: Hashable, Sendable {
    /// Column number `index` of the batch; the name is only for people.
    case column(Int, name: String, SQLType)
    /// The timestamp of the row: BIGINT, milliseconds since 1970.
    case rowTime
    /// A constant; the type is needed for NULL and for the precision of a DECIMAL.
    case literal(Value, SQLType)
    /// A parameter of an enclosing lambda; the innermost one of that name.
    case parameter(String, SQLType)
    /// `left op right` with the result type, see ``Arithmetic/resultType(_:_:)``. STRING + STRING concatenates.
    case arithmetic(Arithmetic, Expression, Expression, SQLType)
    /// `-value`, of a numeric type.
    case negate(Expression)
    /// `left op right`; FALSE when an operand is NULL, but for the null-safe operators.
    case comparison(Comparison, Expression, Expression)
    /// Two or more BOOLEANs; evaluation stops at the first that is not TRUE.
    case and([Expression])
    /// Two or more BOOLEANs; evaluation stops at the first that is TRUE.
    case or([Expression])
    case not(Expression)
    case isNull(Expression)
    case isNotNull(Expression)
    /// `value BETWEEN low AND high`; NOT BETWEEN is a ``not(_:)`` around it.
    case between(Expression, low: Expression, high: Expression)
    /// `value IN (items)`; NULL items never match. NOT IN is a ``not(_:)`` around it.
    case inList(Expression, [Expression])
    /// `value LIKE pattern [ESCAPE escape]`; NOT LIKE is a ``not(_:)`` around it.
    case like(Expression, pattern: Expression, escape: Character?)
    case cast(Expression, SQLType)
    /// Searched CASE; conditions are BOOLEAN, results and `otherwise` of the type.
    case cases([Branch], otherwise: Expression?, SQLType)
    /// `array[index]` (1-based, negative from the end; INTEGER or BIGINT) or `map[key]`.
    case element(Expression, index: Expression)
    /// Field number `index` of a STRUCT.
    case field(Expression, Int)
    /// `ARRAY[…]` with the type of its elements.
    case array([Expression], element: SQLType)
    /// `MAP(k := v, …)`; a later duplicate key wins.
    case map([Entry], key: SQLType, value: SQLType)
    /// `STRUCT(n := v, …)`.
    case structure([Field])
    /// A scalar function; arguments already have the types ``ResolvedFunction/argumentTypes`` (a time unit is a STRING
    /// literal such as `'DAYS'`, a lambda is a ``lambda(_:body:)``).
    case call(ResolvedFunction, [Expression])
    /// `(x, y) => body`; only an argument of a call.
    case lambda([Parameter], body: Expression)

    /// An operator of arithmetic.
    public enum Arithmetic: String, Hashable, Sendable {
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        case divide = "/"
        case remainder = "%"
    }

    /// An operator that compares two values.
    public enum Comparison: String, Hashable, Sendable {
        case equal = "="
        case notEqual = "<>"
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case isDistinct = "IS DISTINCT FROM"
        case isNotDistinct = "IS NOT DISTINCT FROM"
    }

    /// `WHEN condition THEN result`.
    public struct Branch: Hashable, Sendable {
        public let condition: Expression
        public let result: Expression

        public init(when condition: Expression, then result: Expression) {
            self.condition = condition
            self.result = result
        }
    }

    /// `key := value` of a MAP constructor.
    public struct Entry: Hashable, Sendable {
        public let key: Expression
        public let value: Expression

        public init(_ key: Expression, _ value: Expression) {
            self.key = key
            self.value = value
        }
    }

    /// `name := value` of a STRUCT constructor.
    public struct Field: Hashable, Sendable {
        public let name: String
        public let value: Expression

        public init(_ name: String, _ value: Expression) {
            self.name = name
            self.value = value
        }
    }

    /// A parameter of a lambda.
    public struct Parameter: Hashable, Sendable {
        public let name: String
        public let type: SQLType

        public init(_ name: String, _ type: SQLType) {
            self.name = name
            self.type = type
        }
    }
}

extension Expression {
    /// The type of the value; of a lambda, the type of its body.
    public var type: SQLType {
        switch self {
        case .column(_, _, let type), .literal(_, let type), .parameter(_, let type), .arithmetic(_, _, _, let type),
            .cast(_, let type), .cases(_, _, let type):
            type
        case .rowTime: .bigint
        case .negate(let value): value.type
        case .comparison, .and, .or, .not, .isNull, .isNotNull, .between, .inList, .like: .boolean
        case .element(let container, _): container.type.childTypes.last ?? container.type
        case .field(let value, let index):
            value.type.childTypes.indices.contains(index) ? value.type.childTypes[index] : value.type
        case .array(_, let element): .array(element)
        case .map(_, let key, let value): .map(key: key, value: value)
        case .structure(let fields): .structure(fields.map { StructField($0.name, $0.value.type) })
        case .call(let function, _): function.resultType
        case .lambda(_, let body): body.type
        }
    }

    /// The direct parts, in the order written.
    public var children: [Expression] {
        switch self {
        case .column, .rowTime, .literal, .parameter: []
        case .arithmetic(_, let left, let right, _), .comparison(_, let left, let right): [left, right]
        case .negate(let value), .not(let value), .isNull(let value), .isNotNull(let value), .cast(let value, _),
            .field(let value, _), .lambda(_, let value):
            [value]
        case .and(let parts), .or(let parts), .array(let parts, _), .call(_, let parts): parts
        case .between(let value, let low, let high): [value, low, high]
        case .inList(let value, let items): [value] + items
        case .like(let value, let pattern, _): [value, pattern]
        case .cases(let branches, let otherwise, _):
            branches.flatMap { [$0.condition, $0.result] } + (otherwise.map { [$0] } ?? [])
        case .element(let container, let index): [container, index]
        case .map(let entries, _, _): entries.flatMap { [$0.key, $0.value] }
        case .structure(let fields): fields.map(\.value)
        }
    }

    /// The columns of the batch that the expression reads.
    public var columnsRead: Set<Int> {
        if case .column(let index, _, _) = self { return [index] }
        return children.reduce(into: []) { $0.formUnion($1.columnsRead) }
    }

    /// True when the expression or a part of it reads the row's timestamp.
    public var readsRowTime: Bool { self == .rowTime || children.contains { $0.readsRowTime } }

    /// True when equal inputs always give the same value: no RANDOM(), UUID() or UNIX_TIMESTAMP() inside.
    public var isDeterministic: Bool {
        if case .call(let function, _) = self, !function.function.isDeterministic { return false }
        return children.allSatisfy(\.isDeterministic)
    }
}
