import Parser
import Runtime
import Values

extension ExpressionTyper {
    func inList(_ value: SyntaxExpression, _ items: [SyntaxExpression]) throws(PlanError) -> Expression {
        let typed = try type(value)
        let all = try unify([value] + items, known: typed)
        return .inList(all[0], Array(all[1...]))
    }

    func constructor(_ syntax: SyntaxExpression) throws(PlanError) -> Expression {
        switch syntax.kind {
        case .array(let items):
            guard !items.isEmpty else {
                throw PlanError(
                    SQLState.typeMismatch,
                    "the type of an empty ARRAY is not known",
                    at: syntax.position,
                    hint: "FILTER(ARRAY['x'], x => FALSE) is an empty ARRAY<STRING>"
                )
            }
            let parts = try unify(items)
            return .array(parts, element: parts[0].type)
        case .map(let entries):
            guard !entries.isEmpty else {
                throw PlanError(
                    SQLState.typeMismatch,
                    "the type of an empty MAP is not known",
                    at: syntax.position,
                    hint: "FILTER(MAP('k' := 'v'), (k, v) => FALSE) is an empty MAP<STRING, STRING>"
                )
            }
            let keys = try unify(entries.map(\.key))
            let values = try unify(entries.map(\.value))
            return .map(zip(keys, values).map { Expression.Entry($0, $1) }, key: keys[0].type, value: values[0].type)
        case .structure(let entries):
            // No name stands twice, the parser has seen to that.
            var fields: [Expression.Field] = []
            for entry in entries { fields.append(Expression.Field(entry.name.text, try type(entry.value))) }
            return .structure(fields)
        default:
            return try type(syntax)
        }
    }

    /// The items with one type: that of the first that is not NULL, widened by the others where that is safe.
    ///
    /// Literals are taken more freely than other expressions: '10' can stand for a number, 10 for a text.
    private func unify(_ items: [SyntaxExpression], known: Expression? = nil) throws(PlanError) -> [Expression] {
        var typed: [Expression] = []
        for (index, item) in items.enumerated() {
            if index == 0, let known { typed.append(known) } else { typed.append(try type(item)) }
        }
        var target: SQLType?
        for (index, item) in items.enumerated() where !item.isNullLiteral {
            guard let type = target else {
                target = typed[index].type
                continue
            }
            typed[index] = try lax(typed[index], as: type, at: item.position)
            guard let union = type.strictUnion(typed[index].type) else {
                throw PlanError(
                    SQLState.typeMismatch,
                    "\(typed[index]) is \(typed[index].type), but "
                        + (known == nil ? "the items before it are \(type)" : "IN compares it with \(type)"),
                    at: item.position,
                    hint: typed[index].castHint(to: type)
                )
            }
            target = union
        }
        guard let target else {
            guard known == nil else { return typed }
            throw PlanError(
                SQLState.typeMismatch,
                "the type of a list of NULLs is not known",
                at: items.first?.position,
                hint: "CAST(NULL AS STRING) has one"
            )
        }
        return typed.map { $0.converted(to: target) }
    }

    /// An expression with the literals in it read as the type, where they are of another kind.
    private func lax(_ typed: Expression, as type: SQLType, at position: SourcePosition) throws(PlanError)
        -> Expression
    {
        switch (typed, type) {
        case (.array(let items, _), .array(let element)) where !items.isEmpty:
            var parts: [Expression] = []
            for item in items { parts.append(try lax(item, as: element, at: position)) }
            let union = parts.dropFirst().reduce(Optional(parts[0].type)) { $0?.strictUnion($1.type) }
            guard let union else { return typed }
            return .array(parts.map { $0.converted(to: union) }, element: union)
        case (.structure(let fields), .structure(let targets)):
            var parts: [Expression.Field] = []
            for field in fields {
                let target = targets.first { $0.name == field.name }?.type ?? field.value.type
                parts.append(Expression.Field(field.name, try lax(field.value, as: target, at: position)))
            }
            return .structure(parts)
        case (.literal(let value, let from), _) where from != type && !value.isNull:
            return try laxLiteral(value, from, as: type, at: position) ?? typed
        default: return typed
        }
    }

    /// A literal of another kind read as the type; nil when the usual rules do.
    private func laxLiteral(_ value: Value, _ from: SQLType, as type: SQLType, at position: SourcePosition)
        throws(PlanError) -> Expression?
    {
        switch (value, type) {
        case (.string(let text), .integer), (.string(let text), .bigint), (.string(let text), .decimal),
            (.string(let text), .double):
            guard let number = Decimal(text) else {
                return .literal(try constant(text, as: type, at: position), type)
            }
            return .literal(number, text)
        case (.string(let text), .boolean), (.string(let text), .time), (.string(let text), .date),
            (.string(let text), .timestamp), (.string(let text), .bytes):
            return .literal(try constant(text, as: type, at: position), type)
        case (.integer, .string), (.bigint, .string), (.decimal, .string), (.double, .string), (.boolean, .string):
            return Expression.cast(.literal(value, from), .string).constantValue().map { .literal($0, .string) }
        default: return nil
        }
    }

    /// An expression where a type is required: as it is, widened, or an error.
    func coerced(_ typed: Expression, _ syntax: SyntaxExpression, to type: SQLType) throws(PlanError) -> Expression {
        if syntax.isNullLiteral || typed.type == type { return typed.converted(to: type) }
        if typed.type.strictUnion(type) == type { return .cast(typed, type) }
        throw PlanError(
            SQLState.typeMismatch,
            "\(type) is needed here, but \(typed) is \(typed.type)",
            at: syntax.position,
            hint: typed.castHint(to: type)
        )
    }
}

extension Expression {
    /// The hint how it becomes a value of another type; nil when no CAST does that.
    func castHint(to target: SQLType) -> String? {
        type.canCast(to: target) ? "CAST(\(self) AS \(target)) converts it" : nil
    }

    /// The hint how it can be compared with another one: a text becomes the other's type.
    func hint(toCompareWith other: Expression) -> String? {
        guard type != other.type else { return nil }
        if type == .string { return castHint(to: other.type) }
        return other.castHint(to: type) ?? castHint(to: other.type)
    }

    /// A number that was written as a text: whole if it is written so, else with its digits.
    fileprivate static func literal(_ number: Decimal, _ text: String) -> Expression {
        let isWhole = !text.contains { $0 == "." || $0 == "e" || $0 == "E" }
        if isWhole, let small = number.unscaled.narrow.flatMap(Int32.init(exactly:)) {
            return .literal(.integer(small), .integer)
        }
        if isWhole, let whole = number.unscaled.narrow.flatMap(Int64.init(exactly:)) {
            return .literal(.bigint(whole), .bigint)
        }
        return .literal(
            .decimal(number),
            .decimal(precision: max(number.precision, number.scale), scale: number.scale)
        )
    }
}

extension SQLType {
    /// The type that holds the values of both without loss: numbers widen, texts become times or bytes, parts of
    /// collections do likewise; nil when there is none.
    func strictUnion(_ other: SQLType) -> SQLType? {
        if self == other { return self }
        if let number = numericUnion(other) { return number }
        switch (self, other) {
        case (.string, .date), (.string, .time), (.string, .timestamp), (.string, .bytes): return other
        case (.date, .string), (.time, .string), (.timestamp, .string), (.bytes, .string): return self
        case (.array(let a), .array(let b)): return a.strictUnion(b).map { .array($0) }
        case (.map(let k1, let v1), .map(let k2, let v2)):
            guard let key = k1.strictUnion(k2), let value = v1.strictUnion(v2) else { return nil }
            return .map(key: key, value: value)
        case (.structure(let a), .structure(let b)):
            var fields = a
            for field in b {
                guard let index = fields.firstIndex(where: { $0.name == field.name }) else {
                    fields.append(field)
                    continue
                }
                guard let union = fields[index].type.strictUnion(field.type) else { return nil }
                fields[index] = StructField(field.name, union)
            }
            return .structure(fields)
        default: return nil
        }
    }
}
