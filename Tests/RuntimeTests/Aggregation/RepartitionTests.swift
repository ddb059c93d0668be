import Functions
import Testing
import Values

@testable import Runtime

/// Batches as bytes, and rows that move to the partition of their key.
struct RepartitionTests {
    static let schema = Schema(
        key: [Schema.Field("K", .bigint)],
        values: [
            Schema.Field("S", .string), Schema.Field("L", .array(.string)),
            Schema.Field(
                "R",
                .structure([StructField("A", .boolean), StructField("B", .decimal(precision: 9, scale: 2))])
            ),
        ]
    )

    static func sample(_ count: Int, seed: Int) -> Batch {
        var dice = Dice(seed)
        let rows: [[Value]] = (0..<count).map { index in
            let list: Value = dice.roll(5) == 0 ? .null : .array((0..<dice.roll(3)).map { .string("e\($0)") })
            let pair: Value =
                dice.roll(5) == 0
                ? .null : .structure([.boolean(dice.roll(2) == 0), .decimal(Decimal(unscaled: 7, scale: 2))])
            let text: Value = dice.roll(5) == 0 ? .null : .string("text \(dice.roll(1000))")
            return [dice.roll(9) == 0 ? .null : .bigint(Int64(dice.roll(50))), text, list, pair, .bigint(Int64(index))]
        }
        return batch(schema, rows)
    }

    @Test(arguments: [0, 1, 63, 64, 200])
    func batchesAsBytes(_ count: Int) throws {
        var plain = Self.sample(count, seed: count)
        let full = Self.sample(count, seed: count + 1)
        let encoded = BatchCodec.encode([plain, full])
        #expect(rows(try BatchCodec.decode(encoded.bytes(0), Self.schema)) == rows(plain))
        #expect(rows(try BatchCodec.decode(encoded.bytes(1), Self.schema)) == rows(full))
        plain.before = full.columns
        plain.hadBefore = Buffer.zeroed(capacity: count)
        plain.deleted = Buffer.zeroed(capacity: count)
        if count > 1 { plain.deleted?.base.storeBytes(of: 1, toByteOffset: 1, as: UInt8.self) }
        let header = Value.array([.structure([.string("h"), .bytes([1])])])
        plain.headers = Column.constant(headersType, header, count: count)
        let message = BatchCodec.encode([plain])
        let back = try BatchCodec.decode(message.bytes(0), Self.schema)
        #expect(rows(back) == rows(plain))
        #expect(
            back.before?.map { column in (0..<count).map { column.value(at: $0) } }
                == full.columns.map { column in (0..<count).map { column.value(at: $0) } }
        )
        #expect(back.headers?.count == count)
    }

    @Test func brokenBytes() {
        let message = BatchCodec.encode([Self.sample(20, seed: 1)])
        let good = [UInt8](message.bytes(0))
        for length in 0..<good.count {
            #expect(throws: BatchCodecError.self) {
                try good[..<length].withUnsafeBytes { try BatchCodec.decode($0, Self.schema) }
            }
        }
        var dice = Dice(3)
        for _ in 0..<500 {
            var bad = good
            bad[dice.roll(bad.count)] = UInt8(dice.roll(256))
            // Some changes hit values and stay unnoticed; none may crash.
            let batch = try? bad.withUnsafeBytes { try BatchCodec.decode($0, Self.schema) }
            if let batch { _ = rows(batch) }
        }
    }

    private func received(_ bench: OperatorBench, _ topic: String, _ partition: Int32) throws -> [Batch] {
        let run = try bench.broker.read(TopicPartition(topic, partition), from: 0, rowsMax: 1000, bytesMax: 1 << 24)
        let values = run.values
        return try (0..<values.count).map { try BatchCodec.decode(values.bytes($0), Self.schema) }
    }

    @Test func rowsGoToThePartitionOfTheirKey() throws {
        let spec = Repartition(topic: "shuffle", input: Self.schema)
        let bench = try OperatorBench(spec, topics: ["shuffle": 3])
        let input = (0..<30).map { Self.sample(500, seed: $0) }
        for batch in input { try bench.process(batch) }
        try bench.commit()
        var found: [[Value]: Int] = [:]
        var homes: [Value: Set<Int32>] = [:]
        for partition in Int32(0)..<3 {
            let batches = try received(bench, "shuffle", partition)
            #expect(batches.dropLast().allSatisfy { $0.count >= 4096 })
            for row in batches.flatMap(rows) {
                homes[row[0], default: []].insert(partition)
                found[row, default: 0] += 1
            }
        }
        #expect(homes.values.allSatisfy { $0.count == 1 })
        #expect(Set(homes.values.flatMap { $0 }).count == 3)
        #expect(found == input.flatMap(rows).reduce(into: [:]) { $0[$1, default: 0] += 1 })
    }

    /// Rows that are to meet a topic's records go where those went: by Kafka's hash of the key as its format writes it.
    @Test func rowsMeetRecords() throws {
        let format = Repartition.KeyFormat(name: "BIG_ENDIAN", properties: FormatProperties())
        let spec = Repartition(topic: "shuffle", input: Self.schema, keyFormat: format)
        let bench = try OperatorBench(spec, topics: ["shuffle": 4], formats: [BigEndianFormat()])
        try bench.process(Self.sample(500, seed: 1))
        try bench.commit()
        var moved = 0
        for partition in Int32(0)..<4 {
            for row in try received(bench, "shuffle", partition).flatMap(rows) {
                guard case .bigint(let key) = row[0] else {
                    #expect(partition == 0)
                    continue
                }
                let expected = withUnsafeBytes(of: key.bigEndian) { Partitioner.partition(of: $0, count: 4) }
                #expect(partition == expected)
                moved += 1
            }
        }
        #expect(moved > 300)
    }

    /// A change that moves a row to another key takes the old row back there.
    @Test func changesOfTheKey() throws {
        let bench = try OperatorBench(Repartition(topic: "shuffle", input: Self.schema), topics: ["shuffle": 1])
        func row(_ key: Int64, _ text: String) -> [Value] { [.bigint(key), .string(text), .null, .null, .bigint(1)] }
        var change = batch(Self.schema, [row(1, "a"), row(2, "b"), row(3, "c"), row(4, "")], deleted: [3])
        change.before = batch(Self.schema, [row(1, "x"), row(7, "y"), row(0, ""), row(5, "z")]).columns
        let had = Buffer(capacity: 4)
        had.base.copyMemory(from: [1, 1, 0, 1] as [UInt8], byteCount: 4)
        change.hadBefore = had
        try bench.process(change)
        try bench.commit()
        let found = try #require(try received(bench, "shuffle", 0).first)
        let before = try #require(found.before)
        let flags = try #require(found.hadBefore)
        let summary = (0..<found.count).map { row in
            let had = flags.base.load(fromByteOffset: row, as: UInt8.self) != 0
            return "\(found.columns[0].value(at: row))\(found.isDeleted(row) ? " deleted" : "")"
                + (had ? " was \(before[1].value(at: row))" : "")
        }
        #expect(
            summary == [
                "bigint(1) was string(\"x\")", "bigint(7) deleted was string(\"y\")", "bigint(2)", "bigint(3)",
                "bigint(5) deleted was string(\"z\")",
            ]
        )
    }
}

/// Writes one BIGINT as eight bytes, as the KAFKA format does.
private struct BigEndianFormat: Format {
    let name = "BIG_ENDIAN"

    func check(_: [Schema.Field], isKey _: Bool, properties _: FormatProperties) {}

    func makeReader(_: [Schema.Field], wanted _: [Int], properties _: FormatProperties) throws -> any FormatReader {
        throw FormatError("only writes")
    }

    func makeWriter(_: [Schema.Field], properties _: FormatProperties) -> any FormatWriter { Writer() }

    private final class Writer: FormatWriter {
        func write(_ columns: [Column], count: Int, absent: Buffer?, bad _: inout [BadPayload]) -> Column {
            let builder = ColumnBuilder(.bytes, capacity: count)
            let absent = absent?.base.assumingMemoryBound(to: UInt8.self)
            for row in 0..<count {
                guard case .bigint(let number) = columns[0].value(at: row), absent.map({ $0[row] == 0 }) ?? true else {
                    builder.appendNull()
                    continue
                }
                withUnsafeBytes(of: number.bigEndian) { builder.append(bytes: $0) }
            }
            return builder.finish()
        }
    }
}
