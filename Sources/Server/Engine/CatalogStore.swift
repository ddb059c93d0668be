import Foundation
import Runtime

/// The statements that make up the catalog, kept in the engine's own area of the database: what is there now, in the
/// order in which it has to be said again at a start.
final class CatalogStore {
    /// A statement with what it was given when it ran first.
    struct Entry: Codable, Sendable {
        /// Position; larger is later.
        let number: UInt64
        let sql: String
        /// The session's properties when the statement ran.
        let properties: [String: String]
        /// The id of the query that the statement started.
        var query: String?
        /// The number that the query's id was made with.
        let queryNumber: Int
        /// Store name → number, for the query's state.
        var stores: [String: UInt32]
        var isPaused: Bool
        /// The source, type or connector that the statement made.
        let object: String
    }

    private struct Counters: Codable {
        var nextEntry: UInt64 = 1
        var nextStore: UInt32 = 1
        var nextQuery = 0
    }

    private let database: any StateDatabase
    private var counters = Counters()
    private(set) var entries: [Entry] = []

    private static let prefix: [UInt8] = EngineArea.catalog.prefix
    private static let countersKey: [UInt8] = EngineArea.catalogCounters.prefix

    /// Reads the catalog.
    /// - Throws: what the database throws, and ``DecodingError`` for an entry that is no longer readable.
    init(_ database: any StateDatabase) throws {
        self.database = database
        if let bytes = try database.get(CatalogStore.countersKey) {
            counters = try JSONDecoder().decode(Counters.self, from: Data(bytes))
        }
        var upper = CatalogStore.prefix
        upper[upper.count - 1] += 1
        try database.scanRaw(from: CatalogStore.prefix, to: upper) { _, value in
            entries.append(try JSONDecoder().decode(Entry.self, from: Data(value)))
            return true
        }
    }

    /// The number that the next query gets in its id.
    var nextQueryNumber: Int { counters.nextQuery }

    /// Adds a statement for good and hands out the numbers of its stores.
    func add(
        sql: String,
        properties: [String: String],
        object: String,
        query: String?,
        stores names: [String]
    ) throws -> Entry {
        var stores: [String: UInt32] = [:]
        for name in names {
            stores[name] = counters.nextStore
            counters.nextStore += 1
        }
        let entry = Entry(
            number: counters.nextEntry,
            sql: sql,
            properties: properties,
            query: query,
            queryNumber: counters.nextQuery,
            stores: stores,
            isPaused: false,
            object: object
        )
        counters.nextEntry += 1
        if query != nil { counters.nextQuery += 1 }
        try save([entry], removing: [])
        entries.append(entry)
        return entry
    }

    /// Adds a statement whose query goes on where that of `old` was: with its id, and with the numbers of the stores
    /// that it still has.
    ///
    /// What was said in between may depend on the source as `old` made it, so `definition` stands in its place.
    func upgrade(
        _ old: Entry,
        definition: String,
        sql: String,
        properties: [String: String],
        stores names: [String]
    ) throws -> Entry {
        var stores: [String: UInt32] = [:]
        for name in names {
            stores[name] = old.stores[name] ?? counters.nextStore
            if old.stores[name] == nil { counters.nextStore += 1 }
        }
        let entry = Entry(
            number: counters.nextEntry,
            sql: sql,
            properties: properties,
            query: old.query,
            queryNumber: old.queryNumber,
            stores: stores,
            isPaused: old.isPaused,
            object: old.object
        )
        counters.nextEntry += 1
        try put([old.withoutQuery(definition), entry], removing: [])
        return entry
    }

    /// Writes entries over those of the same number, or behind all others.
    func put(_ changed: [Entry], removing gone: [Entry]) throws {
        try save(changed, removing: gone)
        entries.removeAll { entry in (changed + gone).contains { $0.number == entry.number } }
        entries = (entries + changed).sorted { $0.number < $1.number }
    }

    /// Notes that a query is paused or runs again.
    func setPaused(_ query: String, _ paused: Bool) throws {
        guard let index = entries.firstIndex(where: { $0.query == query }) else { return }
        entries[index].isPaused = paused
        try save([entries[index]], removing: [])
    }

    /// Removes the entries that `isGone` picks.
    func remove(where isGone: (Entry) -> Bool) throws {
        let gone = entries.filter(isGone)
        try save([], removing: gone)
        entries.removeAll(where: isGone)
    }

    /// Forgets that an entry's query exists; the source that it made stays, with another statement.
    func replace(_ entry: Entry, sql: String) throws { try put([entry.withoutQuery(sql)], removing: []) }

    private func save(_ changed: [Entry], removing gone: [Entry]) throws {
        let encoder = JSONEncoder()
        var puts = [RawPut(CatalogStore.countersKey, [UInt8](try encoder.encode(counters)))]
        for entry in changed { puts.append(RawPut(key(entry), [UInt8](try encoder.encode(entry)))) }
        for entry in gone { puts.append(RawPut(key(entry), nil)) }
        try database.write([], puts, sync: true)
    }

    private func key(_ entry: Entry) -> [UInt8] {
        CatalogStore.prefix + withUnsafeBytes(of: entry.number.bigEndian) { Array($0) }
    }
}

extension CatalogStore.Entry {
    /// The entry with another statement and without a query.
    fileprivate func withoutQuery(_ sql: String) -> Self {
        Self(
            number: number,
            sql: sql,
            properties: properties,
            query: nil,
            queryNumber: queryNumber,
            stores: [:],
            isPaused: false,
            object: object
        )
    }
}
