import Glibc

/// Keeps a directory for one process: two servers on one data directory would destroy it.
///
/// The lock is on a file that holds the owner's process number; the system releases it when the process ends in any way.
final class DirectoryLock: Sendable {
    private let descriptor: Int32

    /// - Throws: ``StorageError`` `.locked` when another process, or another part of this one, has the directory.
    init(_ directory: String) throws(StorageError) {
        let path = directory + "/weir.lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system("open", path, errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            // The descriptor is closed by `deinit`, which also runs for an object whose `init` throws once all is set.
            throw StorageError(
                .locked,
                "the data directory '\(directory)' is in use by process \(Self.owner(descriptor))",
                hint: "stop that process or choose another directory"
            )
        }
        let text = "\(getpid())\n"
        // The number only serves the message above, so a full disk may lose it.
        _ = ftruncate(descriptor, 0)
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        // A child that was forked and has not yet become another program has the descriptor too: closing would not do.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    private static func owner(_ descriptor: Int32) -> String {
        var text = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &text, text.count, 0)
        let digits = text.prefix(max(count, 0)).prefix { (48...57).contains($0) }
        return digits.isEmpty ? "unknown" : String(decoding: digits, as: UTF8.self)
    }
}
