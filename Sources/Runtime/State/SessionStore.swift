import Functions
import Values

/// The sessions of all keys of a task: a cache of one record a key, whose blob holds the key's sessions.
///
/// In the store the keys have eight zero bytes in front, so that the clock's entry sorts behind them all.
final class SessionStore {
    let cache: GroupCache
    let groups: RowGroups
    private let blob: Int
    private let slots = Scratch<UInt32>()
    private var sweptFrom: [UInt8] = []
    private var sweptBefore = Int64.min
    private var isSweeping = false
    /// Keys that one commit looks at in search of forgotten ones.
    private static let sweepMax = 1024

    init(_ spec: SessionAggregate, _ context: TaskContext) {
        let layout = SessionStore.layout(spec)
        blob = layout.slotOffsets[0]
        cache = GroupCache(
            layout: layout,
            store: context.store(spec.store.name),
            database: context.database,
            bytesMax: context.settings.cacheBytesMax
        )
        groups = RowGroups(layout)
    }

    static func layout(_ spec: SessionAggregate) -> GroupLayout {
        GroupLayout(keyTypes: spec.groups.keyTypes, isWindowed: true, slots: [(bytes: 8, blobs: [0])])
    }

    var memory: UnsafeMutablePointer<Int> { cache.outside }

    /// The sessions of the rows' keys, a list for each group of ``groups``.
    func read(
        _ keys: Column,
        _ rows: UnsafePointer<Int32>,
        _ count: Int,
        _ layout: GroupLayout
    ) throws -> [SessionList] {
        groups.assign(keys, rows, count)
        let slots = slots.reserve(groups.count)
        try cache.find(
            KeyRequests(
                count: groups.count,
                keys: keys,
                rows: groups.firstRows,
                hashes: groups.hashes,
                windows: nil
            ),
            into: slots
        )
        var lists: [SessionList] = []
        lists.reserveCapacity(groups.count)
        for group in 0..<groups.count {
            let stored = UnsafeRawBufferPointer(Blob.bytes(cache.record(Int(slots[group])) + blob))
            lists.append(try SessionList(stored, layout, memory))
        }
        return lists
    }

    /// Writes the lists of the last ``read(_:_:_:_:)`` back, without what is out of the retention time.
    func write(_ lists: inout [SessionList], _ layout: GroupLayout, forgottenBefore: Int64) {
        for group in lists.indices {
            lists[group].sessions.removeAll { session in
                guard session.end < forgottenBefore, !session.isTouched else { return false }
                SessionList.free(session.record, layout, memory)
                return true
            }
            let slot = slots.base[group]
            let word = cache.record(Int(slot)) + blob
            if lists[group].sessions.isEmpty {
                Blob.release(word, memory)
                cache.change(slot, isPresent: false)
            } else {
                lists[group].store(word, layout, memory)
                cache.change(slot)
            }
            lists[group].release(layout, memory)
        }
        lists.removeAll(keepingCapacity: true)
    }

    /// Deletes keys all of whose sessions are out of the retention time, a part of the store at a time.
    /// - Parameter every: a new round starts when the bound has moved by so much.
    func sweep(forgottenBefore bound: Int64, every: Int64) throws {
        if !isSweeping {
            guard bound.subtractingClamped(every) > sweptBefore else { return }
            sweptBefore = bound
            sweptFrom = []
            isSweeping = true
        }
        let keys = ColumnBuilder(.bytes)
        var seen = 0
        isSweeping = false
        try cache.database.scan(cache.store, from: sweptFrom, to: WindowClock.key) { key, value in
            guard seen < SessionStore.sweepMax else {
                sweptFrom = [UInt8](key)
                isSweeping = true
                return false
            }
            seen += 1
            let sessions = value.count >= 20 ? UnsafeRawBufferPointer(rebasing: value[20...]) : value
            if key.count >= 8, (SessionList.lastEnd(sessions) ?? .min) < bound {
                keys.append(bytes: UnsafeRawBufferPointer(rebasing: key[8...]))
            }
            return true
        }
        if keys.count > 0 { try remove(keys.finish(), before: bound) }
    }

    private func remove(_ keys: Column, before bound: Int64) throws {
        let rows = Array(0..<Int32(keys.count))
        try rows.withUnsafeBufferPointer { rows in
            guard let base = rows.baseAddress else { return }
            groups.assign(keys, base, keys.count)
            let slots = slots.reserve(groups.count)
            try cache.find(
                KeyRequests(
                    count: groups.count,
                    keys: keys,
                    rows: groups.firstRows,
                    hashes: groups.hashes,
                    windows: nil
                ),
                into: slots
            )
            for group in 0..<groups.count {
                let word = cache.record(Int(slots[group])) + blob
                // Memory may know of later sessions than the store.
                guard (SessionList.lastEnd(UnsafeRawBufferPointer(Blob.bytes(word))) ?? .min) < bound else { continue }
                Blob.release(word, memory)
                cache.change(slots[group], isPresent: false)
            }
        }
    }
}
