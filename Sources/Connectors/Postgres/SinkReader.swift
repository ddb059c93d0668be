import Runtime
import Values

/// Reads the topics of a sink from its positions on and decodes what it finds.
final class SinkReader {
    private struct Input {
        let partition: TopicPartition
        /// Index of the topic's layout.
        let layout: Int
        var next: Int64
    }

    private let setup: SinkSetup
    private let decoders: [RowDecoder]
    private var inputs: [Input] = []
    private var turn = 0
    /// Which topic of its name each one is, where that is known.
    private var incarnations: [String: String] = [:]
    private let report: SinkReport

    /// Bytes of records that one transaction holds, at most about.
    private static let bytesMax = 16 << 20

    /// Records that were read together.
    struct Records {
        /// Rows by layout, in the order of their offsets in each partition; records that could not be decoded are not there.
        var batches: [[Batch]]
        /// Behind the last record of each partition.
        var next: [TopicPartition: Int64] = [:]
        /// The topics that the positions belong to, where that is known.
        var incarnations: [String: String] = [:]
        var bad: [RecordProblem] = []
        var count = 0
    }

    /// Starts at the committed offsets, and at the beginning of partitions without one and of topics made anew.
    /// - Throws: ``TopicError`` when a topic is missing, ``PostgresError`` when it lost its end.
    init(_ setup: SinkSetup, progress: ProgressRow, report: SinkReport) throws {
        self.setup = setup
        decoders = try setup.layouts.map { try RowDecoder($0.topic, setup.formats) }
        self.report = report
        incarnations = progress.incarnations
        let renewed = try noteIncarnations()
        try open(progress.offsets.filter { !renewed.contains($0.key.topic) }, reset: progress.reset())
        for topic in renewed { report.renewed(topic, offsets: positions) }
    }

    /// Takes note of which topics there are now.
    /// - Returns: those that are not the ones that the positions belong to.
    private func noteIncarnations() throws -> Set<String> {
        var renewed: Set<String> = []
        for layout in setup.layouts {
            let topic = layout.topic.topic
            // One that is gone may come back as another one: what was known of it stays known.
            guard let now = try setup.broker.incarnation(of: topic) else { continue }
            if let known = incarnations[topic], known != now { renewed.insert(topic) }
            incarnations[topic] = now
        }
        return renewed
    }

    /// Goes to the beginning of topics that were deleted and created again; what was read of their like is void.
    /// - Returns: whether there are some.
    private func followRenewals() throws -> Bool {
        let renewed = try noteIncarnations()
        guard !renewed.isEmpty else { return false }
        inputs.removeAll { renewed.contains($0.partition.topic) }
        try open([:], reset: "")
        for topic in renewed { report.renewed(topic, offsets: positions) }
        return true
    }

    private func open(_ committed: [TopicPartition: Int64], reset: String) throws {
        for (index, layout) in setup.layouts.enumerated() {
            let topic = layout.topic.topic
            guard let settings = try setup.broker.describe(topic) else { throw TopicError.noTopic(topic) }
            for number in 0..<settings.partitions {
                let partition = TopicPartition(topic, Int32(number))
                guard !inputs.contains(where: { $0.partition == partition }) else { continue }
                let range = try setup.broker.offsets(of: partition)
                let start = committed[partition] ?? range.lowerBound
                guard start <= range.upperBound else {
                    throw PostgresError(
                        .target,
                        "the target has partition \(partition) up to offset \(start), but it ends at "
                            + "\(range.upperBound): the topic was made anew or lost its end",
                        hint: "to write the topic from its beginning: \(reset)"
                    )
                }
                if start < range.lowerBound {
                    report.gap(
                        "\(partition): records \(start) to \(range.lowerBound - 1) were removed before they were read"
                    )
                }
                inputs.append(Input(partition: partition, layout: index, next: max(start, range.lowerBound)))
            }
        }
    }

    /// Starts to read partitions that were added since.
    func findPartitions() throws { try open([:], reset: "") }

    /// The next offset of every partition.
    var positions: [TopicPartition: Int64] {
        Dictionary(uniqueKeysWithValues: inputs.map { ($0.partition, $0.next) })
    }

    /// Records between committed offsets and the ends of the partitions.
    static func lag(_ setup: SinkSetup, behind committed: [TopicPartition: Int64]) throws -> Int64 {
        var total: Int64 = 0
        for layout in setup.layouts {
            for number in 0..<(try setup.broker.describe(layout.topic.topic)?.partitions ?? 0) {
                let partition = TopicPartition(layout.topic.topic, Int32(number))
                let range = try setup.broker.offsets(of: partition)
                total += max(range.upperBound - (committed[partition] ?? range.lowerBound), 0)
            }
        }
        return total
    }

    /// The next records, in fair turns over the partitions; nil when there are none.
    func read() throws -> Records? {
        var records = Records(batches: Array(repeating: [], count: setup.layouts.count))
        let rowsMax = setup.settings.batchRowsMax
        var bytesLeft = SinkReader.bytesMax
        let before = inputs
        for step in 0..<inputs.count where records.count < rowsMax && bytesLeft > 0 {
            let index = (turn + step) % inputs.count
            let input = inputs[index]
            let run = try setup.broker.read(
                input.partition,
                from: input.next,
                rowsMax: rowsMax - records.count,
                bytesMax: bytesLeft
            )
            inputs[index].next = run.nextOffset
            guard run.count > 0 else { continue }
            try decode(run, input.layout, into: &records)
            records.count += run.count
            bytesLeft -= run.payloadBytes
        }
        // Asked after reading: as long as a topic is still the same, all that was read came from it.
        let read = inputs
        inputs = before
        if try followRenewals() { return try self.read() }
        inputs = read
        turn = inputs.isEmpty ? 0 : (turn + 1) % inputs.count
        guard records.count > 0 else { return nil }
        records.next = positions
        records.incarnations = incarnations
        return records
    }

    private func decode(_ run: MessageRun, _ layout: Int, into records: inout Records) throws {
        var bad: [BadPayload] = []
        let batch = try decoders[layout].decode(run, bad: &bad)
        guard !bad.isEmpty else {
            records.batches[layout].append(batch)
            return
        }
        let offsets = run.offsets.values(as: Int64.self)
        for payload in bad {
            records.bad.append(
                RecordProblem(
                    kind: .deserialization,
                    query: setup.name,
                    topic: run.topic,
                    partition: run.partition,
                    offset: offsets[payload.row],
                    field: payload.field,
                    value: payload.value,
                    reason: payload.reason
                )
            )
        }
        let badRows = Set(bad.map { Int32($0.row) })
        records.batches[layout].append(batch.rows((0..<Int32(batch.count)).filter { !badRows.contains($0) }))
    }
}

extension MessageRun {
    /// Bytes of keys and values.
    fileprivate var payloadBytes: Int {
        Int(keys.offsets[count] - keys.offsets[0]) + Int(values.offsets[count] - values.offsets[0])
    }
}
