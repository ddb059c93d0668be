import Foundation
import Storage

/// RocksDB and an embedded log in a directory of their own.
final class GoldenDisk {
    let ground: GoldenSession.Ground
    private let path: String

    init() throws {
        path = GoldenDisk.root + "weir-golden-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        var settings = StorageSettings()
        settings.cacheBytes = 1 << 20
        settings.writeBufferBytes = 2 << 20
        settings.durability = .none
        settings.segmentBytes = 4096
        settings.internalSegmentBytes = 4096
        settings.openFilesMax = 40
        let database = try RocksDatabase(path: path + "/state", settings: settings)
        let log = try EmbeddedLog(directory: path + "/log", database: database, settings: settings)
        ground = GoldenSession.Ground(database: database, broker: log)
    }

    /// In memory where there is plenty: catalogs wait for the disk at each statement.
    private static var root: String {
        let memory = "/dev/shm/"
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: memory)
        let free = (attributes?[.systemFreeSize] as? NSNumber)?.int64Value ?? 0
        return free > 1 << 30 && FileManager.default.isWritableFile(atPath: memory)
            ? memory : NSTemporaryDirectory()
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
