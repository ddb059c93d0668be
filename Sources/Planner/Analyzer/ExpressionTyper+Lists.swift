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
                throw PlanError(SQLState.typeMismatch, "the type of an empty ARRAY is not known", at: syntax.position)
            }
            let parts = try unify(items)
            return .array(parts, element: parts[0].type)
        case .map(let entries):
            guard !entries.isEmpty else {
                throw PlanError(SQLState.typeMismatch, "the type of an empty MAP is not known", at: syntax.position)
            }
            let keys = try unify(entries.map(\.key))
            let values = try unify(entries.map(\.value))
            return .map(zip(keys, values).map { Expression.Entry($0, $1) }, key: keys[0].type, value: values[0].type)
        case .structure(let entries):
            var fields: [Expression.Field] = []
            for entry in entries {
                guard !fields.contains(where: { $0.name == entry.name.text }) else {
                    throw PlanError(
                        SQLState.duplicateColumn,
                        "the STRUCT has two fields named \(quotedIdentifier(entry.name.text))",
                        at: entry.name.position
                    )
                }
                fields.append(Expression.Field(entry.name.text, try type(entry.value)))
            }
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
            if let literal = try lax(item, typed[index], as: type) {
                typed[index] = literal
            } else if let union = type.strictUnion(typed[index].type) {
                target = union
            } else {
                throw PlanError(
                    SQLState.typeMismatch,
                    "operator does not exist: \(type) = \(typed[index].type) (\(typed[index]))",
                    at: item.position,
                    hint: "CAST it to \(type)"
                )
            }
        }
        guard let target else {
            guard known == nil else { return typed }
            throw PlanError(
                SQLState.typeMismatch,
                "the type of a list of NULLs is not known",
                at: items.first?.position,
                hint: "CAST(NULL AS …) has a type"
            )
        }
        return typed.map { $0.converted(to: target) }
    }

    /// A literal of another kind read as the type; nil when the usual rules do.
    private func lax(_ syntax: SyntaxExpression, _ typed: Expression, as type: SQLType) throws(PlanError)
        -> Expression?
    {
        guard case .literal(let value, let from) = typed, from != type else { return nil }
        switch (from, type) {
        case (.string, .boolean), (.string, .time), (.string, .date), (.string, .timestamp), (.string, .bytes),
            (.string, .integer), (.string, .bigint), (.string, .double), (.string, .decimal):
            guard case .string(let text) = value else { return nil }
            if type.isNumeric, let number = Decimal(text) { return widened(number, type) }
            return .literal(try constant(text, as: type, at: syntax.position), type)
        case (.integer, .string), (.bigint, .string), (.decimal, .string), (.double, .string), (.boolean, .string):
            return Expression.cast(typed, .string).constantValue().map { .literal($0, .string) }
        default: return nil
        }
    }

    /// A number out of a text: in the type if it holds it, else as a DECIMAL that widens the list.
    private func widened(_ number: Decimal, _ type: SQLType) -> Expression? {
        let literal = Expression.literal(
            .decimal(number),
            .decimal(precision: max(number.precision, number.scale), scale: number.scale)
        )
        guard number.scale == 0, type == .integer || type == .bigint,
            let value = Expression.cast(literal, type).constantValue()
        else {
            return type == .integer || type == .bigint
                ? nil : Expression.cast(literal, type).constantValue().map { .literal($0, type) }
        }
        return .literal(value, type)
    }

    /// An expression where a type is required: as it is, widened, or an error.
    func coerced(_ typed: Expression, _ syntax: SyntaxExpression, to type: SQLType) throws(PlanError) -> Expression {
        if syntax.isNullLiteral || typed.type == type { return typed.converted(to: type) }
        if typed.type.strictUnion(type) == type { return .cast(typed, type) }
        throw PlanError(
            SQLState.typeMismatch,
            "\(type) is needed here, but \(typed) is \(typed.type)",
            at: syntax.position,
            hint: typed.type.canCast(to: type) ? "CAST(\(typed) AS \(type)) converts it" : nil
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
