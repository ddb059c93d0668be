import Foundation
import Glibc
import Runtime
import Testing
import Values

@testable import Storage

/// A file system of its own that can be full; only root may mount one.
private final class SmallDisk {
    let path: String
    private let ballast: String

    /// Whether such a file system can be had here.
    static let isPossible: Bool = {
        guard let disk = SmallDisk(megabytes: 1) else { return false }
        return withExtendedLifetime(disk) { true }
    }()

    init?(megabytes: Int) {
        path = NSTemporaryDirectory() + "weir-disk-" + UUID().uuidString
        ballast = path + "/ballast"
        guard geteuid() == 0, mkdir(path, 0o755) == 0 else { return nil }
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
            rmdir(path)
            return nil
        }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
        rmdir(path)
    }

    /// Takes all space but about that many bytes.
    func fill(leaving bytes: Int = 0) {
        let descriptor = open(ballast, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 1, count: 4096)
        var size = off_t(0)
        while pwrite(descriptor, block, block.count, size) == block.count { size += off_t(block.count) }
        ftruncate(descriptor, max(size - off_t(bytes), 0))
    }

    func makeSpace() { unlink(ballast) }
}

/// A disk without space costs failed commits while it lasts, and nothing else.
@Suite(.enabled(if: SmallDisk.isPossible)) struct FullDiskTests {
    private let store = StoreID(number: 7, partition: 0, changelog: "")
    private let task = TaskCommitID(query: "CTAS_T_1", subtopology: 0, partition: 0)
    private let source = TopicPartition("in", 0)

    private func open(_ disk: SmallDisk, _ durability: Durability) throws -> (RocksDatabase, EmbeddedLog) {
        var settings = StorageSettings.small
        settings.durability = durability
        settings.segmentBytes = 64 << 10
        let database = try RocksDatabase(path: disk.path + "/state", settings: settings)
        return (database, try EmbeddedLog(directory: disk.path + "/log", database: database, settings: settings))
    }

    /// State that compresses badly.
    private func state(_ number: Int, rows: Int, _ random: inout Seeded) -> StateChange {
        let keys = (0..<rows).map { _ in "k\(Int.random(in: 0..<5000, using: &random))" }
        let distinct = Array(Set(keys)).sorted()
        let values = distinct.map { key in
            "\(number) \(key) " + (0..<8).map { _ in String(random.next(), radix: 36) }.joined()
        }
        return StateChange(store: store, keys: bytes(distinct), values: bytes(values))
    }

    private func content(_ database: any StateDatabase) throws -> [String] {
        var found: [String] = []
        try database.scan(store, from: [], to: nil) { key, value in
            found.append(String(decoding: key, as: UTF8.self) + "=" + String(decoding: value, as: UTF8.self))
            return true
        }
        return found
    }

    /// Epochs with little output and much state, or the other way round, on a disk that is full now and then, wherever
    /// that happens to strike: segments, write-ahead log, flush, compaction, manifest.
    @Test(arguments: [Durability.commit, .interval(milliseconds: 5), .none], [0, 2000])
    func nothingIsLostAndWorkGoesOn(durability: Durability, stateRows: Int) throws {
        let disk = try #require(SmallDisk(megabytes: 24))
        var random = Seeded(UInt64(stateRows + 1))
        let (database, log) = try open(disk, durability)
        let model = MemoryDatabase()
        try log.createTopic("out", TopicSettings(partitions: 1))
        let output = TopicPartition("out", 0)
        var session = try log.makeSession(threadID: "0", state: database)
        var expected: [String] = []
        var aborted = 0
        for number in 0..<48 {
            if number % 12 == 6 { disk.fill(leaving: Int.random(in: 0..<200_000, using: &random)) }
            if number % 12 == 0 { disk.makeSpace() }
            let value = "\(number)" + String(repeating: "-", count: stateRows == 0 ? 30_000 : 10)
            try session.append(run("out", [value]))
            var epoch = Epoch()
            epoch.offsets[task] = [source: Int64(number)]
            epoch.changes = stateRows == 0 ? [] : [state(number, rows: stateRows, &random)]
            switch try session.commit(epoch) {
            case .committed:
                try model.write(epoch.changes, [], sync: false)
                expected.append(value)
            case .aborted(let reason):
                aborted += 1
                #expect(number % 12 >= 6, "the disk is not full any more: \(reason)")
                #expect(reason.contains("No space left") && reason.contains("bytes are free"), "\(reason)")
                #expect(reason.contains(disk.path))
                session = try log.makeSession(threadID: "0", state: database)
            case .unknown(let reason): Issue.record("unknown: \(reason)")
            }
            if number % 12 == 11 {
                #expect(
                    try texts(log.read(output, from: 0, rowsMax: 1, bytesMax: 1).values) == Array(expected.prefix(1))
                )
                #expect(try content(database) == content(model))
            }
        }
        #expect(aborted > 3)
        disk.makeSpace()
        #expect(try readAll(log, output).map { $0 ?? "" } == expected)
        let image = TemporaryDirectory()
        try FileManager.default.removeItem(atPath: image.path)
        try FileManager.default.copyItem(atPath: disk.path, toPath: image.path)
        try log.close()
        try database.close()
        for again in [try Store(image)] {
            #expect(try content(again.database) == content(model))
            #expect(try readAll(again.log, output).map { $0 ?? "" } == expected)
        }
    }

    /// What only RocksDB's own threads notice: commits go on as long as the write-ahead log has room.
    @Test func aFailedFlushIsMadeUpFor() throws {
        let disk = try #require(SmallDisk(megabytes: 16))
        var random = Seeded(3)
        let (database, log) = try open(disk, .none)
        try database.write([state(1, rows: 1500, &random)], [], sync: false)
        let before = try content(database)
        disk.fill(leaving: 20_000)
        let error = #expect(throws: StorageError.self) { try database.flush() }
        #expect(error?.kind == .full)
        #expect(try content(database) == before)
        disk.makeSpace()
        try database.write([state(2, rows: 10, &random)], [], sync: true)
        try database.flush()
        try log.close()
        try database.close()
    }

    @Test func aStartOnAFullDiskSaysWhatIsWrong() throws {
        let disk = try #require(SmallDisk(megabytes: 4))
        disk.fill()
        let error = #expect(throws: StorageError.self) {
            _ = try RocksDatabase(path: disk.path + "/state", settings: .small)
        }
        #expect(error?.kind == .full)
        #expect(error?.message.contains("bytes are free") == true)
        #expect(error?.message.contains(disk.path + "/state") == true)
        disk.makeSpace()
        try open(disk, .none).1.close()
    }
}
