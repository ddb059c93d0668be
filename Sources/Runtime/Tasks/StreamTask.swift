import Values

/// One subtopology on one partition: decodes messages, runs them through the operators, gathers the epoch.
///
/// Synchronous and used by one thread; whoever drives it polls, and commits what ``flush(into:)`` gathers.
public final class StreamTask {
    public let id: TaskCommitID
    public let inputs: [TopicPartition]
    /// Partitions of table sources that are read to their end before the others start, so that joins find their rows.
    public let tableInputs: [TopicPartition]
    /// Largest ROWTIME seen; nil before the first row.
    public private(set) var streamTime: Int64?
    /// Offset to read next, by input.
    public internal(set) var positions: [TopicPartition: Int64] = [:]
    /// True when something was processed since the last flush.
    public internal(set) var isDirty = false
    public let metrics: [NamedMetrics]

    /// The sources that read an input; joins may read one topic twice.
    let sources: [TopicPartition: [Int]]
    let decoders: [SourceDecoder]
    let operators: [any Operator]
    private let operatorMetrics: [OperatorMetrics]
    /// For each source, then each node: which operator inputs its batches go to.
    let fromSource: [[Destination]]
    private let fromNode: [[Destination]]
    private let emitter = Emitter()
    /// By source: rows that were read and wait for their turn.
    var held: [HeldRows]

    struct Destination {
        let node: Int
        let input: Int
    }

    /// The metrics of a source or operator with the line that EXPLAIN shows for it.
    public struct NamedMetrics: Sendable {
        public let name: String
        public let metrics: OperatorMetrics
    }

    /// - Parameter context: the context of the task's operators; each gets it with metrics of its own.
    public init(_ subtopology: Subtopology, number: Int, context: TaskContext) throws {
        id = TaskCommitID(query: context.query, subtopology: number, partition: context.partition)
        let read = subtopology.sources.map { TopicPartition($0.topic, context.partition) }
        // A lone table source has nothing to wait for.
        let waits = subtopology.sources.contains { !$0.isTable }
        let streams = Set(zip(subtopology.sources, read).filter { !$0.0.isTable }.map(\.1))
        sources = Dictionary(grouping: read.indices) { read[$0] }
        inputs = read.enumerated().filter { read.firstIndex(of: $1) == $0 }.map(\.element)
        tableInputs = waits ? inputs.filter { !streams.contains($0) } : []
        decoders = try subtopology.sources.map {
            try SourceDecoder(
                $0,
                formats: context.formats,
                query: context.query,
                log: context.log,
                settings: context.settings
            )
        }
        var made: [any Operator] = []
        var counters: [OperatorMetrics] = []
        for node in subtopology.nodes {
            var own = context
            own.metrics = OperatorMetrics()
            counters.append(own.metrics)
            made.append(try node.spec.makeOperator(own))
        }
        operators = made
        operatorMetrics = counters
        (fromSource, fromNode) = StreamTask.edges(subtopology)
        held = read.map { _ in HeldRows() }
        metrics =
            zip(subtopology.sources, decoders).map {
                NamedMetrics(name: "Source \($0.topic)", metrics: $1.metrics)
            }
            + zip(subtopology.nodes, counters).map { NamedMetrics(name: $0.spec.summary, metrics: $1) }
    }

    private static func edges(_ subtopology: Subtopology) -> ([[Destination]], [[Destination]]) {
        var fromSource = [[Destination]](repeating: [], count: subtopology.sources.count)
        var fromNode = [[Destination]](repeating: [], count: subtopology.nodes.count)
        for (index, node) in subtopology.nodes.enumerated() {
            for (input, producer) in node.inputs.enumerated() {
                let destination = Destination(node: index, input: input)
                switch producer {
                case .source(let source): fromSource[source].append(destination)
                case .node(let upstream):
                    precondition(upstream < index, "nodes stand behind their inputs")
                    fromNode[upstream].append(destination)
                }
            }
        }
        return (fromSource, fromNode)
    }

    /// Sets where reading starts, after the state was restored.
    public func start(at positions: [TopicPartition: Int64]) { self.positions = positions }

    /// Runs a run of messages of one of the task's inputs through all operators.
    public func process(_ run: MessageRun) throws {
        let input = TopicPartition(run.topic, run.partition)
        guard let list = sources[input] else { preconditionFailure("run of \(input), which is no input of \(id)") }
        isDirty = true
        for source in list {
            for batch in try decoders[source].decode(run) {
                try deliver(batch, fromSource[source])
                try advance(batch)
            }
        }
        positions[input] = run.nextOffset
    }

    func deliver(_ batch: Batch, _ destinations: [Destination]) throws {
        for destination in destinations {
            try operators[destination.node].process(batch, input: destination.input, into: emitter)
            try forward(from: destination.node)
        }
    }

    private func forward(from node: Int) throws {
        for batch in emitter.take() { try deliver(batch, fromNode[node]) }
    }

    func advance(_ batch: Batch) throws {
        let times = batch.timestamps.values(as: Int64.self)
        var latest = streamTime ?? .min
        for row in 0..<batch.count { latest = max(latest, times[row]) }
        streamTime = latest
        for node in operators.indices {
            try operators[node].advance(to: latest, into: emitter)
            try forward(from: node)
        }
    }

    /// True when an operator holds more uncommitted state than its share of memory.
    public var wantsCommit: Bool { operators.contains { $0.wantsCommit } }

    /// Adds the task's offsets and state changes to an epoch.
    public func flush(into epoch: inout Epoch) throws {
        guard isDirty else { return }
        for node in operators.indices {
            try operators[node].flush(into: &epoch.changes)
            try forward(from: node)
        }
        epoch.offsets[id] = positions
        isDirty = false
    }

    /// The epoch that the last ``flush(into:)`` went to is committed.
    public func committed() {
        for each in operators { each.committed() }
    }
}
