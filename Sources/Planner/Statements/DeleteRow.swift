import Parser
import Runtime
import Values

extension Planning {
    /// `DELETE FROM table WHERE key = constant AND …`: the record that deletes the row.
    func deleteRow(_ delete: DeleteRow) throws(PlanError) -> DeleteRowPlan {
        let target = try writable(delete.target)
        let name = quotedIdentifier(target.name)
        guard target.kind == .table else {
            throw PlanError(
                SQLState.wrongKind,
                "\(name) is a stream, whose records stay",
                at: delete.target.position,
                hint: "RETENTION_MS says how long; a table's rows can be deleted"
            )
        }
        if target.createdBy != nil {
            throw PlanError(
                SQLState.wrongKind,
                "the rows of \(name) are those of its query, which would not know of a deletion",
                at: delete.target.position,
                hint: "delete what the query reads, or leave it out there with WHERE or HAVING"
            )
        }
        var values: [String: Value] = [:]
        for condition in delete.condition.conjunction {
            let (column, value) = try keyAndValue(condition, target)
            guard values[column.name] == nil else { throw needsKey(target, at: condition.position) }
            values[column.name] = try self.value(value, for: column, of: target)
        }
        let key = target.keyFields.map { ($0, values[$0.name]) }
        for (field, value) in key {
            guard let value else { throw needsKey(target, at: delete.condition.position) }
            guard !value.isNull else {
                throw PlanError(
                    SQLState.nullNotAllowed,
                    "the primary key column \(quotedIdentifier(field.name)) is never NULL",
                    at: delete.condition.position
                )
            }
        }
        return DeleteRowPlan(
            target: target,
            layout: target.layout(wanted: Array(target.valueFields.indices)),
            key: key.map { Column.of($0.0.type, [$0.1 ?? .null]) }
        )
    }

    /// The parts of `column = constant`, in either order.
    private func keyAndValue(_ condition: SyntaxExpression, _ target: SourceDescription)
        throws(PlanError) -> (Schema.Field, SyntaxExpression)
    {
        guard case .comparison(.equal, let left, let right) = condition.kind else {
            throw needsKey(target, at: condition.position)
        }
        for (column, value) in [(left, right), (right, left)] {
            guard case .column(let source, let name) = column.kind, source == nil || source?.text == target.name,
                let field = target.keyFields.first(where: { $0.name == name.text })
            else { continue }
            return (field, value)
        }
        throw needsKey(target, at: condition.position)
    }

    private func needsKey(_ target: SourceDescription, at position: SourcePosition) -> PlanError {
        let key = target.keyFields.map { "\(quotedIdentifier($0.name)) = …" }.joined(separator: " AND ")
        return PlanError(
            SQLState.notSupported,
            "DELETE takes the primary key of one row, compared by = with constants",
            at: position,
            hint: "DELETE FROM \(quotedIdentifier(target.name)) WHERE \(key);"
        )
    }
}

extension SyntaxExpression {
    /// The conditions that all must hold.
    fileprivate var conjunction: [SyntaxExpression] {
        guard case .logical(.and, let parts) = kind else { return [self] }
        return parts.flatMap(\.conjunction)
    }
}
