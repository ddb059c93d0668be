import Foundation
import Runtime
import Values

@testable import Storage

/// A directory that is removed when the test is done with it.
final class TemporaryDirectory {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "weir-storage-" + UUID().uuidString
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A copy of everything as it is now: what a process finds that starts after this one was killed.
    func crashImage() throws -> TemporaryDirectory {
        let copy = TemporaryDirectory()
        try FileManager.default.removeItem(atPath: copy.path)
        try FileManager.default.copyItem(atPath: path, toPath: copy.path)
        return copy
    }

    /// The segment files of a partition, sorted.
    func segments(_ topic: String, _ partition: Int = 0) throws -> [String] {
        let root = path + "/log"
        let names = try FileManager.default.contentsOfDirectory(atPath: root)
        guard let directory = names.first(where: { $0.hasPrefix(topic + "@") }) else { return [] }
        let folder = "\(root)/\(directory)/\(partition)"
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { "\(folder)/\($0)" }
    }
}

/// A database and a log in one directory.
struct Store {
    let database: RocksDatabase
    let log: EmbeddedLog
    /// Kept as long as the store is.
    private let directory: TemporaryDirectory

    init(
        _ directory: TemporaryDirectory,
        _ settings: StorageSettings = .small,
        writer: FileWriter = FileWriter()
    ) throws {
        self.directory = directory
        database = try RocksDatabase(path: directory.path + "/state", settings: settings)
        log = try EmbeddedLog(
            directory: directory.path + "/log",
            database: database,
            settings: settings,
            writer: writer
        )
    }

    func close() throws {
        try log.close()
        try database.close()
    }
}

extension StorageSettings {
    /// Small enough that tests meet every limit.
    static var small: StorageSettings {
        var settings = StorageSettings()
        settings.cacheBytes = 1 << 20
        settings.writeBufferBytes = 2 << 20
        settings.durability = .none
        settings.segmentBytes = 4096
        settings.internalSegmentBytes = 4096
        settings.openFilesMax = 40
        // Tests call for what upkeep would do.
        settings.upkeepMilliseconds = 3_600_000
        return settings
    }
}

/// Bytes from text, and back.
func bytes(_ texts: [String?]) -> Column {
    Column.of(.bytes, texts.map { $0.map { .bytes(Array($0.utf8)) } ?? .null })
}

func texts(_ column: Column) -> [String?] {
    (0..<column.count).map { column.isNull($0) ? nil : String(decoding: column.bytes($0), as: UTF8.self) }
}

/// Messages for `topic` whose timestamps count up from 1000.
func run(_ topic: String, _ partition: Int32, keys: [String?]? = nil, _ values: [String?]) -> OutgoingRun {
    OutgoingRun(
        topic: topic,
        partition: partition,
        timestamps: Column.of(.bigint, values.indices.map { .bigint(Int64(1000 + $0)) }),
        keys: bytes(keys ?? values.map { _ in nil }),
        values: bytes(values)
    )
}

/// The same without keys for partition 0.
func run(_ topic: String, _ values: [String?]) -> OutgoingRun { run(topic, 0, values) }

/// Everything in a partition, read in runs of `rowsMax`.
func readAll(_ broker: any Broker, _ partition: TopicPartition, rowsMax: Int = 7) throws -> [String?] {
    var found: [String?] = []
    var offset: Int64 = 0
    while true {
        let run = try broker.read(partition, from: offset, rowsMax: rowsMax, bytesMax: 1 << 20)
        if run.count == 0 { return found }
        found += texts(run.values)
        offset = run.nextOffset
    }
}

/// A reproducible source of randomness.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
