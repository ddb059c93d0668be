import Values

extension Expression {
    /// The same node with other parts, given in the order of ``children``.
    public func with(children parts: [Expression]) -> Expression {
        precondition(parts.count == children.count, "a part for every part")
        switch self {
        case .column, .rowTime, .literal, .parameter: return self
        case .arithmetic(let op, _, _, let type): return .arithmetic(op, parts[0], parts[1], type)
        case .negate: return .negate(parts[0])
        case .comparison(let op, _, _): return .comparison(op, parts[0], parts[1])
        case .and: return .and(parts)
        case .or: return .or(parts)
        case .not: return .not(parts[0])
        case .isNull: return .isNull(parts[0])
        case .isNotNull: return .isNotNull(parts[0])
        case .between: return .between(parts[0], low: parts[1], high: parts[2])
        case .inList: return .inList(parts[0], Array(parts[1...]))
        case .like(_, _, let escape): return .like(parts[0], pattern: parts[1], escape: escape)
        case .cast(_, let type): return .cast(parts[0], type)
        case .cases(let branches, let otherwise, let type):
            let pairs = branches.indices.map { Branch(when: parts[2 * $0], then: parts[2 * $0 + 1]) }
            return .cases(pairs, otherwise: otherwise == nil ? nil : parts[parts.count - 1], type)
        case .element: return .element(parts[0], index: parts[1])
        case .field(_, let index): return .field(parts[0], index)
        case .array(_, let element): return .array(parts, element: element)
        case .map(let entries, let key, let value):
            return .map(entries.indices.map { Entry(parts[2 * $0], parts[2 * $0 + 1]) }, key: key, value: value)
        case .structure(let fields): return .structure(zip(fields, parts).map { Field($0.name, $1) })
        case .call(let function, _): return .call(function, parts)
        case .lambda(let parameters, _): return .lambda(parameters, body: parts[0])
        }
    }

    /// The expression with every node replaced by what `rewrite` makes of it, parts first; nil keeps the node.
    public func rewritten(_ rewrite: (Expression) throws -> Expression?) rethrows -> Expression {
        let parts = children
        let node = parts.isEmpty ? self : with(children: try parts.map { try $0.rewritten(rewrite) })
        return try rewrite(node) ?? node
    }

    /// The expression reading column `mapping[i]` wherever it read column i.
    public func remappingColumns(_ mapping: (Int) -> Int) -> Expression {
        rewritten { node in
            guard case .column(let index, let name, let type) = node else { return nil }
            return .column(mapping(index), name: name, type)
        }
    }

    /// True when it reads nothing of a row but the first `count` columns: no other column, and not ROWTIME.
    func isAnswered(byFirst count: Int) -> Bool {
        switch self {
        case .column(let index, _, _): index < count
        case .rowTime: count == .max
        default: children.allSatisfy { $0.isAnswered(byFirst: count) }
        }
    }
}
