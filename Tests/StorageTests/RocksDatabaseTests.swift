import Foundation
import Glibc
import Runtime
import Synchronization
import Testing
import Values

@testable import Storage

/// What two racing threads tell each other.
private final class Race: Sendable {
    let isOver = Atomic<Bool>(false)
    let lost = Atomic<Int>(0)
}

/// The state database on disk.
@Suite struct RocksDatabaseTests {
    private let directory = TemporaryDirectory()
    private let store = StoreID(number: 3, partition: 1, changelog: "")

    private func open() throws -> RocksDatabase { try RocksDatabase(path: directory.path, settings: .small) }

    private func change(_ keys: [String], _ values: [String?]) -> StateChange {
        StateChange(store: store, keys: bytes(keys), values: bytes(values))
    }

    @Test func writesAreReadInAnyOrderAndAfterReopening() throws {
        var database = try open()
        try database.write(
            [change(["b", "a", "", "c"], ["2", "1", "empty", ""])],
            [RawPut([0, 0, 0, 0, 9], [5])],
            sync: false
        )
        for _ in 0..<2 {
            let found = try database.multiGet(store, bytes(["c", "x", "a", "", "b", "a"]))
            #expect(texts(found) == ["", nil, "1", "empty", "2", "1"])
            #expect(try texts(database.multiGet(store, bytes(["a", "b"]))) == ["1", "2"])
            #expect(try database.multiGet(store, bytes([])).count == 0)
            #expect(try database.get([0, 0, 0, 0, 9]) == [5])
            #expect(try database.get([0, 0, 0, 0, 8]) == nil)
            try database.close()
            database = try open()
        }
    }

    @Test func scansKeepToTheirStoreAndBounds() throws {
        let database = try open()
        let next = StoreID(number: 3, partition: 2, changelog: "")
        try database.write(
            [
                change(["a", "b", "c", "d"], ["1", "2", "3", "4"]),
                StateChange(store: next, keys: bytes(["a"]), values: bytes(["9"])),
            ],
            [],
            sync: true
        )
        func scan(_ lower: String, _ upper: String?) throws -> String {
            var found = ""
            try database.scan(store, from: Array(lower.utf8), to: upper.map { Array($0.utf8) }) { key, value in
                found += String(decoding: key, as: UTF8.self) + String(decoding: value, as: UTF8.self)
                return found.count < 6
            }
            return found
        }
        #expect(try scan("", nil) == "a1b2c3")
        #expect(try scan("b", "d") == "b2c3")
        #expect(try scan("c", nil) == "c3d4")
        #expect(try scan("d", "b") == "")
        #expect(database.approximateBytes(of: store) > 0)
        #expect(database.approximateBytes(of: StoreID(number: 9, partition: 0, changelog: "")) == 0)
    }

    @Test func deletedRangesComeBeforePuts() throws {
        let database = try open()
        try database.write([change(["a", "b", "c"], ["1", "2", "3"])], [], sync: false)
        let ranged = StateChange(
            store: store,
            keys: bytes(["b", "d"]),
            values: bytes(["new", nil]),
            deletedRanges: [(Array("a".utf8), Array("c".utf8))]
        )
        try database.write([ranged], [], sync: false)
        #expect(try texts(database.multiGet(store, bytes(["a", "b", "c", "d"]))) == [nil, "new", "3", nil])
    }

    @Test func aDirectoryBelongsToOneDatabase() throws {
        let database = try open()
        let error = #expect(throws: StorageError.self) { _ = try open() }
        #expect(error?.kind == .locked)
        #expect(error?.message.contains("in use by process") == true)
        try database.close()
        _ = try open()
    }

    /// Closing a descriptor twice closes what another thread has opened in between.
    @Test func aRefusedLockClosesItsFileOnce() throws {
        let holder = try DirectoryLock(directory.path)
        let race = Race()
        let path = directory.path
        DispatchQueue.concurrentPerform(iterations: 2) { side in
            if side == 0 {
                for _ in 0..<500 { _ = try? DirectoryLock(path) }
                race.isOver.store(true, ordering: .relaxed)
                return
            }
            while !race.isOver.load(ordering: .relaxed) {
                let descriptor = Glibc.open("/dev/null", O_RDONLY)
                if Glibc.close(descriptor) != 0 { race.lost.add(1, ordering: .relaxed) }
            }
        }
        #expect(race.lost.load(ordering: .relaxed) == 0)
        withExtendedLifetime(holder) {}
    }

    @Test func theEndOfTheLastStoreIsFound() {
        #expect(StoreID(number: 1, partition: -1, changelog: "").end == [0, 0, 0, 2, 0, 0, 0, 0])
        #expect(store.end == [0, 0, 0, 3, 0, 0, 0, 2])
    }

    @Test(arguments: 1...4) func behavesAsTheMemoryDatabase(seed: UInt64) throws {
        var random = Seeded(seed)
        var database = try open()
        let memory = MemoryDatabase()
        for step in 0..<300 {
            var keys = Set<String>()
            for _ in 0..<Int.random(in: 0..<30, using: &random) {
                keys.insert("k\(Int.random(in: 0..<500, using: &random))")
            }
            let values = keys.map { _ in Int.random(in: 0..<4, using: &random) == 0 ? nil : "v\(step)" }
            let bounds = (0..<2).map { _ in Array("k\(Int.random(in: 0..<500, using: &random))".utf8) }
            let isRange = step % 10 == 0 && bounds[0].lexicographicallyPrecedes(bounds[1])
            let change = StateChange(
                store: StoreID(number: UInt32.random(in: 1...2, using: &random), partition: 0, changelog: ""),
                keys: bytes(Array(keys)),
                values: bytes(values),
                deletedRanges: isRange ? [(bounds[0], bounds[1])] : []
            )
            let put = RawPut([0, 0, 0, 0, UInt8(step % 7)], step % 3 == 0 ? nil : [UInt8(step % 256)])
            for target in [database, memory] as [any StateDatabase] { try target.write([change], [put], sync: false) }
            let wanted = bytes((0..<20).map { _ in "k\(Int.random(in: 0..<500, using: &random))" })
            #expect(try texts(database.multiGet(change.store, wanted)) == texts(memory.multiGet(change.store, wanted)))
            if step % 50 == 0 {
                if step % 100 == 0 { try database.flush() }
                try database.close()
                database = try open()
                #expect(try content(database) == content(memory))
            }
        }
    }

    private func content(_ database: any StateDatabase) throws -> [[UInt8]] {
        var found: [[UInt8]] = []
        try database.scanRaw(from: [], to: [255]) { key, value in
            found += [key, value]
            return true
        }
        for number in 1...2 as ClosedRange<UInt32> {
            try database.scan(StoreID(number: number, partition: 0, changelog: ""), from: [], to: nil) {
                found += [Array($0), Array($1)]
                return true
            }
        }
        return found
    }
}
