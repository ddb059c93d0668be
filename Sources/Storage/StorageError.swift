import Glibc
import Runtime

/// Why state or log files could not be read or written.
public struct StorageError: Error, CustomStringConvertible {
    public enum Kind: Sendable {
        /// No space is left, or a size limit was reached; works again once there is space.
        case full
        /// Stored bytes are not what was written.
        case corrupt
        /// Another process uses the directory.
        case locked
        /// Any other failure of a file operation.
        case failed
        /// A write failed and it could not be found out whether it took effect.
        case unknown
    }

    public let kind: Kind
    /// One sentence with operation, file and cause.
    public let message: String
    public let hint: String?

    public init(_ kind: Kind, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }

    public var description: String { hint.map { "\(message); \($0)" } ?? message }

    /// The failure of a system call on `path`.
    static func system(_ operation: String, _ path: String, _ code: Int32) -> StorageError {
        let message = "cannot \(operation) '\(path)': \(String(cString: strerror(code)))"
        let isFull = code == ENOSPC || code == EDQUOT || code == EFBIG
        return isFull ? full(message, path) : StorageError(.failed, message)
    }

    /// A failure that RocksDB reports as text.
    static func rocks(_ operation: String, _ path: String, _ text: String) -> StorageError {
        let message = "cannot \(operation) the state database '\(path)': \(text)"
        if text.contains("No space left") || text.contains("File too large") || text.contains("Disk quota") {
            return full(message, path)
        }
        if text.hasPrefix("Corruption") {
            return StorageError(.corrupt, message, hint: "restore the data directory from a copy")
        }
        return StorageError(.failed, message)
    }

    private static func full(_ message: String, _ path: String) -> StorageError {
        StorageError(
            .full,
            message + (freeSpace(path).map { " (\($0))" } ?? ""),
            hint: "make space in the data directory; work goes on by itself"
        )
    }

    /// How much the file system of `path`, which need not exist, can still take.
    private static func freeSpace(_ path: String) -> String? {
        var result = statvfs()
        var path = path[...]
        while statvfs(String(path), &result) != 0 {
            guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return nil }
            path = path[..<slash]
        }
        let bytes = "\(UInt64(result.f_bavail) * UInt64(result.f_frsize)) bytes are free"
        return result.f_favail == 0 && result.f_files > 0 ? bytes + ", but no more files can be created" : bytes
    }

    /// The same failure as the topics' protocol names it.
    var asTopicError: TopicError {
        switch kind {
        case .full: TopicError(.full, message, hint: hint)
        case .corrupt: TopicError(.corrupt, message, hint: hint)
        case .locked: TopicError(.refused, message, hint: hint)
        case .failed, .unknown: TopicError(.unreachable, message, hint: hint)
        }
    }
}
