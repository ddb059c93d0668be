import Functions
import Parser
import Runtime
import Values

extension LogicalPlan: CustomStringConvertible {
    /// A step a line, inputs indented below it.
    var description: String { lines.joined(separator: "\n") }

    private var lines: [String] { [summary] + inputs.flatMap { $0.lines.map { "  " + $0 } } }

    /// The step alone.
    var summary: String {
        switch self {
        case .scan(let scan): return scan.summary
        case .filter(let condition, _): return "Filter \(condition)"
        case .project(let projection, _):
            return "Project " + projection.summary
        case .flatMap(let calls, _): return "FlatMap " + calls.map(\.description).joined(separator: ", ")
        case .repartition(let input):
            return "Repartition by " + input.output.key.map { quotedIdentifier($0.name) }.joined(separator: ", ")
        case .aggregate(let aggregation, let input): return aggregation.summary(input.output)
        case .join(let join, _, _):
            let text = "Join \(join.kind.rawValue) \(join.type.rawValue.lowercased())"
            return text + (join.foreignKey.map { " \($0)" } ?? "") + (join.span.map { " \($0)" } ?? "")
        }
    }
}

extension LogicalPlan.Scan {
    /// The source and the columns that are read.
    var summary: String {
        let columns =
            source.keyFields.map { quotedIdentifier($0.name) + " KEY" }
            + (source.window == nil ? [] : ["window"])
            + wanted.map { quotedIdentifier(source.valueFields[$0].name) }
            + pseudoColumns.map { quotedIdentifier($0.field.name) }
        let name = quotedIdentifier(source.name) + (alias == source.name ? "" : " \(quotedIdentifier(alias))")
        return "Scan \(source.kind.rawValue.lowercased()) \(name) (\(columns.joined(separator: ", ")))"
    }
}

extension LogicalPlan.Named: CustomStringConvertible {
    var description: String {
        let plain = quotedIdentifier(name)
        let text = "\(expression)"
        return text == plain ? plain : "\(text) AS \(plain)"
    }
}

extension LogicalPlan.TableCall: CustomStringConvertible {
    var description: String {
        "\(function.name)(\(arguments.map(\.description).joined(separator: ", "))) AS \(quotedIdentifier(name))"
    }
}

extension LogicalPlan.Projection {
    fileprivate var summary: String {
        (key.map { "\($0) KEY" } + values.map(\.description)).joined(separator: ", ")
    }
}

extension LogicalPlan.Aggregation {
    fileprivate func summary(_ input: Schema) -> String {
        let list = calls.map { $0.text(input) }.joined(separator: ", ")
        let key = input.key.map { quotedIdentifier($0.name) }.joined(separator: ", ")
        var text = "Aggregate \(list) by \(key)"
        if let window { text += " window \(window)" }
        if isFinal { text += " final" }
        return text
    }
}
