import Glibc
import Synchronization
import Values

/// One file of batches, append-only or written by compaction, named by its first offset.
///
/// Where an offset lies is kept for one batch in ``indexStride`` bytes. The index is built while batches are appended, or by
/// walking over the headers when an offset is first looked for; nothing of it is stored, so there is nothing to go stale.
final class Segment: Sendable {
    private struct State {
        var file: SegmentFile?
        /// Ascending in both; only of the walked part.
        var entries: [(offset: Int64, position: Int)] = []
        /// The first position and offset that were not walked over yet.
        var walkedPosition = 0
        var walkedOffset: Int64
        /// Bytes of a segment that is not appended to any more, once they are known.
        var closedSize: Int?
    }

    let name: SegmentName
    let path: String
    private let retired = Atomic<Bool>(false)
    private let openFiles: OpenFiles
    private let state: Mutex<State>
    private let uses = Atomic<UInt64>(0)

    private static let indexStride = 64 << 10

    var base: Int64 { name.base }

    /// True for a segment whose file is gone, or soon will be: it was removed, or compaction put another in its place.
    var isRetired: Bool { retired.load(ordering: .acquiring) }

    init(_ name: SegmentName, directory: String, openFiles: OpenFiles) {
        self.name = name
        self.openFiles = openFiles
        path = directory + "/" + name.text
        state = Mutex(State(walkedOffset: name.base))
    }

    convenience init(base: Int64, directory: String, openFiles: OpenFiles) {
        self.init(SegmentName(base: base), directory: directory, openFiles: openFiles)
    }

    static func name(_ base: Int64) -> String { SegmentName(base: base).text }

    /// Tells readers that have the segment that they have to look for another.
    func retire() { retired.store(true, ordering: .releasing) }

    /// When the file was last used, in steps of ``OpenFiles``.
    var lastUse: UInt64 { uses.load(ordering: .relaxed) }

    /// The open file.
    func file(create: Bool = false) throws -> SegmentFile {
        uses.store(openFiles.tick(), ordering: .relaxed)
        let (file, isNew) = try state.withLock { state in
            if let file = state.file { return (file, false) }
            let file = try SegmentFile(path, create: create)
            state.file = file
            return (file, true)
        }
        if isNew { openFiles.add(self) }
        return file
    }

    /// Closes the file once its present users are done; it is opened again when needed.
    func releaseFile() {
        state.withLock { $0.file = nil }
    }

    /// Bytes of a segment that is not appended to any more.
    func closedSize() throws -> Int {
        if let size = state.withLock({ $0.closedSize }) { return size }
        let size = try file().status().size
        state.withLock { $0.closedSize = size }
        return size
    }

    /// Notes an appended batch, so that looking for its offset later needs no walk.
    func noteAppended(offset: Int64, position: Int, length: Int, nextOffset: Int64) {
        state.withLock { state in
            guard state.walkedPosition == position else { return }
            Self.note(&state, offset, position, length, nextOffset)
        }
    }

    private static func note(
        _ state: inout State,
        _ offset: Int64,
        _ position: Int,
        _ length: Int,
        _ nextOffset: Int64
    ) {
        if position >= (state.entries.last?.position ?? -indexStride) + indexStride {
            state.entries.append((offset, position))
        }
        state.walkedPosition = position + length
        state.walkedOffset = nextOffset
    }

    /// The position of a batch at or before the one that holds `offset`; `limit` is the committed size.
    func position(of offset: Int64, limit: Int) throws -> Int {
        let file = try file()
        return try state.withLock { state in
            if offset >= state.walkedOffset { try Self.walk(&state, to: offset, limit, file) }
            var low = 0
            var high = state.entries.count
            while low < high {
                let middle = (low + high) / 2
                if state.entries[middle].offset <= offset { low = middle + 1 } else { high = middle }
            }
            return low > 0 ? state.entries[low - 1].position : 0
        }
    }

    private static func walk(_ state: inout State, to offset: Int64, _ limit: Int, _ file: SegmentFile) throws {
        // Large batches: only the header is of interest. Small ones: many headers a read.
        let window = Buffer(capacity: 64 << 10)
        var start = 0
        var filled = 0
        var wanted = 4096
        while state.walkedOffset <= offset, state.walkedPosition + BatchHeader.size <= limit {
            let position = state.walkedPosition
            if position < start || position + BatchHeader.size > start + filled {
                start = position
                filled = try file.read(window.base, min(wanted, limit - position), at: position)
            }
            guard filled - (position - start) >= BatchHeader.size,
                let header = BatchHeader(from: window.base + (position - start)),
                position + header.length <= limit
            else {
                throw StorageError.damaged(file.path, position, "no batch begins here")
            }
            wanted = header.length < 4096 ? window.capacity : 4096
            note(&state, header.baseOffset, position, header.length, header.nextOffset)
        }
    }
}

extension StorageError {
    /// Stored bytes are not what was written.
    static func damaged(_ path: String, _ position: Int, _ reason: String) -> StorageError {
        StorageError(
            .corrupt,
            "file '\(path)' is damaged at byte \(position): \(reason)",
            hint: "restore the data directory from a copy, or delete the topic"
        )
    }
}
