import Runtime
import Values

/// Fills the input topic of a benchmark, when it is empty.
struct BenchInput {
    private let settings: BenchRun.Settings
    private static let chunk = 4096

    init(_ settings: BenchRun.Settings) { self.settings = settings }

    /// Makes the topic, and fills it when it is empty.
    func fill(_ broker: any Broker) throws {
        let topic = settings.query.input
        try broker.createTopic(topic, TopicSettings(partitions: settings.partitions))
        let partitions = try broker.describe(topic)?.partitions ?? settings.partitions
        let existing = try (0..<partitions).reduce(0) { total, number in
            let range = try broker.offsets(of: TopicPartition(topic, Int32(number)))
            return total + range.count
        }
        guard existing == 0 else { return }
        var number = 0
        var partition: Int32 = 0
        while number < settings.events {
            let count = min(BenchInput.chunk, settings.events - number)
            try broker.append([run(topic, partition, number, count)])
            number += count
            partition = (partition + 1) % Int32(partitions)
        }
    }

    /// Events `first` to `first + count - 1` as messages of one partition.
    private func run(_ topic: String, _ partition: Int32, _ first: Int, _ count: Int) -> OutgoingRun {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 240)
        let offsets = Buffer(capacity: (count + 1) * 4)
        let ends = offsets.base.assumingMemoryBound(to: Int32.self)
        let times = Buffer(capacity: count * 8)
        let timestamps = times.base.assumingMemoryBound(to: Int64.self)
        let bids = NexmarkBids(rate: settings.rate)
        ends[0] = 0
        for row in 0..<count {
            timestamps[row] = append(first + row, bids, &bytes)
            ends[row + 1] = Int32(bytes.count)
        }
        let data = Buffer(capacity: bytes.count)
        bytes.withUnsafeBytes { source in
            if let base = source.baseAddress { data.base.copyMemory(from: base, byteCount: source.count) }
        }
        return OutgoingRun(
            topic: topic,
            partition: partition,
            timestamps: Column(type: .bigint, count: count, data: times),
            keys: Column.nulls(.bytes, count: count),
            values: Column(type: .bytes, count: count, data: data, offsets: offsets)
        )
    }

    private func append(_ number: Int, _ bids: NexmarkBids, _ bytes: inout [UInt8]) -> Int64 {
        if settings.query.input == "bid" { return bids.append(number, to: &bytes) }
        var random = SplitMix(seed: UInt64(number))
        bytes.append(contentsOf: #"{"k":"#.utf8)
        bytes.append(number: random.below(settings.keys))
        bytes.append(UInt8(ascii: "}"))
        return bids.time(number)
    }
}

/// Sums up an output topic so that two runs can be compared.
enum BenchChecksum {
    /// Rows and checksum: of all records of a stream, in any order; of the last record of each key of a table.
    static func of(_ topic: String, _ broker: any Broker, isTable: Bool) throws -> (rows: Int, checksum: String) {
        guard let settings = try broker.describe(topic) else { return (0, "0") }
        var sum: UInt64 = 0
        var rows = 0
        for number in 0..<settings.partitions {
            let partition = TopicPartition(topic, Int32(number))
            let range = try broker.offsets(of: partition)
            var position = range.lowerBound
            var latest: [UInt64: UInt64] = [:]
            while position < range.upperBound {
                let run = try broker.read(partition, from: position, rowsMax: 4096, bytesMax: 1 << 20)
                if run.nextOffset <= position { break }
                position = run.nextOffset
                rows += run.count
                for row in 0..<run.count {
                    let value = hash(run.values, row)
                    if isTable {
                        let key = hash(run.keys, row)
                        latest[key] = value &+ key
                    } else {
                        sum &+= value
                    }
                }
            }
            for value in latest.values { sum &+= Hash.of(value) }
        }
        let digits = String(sum, radix: 16)
        return (rows, String(repeating: "0", count: 16 - digits.count) + digits)
    }

    private static func hash(_ column: Column, _ row: Int) -> UInt64 {
        guard !column.isNull(row) else { return 0 }
        let bytes = column.bytes(row)
        guard let base = bytes.baseAddress else { return 1 }
        return Hash.of(base, bytes.count)
    }
}
