import Connectors
import Foundation
import Runtime
import TestSupport
import Testing
import Values

/// One after the other: a test that kills the broker must be alone with it.
@Suite(.serialized) enum KafkaTests {}

/// The Kafka cluster that the tests use: `WEIR_TEST_KAFKA` is its HOST:PORT.
enum TestCluster {
    static let servers = ProcessInfo.processInfo.environment["WEIR_TEST_KAFKA"]

    /// `SCRIPT DIR`: the script that starts and kills the cluster's only broker, and its directory.
    static let control = ProcessInfo.processInfo.environment["WEIR_TEST_KAFKA_CONTROL"]

    static var isThere: Bool { servers != nil }

    static var canBeKilled: Bool { isThere && control != nil }

    /// A name that no other test and no other run uses.
    static func name(_ stem: String) -> String { "\(stem)-\(UUID().uuidString.prefix(8))" }

    static func broker(
        service: String = name("service"),
        _ change: (inout KafkaSettings) -> Void = { _ in }
    ) throws -> KafkaBroker {
        var settings = KafkaSettings(service: service)
        settings.noticeMilliseconds = 20
        change(&settings)
        return try KafkaBroker(bootstrapServers: servers ?? "", settings: settings)
    }

    /// Ends the broker without a warning.
    static func kill() throws { try run("kill", []) }

    /// Starts the broker where it ran before, with its data.
    static func start() throws {
        let port = servers.flatMap { $0.split(separator: ":").last }.map(String.init) ?? "0"
        try run("start", [port])
    }

    private static func run(_ command: String, _ more: [String]) throws {
        let parts = (control ?? "").split(separator: " ").map(String.init)
        let result = try Program(parts[0], [command] + parts[1...] + more).run()
        guard result.status == 0 else {
            throw TopicError(.unreachable, "\(command): status \(result.status) \(result.errors)")
        }
    }
}

/// A message as a test writes it down.
struct Letter: Equatable, CustomStringConvertible {
    var key: String?
    var value: String?
    var time: Int64 = 1_700_000_000_000
    var headers: [String: String] = [:]

    var description: String { "\(key ?? "NULL")=\(value ?? "NULL")@\(time)\(headers.isEmpty ? "" : "\(headers)")" }
}

extension OutgoingRun {
    init(_ topic: String, _ partition: Int32, _ letters: [Letter]) {
        func bytes(_ text: String?) -> Value { text.map { .bytes(Array($0.utf8)) } ?? .null }
        let headers = letters.map { letter in
            Value.array(
                letter.headers.sorted { $0.key < $1.key }.map { .structure([.string($0.key), bytes($0.value)]) }
            )
        }
        self.init(
            topic: topic,
            partition: partition,
            timestamps: Column.of(.bigint, letters.map { .bigint($0.time) }),
            keys: Column.of(.bytes, letters.map { bytes($0.key) }),
            values: Column.of(.bytes, letters.map { bytes($0.value) }),
            headers: letters.contains { !$0.headers.isEmpty } ? Column.of(headersType, headers) : nil
        )
    }
}

extension MessageRun {
    var letters: [Letter] {
        func text(_ column: Column, _ row: Int) -> String? {
            column.isNull(row) ? nil : String(decoding: column.bytes(row), as: UTF8.self)
        }
        return (0..<count).map { row in
            var letter = Letter(key: text(keys, row), value: text(values, row))
            letter.time = timestamps.values(as: Int64.self)[row]
            guard let headers, case .array(let entries) = headers.value(at: row) else { return letter }
            for case .structure(let fields) in entries {
                guard case .string(let name) = fields[0], case .bytes(let value) = fields[1] else { continue }
                letter.headers[name] = String(decoding: value, as: UTF8.self)
            }
            return letter
        }
    }
}

extension Broker {
    /// All committed messages of a partition, which should be `count`: a commit is seen some milliseconds after it returned.
    func letters(_ topic: String, _ partition: Int32 = 0, count: Int) throws -> [Letter] {
        let deadline = Date().addingTimeInterval(5)
        while true {
            let letters = try letters(topic, partition)
            if letters.count >= count || Date() > deadline { return letters }
        }
    }

    /// All committed messages of a partition.
    func letters(_ topic: String, _ partition: Int32 = 0) throws -> [Letter] {
        var letters: [Letter] = []
        var offset: Int64 = 0
        while true {
            let run = try read(TopicPartition(topic, partition), from: offset, rowsMax: 1000, bytesMax: 1 << 20)
            if run.count == 0 { return letters }
            letters += run.letters
            offset = run.nextOffset
        }
    }
}

extension BrokerSession {
    /// Polls until there are `count` messages or nothing came for some seconds.
    func receive(_ count: Int, rowsMax: Int = 1000) throws -> [Letter] {
        var letters: [Letter] = []
        while letters.count < count, let run = try poll(rowsMax: rowsMax, timeoutMilliseconds: 10_000) {
            letters += run.letters
        }
        return letters
    }
}

/// A database whose writes can be made to fail.
final class FragileDatabase: StateDatabase, @unchecked Sendable {
    // Unchecked: tests use it from one thread.
    let inner = MemoryDatabase()
    var isBroken = false

    struct Broken: Error {}

    func get(_ key: [UInt8]) throws -> [UInt8]? { try inner.get(key) }

    func multiGet(_ store: StoreID, _ keys: Column) throws -> Column { try inner.multiGet(store, keys) }

    func scan(
        _ store: StoreID,
        from lower: [UInt8],
        to upper: [UInt8]?,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Bool
    ) throws { try inner.scan(store, from: lower, to: upper, body) }

    func scanRaw(from lower: [UInt8], to upper: [UInt8], _ body: ([UInt8], [UInt8]) throws -> Bool) throws {
        try inner.scanRaw(from: lower, to: upper, body)
    }

    func write(_ changes: [StateChange], _ puts: [RawPut], sync: Bool) throws {
        if isBroken { throw Broken() }
        try inner.write(changes, puts, sync: sync)
    }

    func approximateBytes(of store: StoreID) -> Int64 { inner.approximateBytes(of: store) }
}

extension StateDatabase {
    /// The rows of a store as text.
    func rows(_ store: StoreID) throws -> [String: String] {
        var rows: [String: String] = [:]
        try scan(store, from: [], to: nil) { key, value in
            rows[String(decoding: key, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
            return true
        }
        return rows
    }
}
