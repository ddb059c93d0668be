import Foundation
import Runtime

/// Where a push query without state stands: the next offset of every partition that it reads.
///
/// Clients see it as one word, base64 of a line of text for each topic: its name, what tells it from others of that name,
/// and the offsets in the order of the partitions.
struct ResumeToken: Equatable {
    struct Topic: Equatable {
        let name: String
        /// Empty where it is not known.
        let incarnation: String
        let offsets: [Int64]
    }

    let topics: [Topic]

    private static let version = "1"

    init(topics: [Topic]) { self.topics = topics }

    /// The token of some positions; nil while those of some partition are missing.
    init?(_ positions: [TopicPartition: Int64], inputs: [TopicPartition], incarnations: [String: String]) {
        guard inputs.allSatisfy({ positions[$0] != nil }) else { return nil }
        let byTopic = Dictionary(grouping: inputs, by: \.topic).sorted { $0.key < $1.key }
        topics = byTopic.map { topic, partitions in
            let ordered = partitions.sorted { $0.partition < $1.partition }
            return Topic(
                name: topic,
                incarnation: incarnations[topic] ?? "",
                offsets: ordered.map { positions[$0] ?? 0 }
            )
        }
    }

    /// - Throws: ``ReplyError`` for text that is no token.
    init(_ text: String) throws {
        let refused = ReplyError(
            "22023",
            "'\(text.prefix(40))' is no token of a push query",
            hint: "the lines ~{…} of a push query have it as \"token\""
        )
        guard let data = Data(base64Encoded: text), let plain = String(bytes: data, encoding: .utf8) else {
            throw refused
        }
        let lines = plain.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count > 1, lines[0] == ResumeToken.version else { throw refused }
        topics = try lines.dropFirst().map { line in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 3 else { throw refused }
            let offsets = try fields[2].split(separator: ",").map { digits in
                guard let offset = Int64(digits), offset >= 0 else { throw refused }
                return offset
            }
            return Topic(name: fields[0], incarnation: fields[1], offsets: offsets)
        }
    }

    var text: String {
        let lines = topics.map { topic in
            "\(topic.name)\t\(topic.incarnation)\t\(topic.offsets.map(String.init).joined(separator: ","))"
        }
        return Data(([ResumeToken.version] + lines).joined(separator: "\n").utf8).base64EncodedString()
    }

    /// The positions that a query over `names` starts at so that it neither leaves out nor repeats a record.
    /// - Throws: ``ReplyError`` where that is not possible.
    func positions(of names: Set<String>, _ broker: any Broker) throws -> [TopicPartition: Int64] {
        guard Set(topics.map(\.name)) == names else {
            throw ReplyError(
                "22023",
                "the token is of a query over \(topics.map(\.name).joined(separator: ", ")), "
                    + "this one reads \(names.sorted().joined(separator: ", "))"
            )
        }
        var positions: [TopicPartition: Int64] = [:]
        for topic in topics {
            guard let now = try broker.describe(topic.name) else {
                throw ReplyError("42704", "topic \(topic.name) does not exist any more")
            }
            let incarnation = try broker.incarnation(of: topic.name) ?? ""
            guard incarnation == topic.incarnation, topic.offsets.count <= now.partitions else {
                throw ResumeToken.otherTopic(topic.name)
            }
            for number in 0..<now.partitions {
                let partition = TopicPartition(topic.name, Int32(number))
                let available = try broker.offsets(of: partition)
                // A partition that was added meanwhile is new from its first record on.
                let offset = number < topic.offsets.count ? topic.offsets[number] : available.lowerBound
                positions[partition] = try ResumeToken.checked(offset, partition, available)
            }
        }
        return positions
    }

    private static func checked(_ offset: Int64, _ partition: TopicPartition, _ available: Range<Int64>) throws -> Int64
    {
        guard offset >= available.lowerBound else {
            throw ReplyError(
                "55000",
                "\(available.lowerBound - offset) records behind the token are gone from \(partition), which begins at "
                    + "offset \(available.lowerBound)",
                hint: "leave RESUME FROM out to read what there is"
            )
        }
        guard offset <= available.upperBound else { throw otherTopic(partition.topic) }
        return offset
    }

    private static func otherTopic(_ name: String) -> ReplyError {
        ReplyError(
            "55000",
            "topic \(name) is not the one that the token is from: it was deleted and made again",
            hint: "leave RESUME FROM out to read what there is"
        )
    }
}
