import Values

/// A query as a graph of operators, cut into pieces that run as tasks of their own.
///
/// A piece is cut off wherever rows change their partition: the upper one ends in a ``Repartition`` to an internal
/// topic, the lower one starts with a source that reads it.
public struct Topology: Sendable {
    public var subtopologies: [Subtopology]
    /// Topics that exist for this query alone and go with it, such as repartition topics.
    public var internalTopics: [InternalTopic]

    public init(subtopologies: [Subtopology], internalTopics: [InternalTopic] = []) {
        self.subtopologies = subtopologies
        self.internalTopics = internalTopics
    }

    /// True when nothing but the positions in its sources tells what the query will do next.
    public var keepsNothing: Bool { internalTopics.isEmpty && stores.isEmpty }

    /// Every store of the query in a stable order.
    public var stores: [StoreSpec] { subtopologies.flatMap { $0.nodes.flatMap(\.spec.stores) } }

    /// Internal topics of which each partition has one reader: nobody needs what that one is done with.
    public var topicsReadOnce: Set<String> {
        let sources = subtopologies.flatMap(\.sources)
        let names = internalTopics.filter { !$0.settings.isCompacted }.map(\.name)
        return Set(names.filter { name in sources.filter { $0.topic == name }.count == 1 })
    }
}

/// An internal topic and how it is to be created.
public struct InternalTopic: Hashable, Sendable {
    public let name: String
    public let settings: TopicSettings

    public init(name: String, settings: TopicSettings) {
        self.name = name
        self.settings = settings
    }
}

/// The operators of one task: sources first, then nodes in an order in which every node follows its inputs.
///
/// There is one task per partition of the source topics, which all have the same number of partitions.
public struct Subtopology: Sendable {
    public var sources: [SourceSpec]
    public var nodes: [Node]

    public init(sources: [SourceSpec], nodes: [Node]) {
        self.sources = sources
        self.nodes = nodes
    }

    /// An operator and where its rows come from.
    public struct Node: Sendable {
        public var spec: any OperatorSpec
        /// The producer of each input, by input number.
        public var inputs: [NodeInput]

        public init(_ spec: any OperatorSpec, inputs: [NodeInput]) {
            self.spec = spec
            self.inputs = inputs
        }
    }

    /// Who feeds an input.
    public enum NodeInput: Hashable, Sendable {
        /// Source number n of the subtopology.
        case source(Int)
        /// Node number n of the subtopology.
        case node(Int)
    }
}
