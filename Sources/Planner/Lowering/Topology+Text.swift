import Runtime
import Values

extension Topology {
    /// The topology as EXPLAIN prints it: per subtopology its sources and operators, then the internal topics.
    var text: String {
        var lines: [String] = []
        for (number, subtopology) in subtopologies.enumerated() {
            lines.append("Subtopology \(number)")
            lines += subtopology.lines.map { "  " + $0 }
        }
        for topic in internalTopics {
            lines.append("Internal topic \(topic.name) (\(topic.settings.partitions) partitions)")
        }
        return lines.joined(separator: "\n")
    }
}

extension Subtopology {
    /// A line a source and operator; inputs are named where they are not the line above.
    fileprivate var lines: [String] {
        var lines = sources.enumerated().map { number, source in
            "source \(number): \(source.text)"
        }
        var last: NodeInput? = sources.count == 1 ? .source(0) : nil
        for (number, node) in nodes.enumerated() {
            let inputs = node.inputs == [last] ? "" : " <- " + node.inputs.map(\.text).joined(separator: ", ")
            lines.append("\(number): \(node.spec.summary)\(inputs)")
            last = .node(number)
        }
        return lines
    }
}

extension Subtopology.NodeInput {
    fileprivate var text: String {
        switch self {
        case .source(let number): "source \(number)"
        case .node(let number): "\(number)"
        }
    }
}

extension SourceSpec {
    fileprivate var text: String {
        let form =
            switch payload {
            case .batches: "batches"
            case .records(let layout): "key \(layout.keyFormat), value \(layout.valueFormat)"
            }
        let columns = output.fields.map { quotedIdentifier($0.name) }.joined(separator: ", ")
        return "topic \(topic) (\(form)) columns \(columns)"
    }
}
