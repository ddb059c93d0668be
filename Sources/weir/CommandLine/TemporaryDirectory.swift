import Foundation

/// A new directory under TMPDIR for the time of one command.
struct TemporaryDirectory {
    let path: String

    /// Makes it.
    /// - Throws: when the directory for temporary files is not there or not writable.
    init(_ name: String) throws {
        let parent = FileManager.default.temporaryDirectory.path
        path = "\(parent)/\(name)-\(UUID().uuidString.prefix(8).lowercased())"
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    /// Removes it with everything in it.
    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
