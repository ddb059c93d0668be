import Runtime
import Values

/// A subtopology that is still being built: everything below ``end``.
struct Fragment {
    private(set) var sources: [SourceSpec]
    private(set) var nodes: [Subtopology.Node] = []
    /// Who puts out the rows.
    private(set) var end: Subtopology.NodeInput

    /// The rows of a topic.
    init(_ source: SourceSpec) {
        sources = [source]
        end = .source(0)
    }

    var subtopology: Subtopology { Subtopology(sources: sources, nodes: nodes) }

    /// Adds an operator that takes the rows so far.
    mutating func append(_ spec: any OperatorSpec) {
        nodes.append(Subtopology.Node(spec, inputs: [end]))
        end = .node(nodes.count - 1)
    }

    /// Adds an operator that takes the rows so far as input 0 and those of another fragment as input 1.
    mutating func join(_ other: Fragment, _ spec: any OperatorSpec) {
        let (firstSource, firstNode) = (sources.count, nodes.count)
        let move = { (input: Subtopology.NodeInput) -> Subtopology.NodeInput in
            switch input {
            case .source(let number): .source(firstSource + number)
            case .node(let number): .node(firstNode + number)
            }
        }
        sources += other.sources
        nodes += other.nodes.map { Subtopology.Node($0.spec, inputs: $0.inputs.map(move)) }
        nodes.append(Subtopology.Node(spec, inputs: [end, move(other.end)]))
        end = .node(nodes.count - 1)
    }
}
