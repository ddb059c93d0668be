import Glibc

/// Writes pieces of memory at a position of a file; a class of its own so that tests can let writes fail.
class FileWriter: @unchecked Sendable {
    // Unchecked: it has no state; subclasses in tests guard theirs.

    /// The system takes at most that many pieces in one call.
    private static let piecesMax = 1024

    init() {}

    /// Writes everything, or throws.
    func write(_ pieces: [iovec], to file: SegmentFile, at position: Int) throws(StorageError) {
        var position = position
        var first = 0
        var rest = pieces
        while first < rest.count {
            let count = min(rest.count - first, Self.piecesMax)
            let written = rest.withUnsafeBufferPointer { list in
                list.baseAddress.map { pwritev(file.descriptor, $0 + first, Int32(count), position) } ?? 0
            }
            if written < 0 {
                if errno == EINTR { continue }
                throw .system("write", file.path, errno)
            }
            position += written
            // A short write ends inside a piece: the next call goes on from there.
            var done = written
            while first < rest.count, done >= rest[first].iov_len {
                done -= rest[first].iov_len
                first += 1
            }
            if done > 0 {
                rest[first].iov_base += done
                rest[first].iov_len -= done
            }
        }
    }

    /// Waits until the file's bytes are on the disk.
    func sync(_ file: SegmentFile) throws(StorageError) {
        guard fdatasync(file.descriptor) == 0 else { throw .system("sync", file.path, errno) }
    }
}

/// An open segment file; closed when the last user releases it.
final class SegmentFile: Sendable {
    let descriptor: Int32
    let path: String

    /// Opens the file, which is created when it does not exist and `create` is set.
    init(_ path: String, create: Bool) throws(StorageError) {
        self.path = path
        descriptor = open(path, (create ? O_CREAT : 0) | O_RDWR | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system("open", path, errno) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Bytes in the file, and when it was last written in milliseconds since the epoch.
    func status() throws(StorageError) -> (size: Int, modified: Int64) {
        var result = stat()
        guard fstat(descriptor, &result) == 0 else { throw .system("look at", path, errno) }
        let milliseconds = Int64(result.st_mtim.tv_sec) * 1000 + Int64(result.st_mtim.tv_nsec) / 1_000_000
        return (Int(result.st_size), milliseconds)
    }

    func truncate(to size: Int) throws(StorageError) {
        guard ftruncate(descriptor, size) == 0 else { throw .system("truncate", path, errno) }
    }

    /// Reads up to `count` bytes at `position`; fewer only at the end of the file.
    func read(_ target: UnsafeMutableRawPointer, _ count: Int, at position: Int) throws(StorageError) -> Int {
        var done = 0
        while done < count {
            let read = pread(descriptor, target + done, count - done, position + done)
            if read < 0 {
                if errno == EINTR { continue }
                throw .system("read", path, errno)
            }
            if read == 0 { break }
            done += read
        }
        return done
    }
}
