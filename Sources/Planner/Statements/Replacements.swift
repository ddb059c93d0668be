import Parser
import Runtime
import Values

extension Planning {
    /// - Throws: when a source cannot take the place of another without breaking what reads it.
    func checkReplacement(of old: SourceDescription, by new: SourceDescription, at position: SourcePosition)
        throws(PlanError)
    {
        let name = quotedIdentifier(old.name)
        let refuse = { (reason: String, hint: String?) in
            PlanError(SQLState.notInState, "cannot replace \(name): \(reason)", at: position, hint: hint)
        }
        let dropIt = "DROP \(old.kind.rawValue) \(name) first"
        if old.isReadOnly || new.isReadOnly { throw refuse("a SOURCE cannot be replaced", dropIt) }
        guard old.kind == new.kind else { throw refuse("it is a \(old.kind.rawValue.lowercased())", dropIt) }
        guard old.topic == new.topic else { throw refuse("its topic is \(old.topic), not \(new.topic)", dropIt) }
        guard (old.keyFormat, old.valueFormat) == (new.keyFormat, new.valueFormat),
            old.keyProperties == new.keyProperties,
            old.valueProperties.delimiter == new.valueProperties.delimiter, old.window == new.window
        else { throw refuse("its formats differ", dropIt) }
        guard old.timestamp == new.timestamp else { throw refuse("its TIMESTAMP column differs", dropIt) }
        guard old.keyFields == new.keyFields else {
            throw refuse("its key columns are \(list(old.keyFields)), not \(list(new.keyFields))", dropIt)
        }
        guard new.valueFields.starts(with: old.valueFields) else {
            throw refuse(
                "its columns \(list(old.valueFields)) must come first and keep their types",
                "new columns can be added at the end"
            )
        }
    }

    private func list(_ fields: [Schema.Field]) -> String {
        fields.isEmpty ? "none" : fields.map { "\(quotedIdentifier($0.name)) \($0.type)" }.joined(separator: ", ")
    }
}
