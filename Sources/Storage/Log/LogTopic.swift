import Runtime

/// A topic of the embedded log and its partitions.
final class LogTopic: Sendable {
    let name: String
    /// Tells topics apart that had the same name one after the other; part of the directory's name.
    let number: UInt32
    let settings: TopicSettings
    let directory: String
    let partitions: [PartitionLog]

    init(
        _ name: String,
        number: UInt32,
        _ settings: TopicSettings,
        root: String,
        storage: StorageSettings,
        openFiles: OpenFiles
    ) {
        self.name = name
        self.number = number
        self.settings = settings
        let directory = "\(root)/\(Self.directoryName(name, number))"
        self.directory = directory
        partitions = (0..<settings.partitions).map { index in
            PartitionLog(
                TopicPartition(name, Int32(index)),
                topicNumber: number,
                directory: "\(directory)/\(index)",
                segmentBytes: Self.segmentBytes(settings, storage),
                openFiles: openFiles
            )
        }
    }

    private static func segmentBytes(_ settings: TopicSettings, _ storage: StorageSettings) -> Int {
        if settings.isCompacted { return storage.compactedSegmentBytes }
        return settings.isInternal ? storage.internalSegmentBytes : storage.segmentBytes
    }

    /// The number alone tells directories apart: of a long name, only as much is there as file systems take.
    static func directoryName(_ name: String, _ number: UInt32) -> String { "\(name.prefix(240))@\(number)" }

    /// The rules of Kafka, so that the same statements run on both; they also make names fit for directories.
    /// - Throws: ``TopicError`` `.refused`.
    static func checkName(_ name: String) throws {
        let allowed = name.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        }
        guard allowed, !name.isEmpty, name.utf8.count <= nameMax, name != ".", name != ".." else {
            throw TopicError(
                .refused,
                "'\(printable(name))' cannot be the name of a topic",
                hint: "use 1 to \(nameMax) letters, digits, '.', '_' and '-', but not '.' or '..'"
            )
        }
    }

    private static let nameMax = 249

    /// A name as it can stand in a message: not too long, and without what a terminal or a protocol acts upon.
    private static func printable(_ name: String) -> String {
        let shown = name.unicodeScalars.prefix(80).map { scalar in
            scalar.value < 32 || (127..<160).contains(scalar.value)
                ? "\\u{" + String(scalar.value, radix: 16) + "}" : String(scalar)
        }
        return shown.joined() + (name.unicodeScalars.count > 80 ? "…" : "")
    }
}
