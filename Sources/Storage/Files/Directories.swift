import Glibc

/// The few directory operations the log needs.
enum Directories {
    /// Creates a directory and those above it; does nothing when it exists.
    static func create(_ path: String) throws(StorageError) {
        if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        let code = errno
        guard code == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw .system("create the directory", path, code)
        }
        try create(String(path[..<slash]))
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw .system("create the directory", path, errno)
        }
    }

    /// The names in a directory, unsorted; none when it does not exist.
    static func names(in path: String) throws(StorageError) -> [String] {
        guard let directory = opendir(path) else {
            if errno == ENOENT { return [] }
            throw .system("read the directory", path, errno)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Whether a file of that many bytes can be made; unlike the system's count it knows of quotas and limits.
    static func hasSpace(_ path: String, _ bytes: Int) -> Bool {
        let probe = path + "/weir.space"
        let descriptor = open(probe, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return false }
        defer {
            close(descriptor)
            unlink(probe)
        }
        return posix_fallocate(descriptor, 0, bytes) == 0
    }

    /// Makes the entries of a directory survive a power cut.
    static func sync(_ path: String) throws(StorageError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("open the directory", path, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system("sync the directory", path, errno) }
    }

    /// Removes a directory and everything in it, as far as possible.
    static func removeTree(_ path: String) throws(StorageError) {
        for name in try names(in: path) {
            let child = path + "/" + name
            if unlink(child) != 0 { try removeTree(child) }
        }
        guard rmdir(path) == 0 || errno == ENOENT else { throw .system("remove the directory", path, errno) }
    }
}
