import Functions
import Parser
import Runtime
import Values

extension Planner {
    /// An expression over the columns of a row, typed; column n of `fields` is column n of the rows.
    public func expression(
        _ syntax: Parser.Expression,
        over fields: [Schema.Field] = []
    ) throws(PlanError) -> Runtime.Expression {
        let columns = fields.enumerated().map { index, field in
            Scope.Column(field.name, .column(index, name: field.name, field.type))
        }
        let scope = Scope(sources: [Scope.Source(name: "ROW", columns: columns, rowTime: nil)])
        return try ExpressionTyper(scope: scope, functions: functions.scalars, catalog: catalog).type(syntax)
    }
}
