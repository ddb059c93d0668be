import Testing
import Values

@testable import Functions

/// Aggregate functions over one group: their examples, NULLs, taking rows back, merging.
struct AggregateFunctionTests {
    @Test(arguments: AggregateLibrary.standard.names)
    func example(_ name: String) throws {
        let example = try #require(AggregateLibrary.standard[name]).example
        let columns = [SQLType](repeating: example.type, count: example.columns)
        let types = columns + example.literals.map { _ in SQLType.integer }
        let literals = columns.map { _ in Value?.none } + example.literals
        let call = try AggregateLibrary.standard.resolve(name, types, literals: literals)
        let group = Group(call.accumulator, columns: example.columns)
        group.update(Column.of(example.type, example.rows))
        #expect(isClose(group.result, example.result))
        #expect(call.resultType == group.column.type)
    }

    static let calls: [(String, SQLType, [Value?])] = [
        ("COUNT", .string, []), ("SUM", .integer, []), ("SUM", .bigint, []), ("SUM", .double, []),
        ("SUM", .decimal(precision: 9, scale: 2), []), ("AVG", .integer, []), ("AVG", .double, []),
        ("MIN", .string, []), ("MAX", .date, []), ("MIN", .decimal(precision: 9, scale: 2), []), ("MAX", .bytes, []),
        ("LATEST_BY_OFFSET", .string, []), ("EARLIEST_BY_OFFSET", .array(.bigint), [nil, .boolean(false)]),
        ("LATEST_BY_OFFSET", .double, [nil, .integer(3)]), ("EARLIEST_BY_OFFSET", .boolean, [nil, .integer(3)]),
        ("LATEST_BY_OFFSET", .string, [nil, .integer(2), .boolean(false)]), ("COLLECT_LIST", .string, []),
        ("COLLECT_SET", .integer, []), ("STDDEV_SAMP", .integer, []), ("STDDEV_SAMPLE", .double, []),
        ("HISTOGRAM", .string, []), ("ATTR", .boolean, []), ("COUNT_DISTINCT", .string, []),
        ("TOPK", .string, [nil, .integer(3)]), ("TOPKDISTINCT", .bigint, [nil, .integer(3)]),
        ("SUM_LIST", .array(.bigint), []), ("SUM_LIST", .array(.double), []),
    ]

    /// The same result whether rows come at once, one by one, or through a merge of two groups.
    @Test(arguments: calls.indices)
    func parts(_ index: Int) throws {
        let (name, type, literals) = Self.calls[index]
        var random = Sequence(state: UInt64(index))
        let types = [type] + literals.dropFirst().map { _ in SQLType.integer }
        let call = try AggregateLibrary.standard.resolve(name, types, literals: literals)
        for size in [0, 1, 2, 17] {
            let values = (0..<size).map { _ in random.value(type) }
            let whole = Group(call.accumulator)
            whole.update(Column.of(type, values))
            let single = Group(call.accumulator)
            for value in values { single.update(Column.of(type, [value])) }
            #expect(isClose(single.result, whole.result), "\(call) over \(values)")
            let left = Group(call.accumulator)
            let right = Group(call.accumulator)
            left.update(Column.of(type, Array(values[..<(size / 2)])))
            right.update(Column.of(type, Array(values[(size / 2)...])))
            left.merge(right)
            #expect(isClose(left.result, whole.result), "\(call) over \(values)")
            if call.canUndo {
                let more = (0..<5).map { _ in random.value(type) }
                whole.update(Column.of(type, more))
                whole.undo(Column.of(type, more.reversed()))
                #expect(isClose(whole.result, single.result), "\(call) over \(values) without \(more)")
            }
        }
    }

    @Test func memoryIsReturned() throws {
        let call = try AggregateLibrary.standard.resolve("COLLECT_LIST", [.string])
        let group = Group(call.accumulator)
        group.update(Column.of(.string, [.string("a"), .string("bcd"), .null]))
        #expect(group.memory > 0)
        group.release()
        #expect(group.memory == 0)
    }

    @Test func limitsAndErrors() throws {
        let limits = AggregateLimits(collectList: 2)
        let call = try AggregateLibrary.standard.resolve("collect_list", [.bigint], limits: limits)
        let group = Group(call.accumulator)
        group.update(Column.of(.bigint, [.bigint(1), .bigint(2), .bigint(3)]))
        #expect(group.result == .array([.bigint(1), .bigint(2)]))
        #expect(throws: AggregateError.self) { try AggregateLibrary.standard.resolve("SUM", [.string]) }
        #expect(throws: AggregateError.self) { try AggregateLibrary.standard.resolve("NO_SUCH", [.string]) }
        #expect("\(try AggregateLibrary.standard.resolve("SUM", [.bigint]))" == "SUM(BIGINT)")
    }

    @Test func decimalSumWithTooManyDigitsIsNull() throws {
        let type = SQLType.decimal(precision: 3, scale: 1)
        let group = Group(try AggregateLibrary.standard.resolve("SUM", [type]).accumulator)
        let value = Value.decimal(Decimal(unscaled: 600, scale: 1))
        group.update(Column.of(type, [value, value]))
        #expect(group.result == .null)
        group.undo(Column.of(type, [value]))
        #expect(group.result == value)
    }

    /// Sums of wide DECIMALs have all their digits, and are right again after they had too many.
    @Test func sumsOfWideDecimals() throws {
        let type = SQLType.decimal(precision: 50, scale: 10)
        let greatest = BigInteger.powerOfTen(50) - BigInteger(1)
        let long = Value.decimal(Decimal(unscaled: greatest, scale: 10))
        let small = Value.decimal(Decimal(unscaled: -7, scale: 10))
        let sum = Group(try AggregateLibrary.standard.resolve("SUM", [type]).accumulator)
        let mean = Group(try AggregateLibrary.standard.resolve("AVG", [type]).accumulator)
        let other = Group(try AggregateLibrary.standard.resolve("SUM", [type]).accumulator)
        #expect(sum.result == .decimal(Decimal(unscaled: 0, scale: 10)))
        for group in [sum, mean] { group.update(Column.of(type, [long, .null, small])) }
        #expect(sum.result == .decimal(Decimal(unscaled: greatest - BigInteger(7), scale: 10)))
        #expect(isClose(mean.result, .double(0.5e40)))
        other.update(Column.of(type, [long, long]))
        #expect(other.result == .null)
        sum.merge(other)
        #expect(sum.result == .null)
        for group in [sum, mean] { group.undo(Column.of(type, [long])) }
        sum.undo(Column.of(type, [long, long]))
        #expect(sum.result == small)
        #expect(isClose(mean.result, .double(-7e-10)))
    }

    /// Sums beyond 128 bits: NULL or a DOUBLE while they last, right again without what made them too long.
    @Test(arguments: [false, true])
    func sumsOfLongDecimals(isNegative: Bool) throws {
        let type = SQLType.decimal(precision: 38, scale: 0)
        let greatest = (Decimal.powerOfTen(38) ?? 0) - 1
        let long = Value.decimal(Decimal(unscaled: isNegative ? -greatest : greatest, scale: 0))
        let short = Value.decimal(Decimal(unscaled: 7, scale: 0))
        let sum = Group(try AggregateLibrary.standard.resolve("SUM", [type]).accumulator)
        let mean = Group(try AggregateLibrary.standard.resolve("AVG", [type]).accumulator)
        let other = Group(try AggregateLibrary.standard.resolve("SUM", [type]).accumulator)
        let many = Column.of(type, [Value](repeating: long, count: 9))
        for group in [sum, mean] { group.update(Column.of(type, [short])) }
        for group in [sum, mean, other] { group.update(many) }
        #expect(sum.result == .null)
        #expect(isClose(mean.result, .double(isNegative ? -0.9e38 : 0.9e38)))
        sum.merge(other)
        #expect(sum.result == .null)
        for _ in 0..<2 { sum.undo(many) }
        mean.undo(many)
        #expect(sum.result == short)
        #expect(mean.result == .double(7))
    }

    @Test(arguments: ["TOPK", "TOPKDISTINCT", "LATEST_BY_OFFSET", "EARLIEST_BY_OFFSET"])
    func numbersOfValuesToKeep(name: String) throws {
        for limit in [0, -1, Int64.min, 1 << 31, Int64.max] {
            #expect(throws: AggregateError.self, "\(limit)") {
                try AggregateLibrary.standard.resolve(name, [.bigint, .bigint], literals: [nil, .bigint(limit)])
            }
        }
        let literals: [Value?] = [nil, .integer(.max)]
        let group = Group(
            try AggregateLibrary.standard.resolve(name, [.bigint, .integer], literals: literals).accumulator
        )
        group.update(Column.of(.bigint, [.bigint(3)]))
        #expect(group.result == .array([.bigint(3)]))
    }

    @Test func manyDifferentValues() throws {
        let names = ["COUNT_DISTINCT", "COLLECT_SET", "HISTOGRAM"]
        let groups = try names.map { Group(try AggregateLibrary.standard.resolve($0, [.string]).accumulator) }
        let other = Group(try AggregateLibrary.standard.resolve("COUNT_DISTINCT", [.string]).accumulator)
        for start in stride(from: 0, to: 20_000, by: 500) {
            let values = Column.of(.string, (0..<1000).map { .string("v\((start + $0 / 2) % 20_000)") })
            for group in groups { group.update(values) }
            other.update(Column.of(.string, (0..<500).map { .string("w\(start / 10 + $0)") }))
            let distinct = start + 500
            guard case .bigint(let count) = groups[0].result else { continue }
            #expect(distinct <= 1024 ? count == distinct : abs(Double(count) / Double(distinct) - 1) < 0.03)
        }
        guard case .array(let set) = groups[1].result, case .map(let map) = groups[2].result else { return }
        #expect(set.count == 20_000)
        #expect(Set(set).count == 20_000)
        #expect(map.count == 1000)
        #expect(map.allSatisfy { $0.value == .bigint(2) })
        groups[0].merge(other)
        guard case .bigint(let both) = groups[0].result else { return }
        #expect(abs(Double(both) / 22_450 - 1) < 0.03)
    }

    @Test func rowsOfTheGreatestValues() throws {
        let call = try AggregateLibrary.standard.resolve(
            "TOPK",
            [.bigint, .bigint, .integer],
            literals: [nil, nil, .integer(2)]
        )
        #expect("\(call.resultType)" == "ARRAY<STRUCT<`sort_col` BIGINT, `col0` BIGINT>>")
        #expect("\(call)" == "TOPK(BIGINT, BIGINT, 2)")
        let group = Group(call.accumulator, columns: 2)
        group.update(Column.of(.bigint, [.bigint(3), .bigint(7), .bigint(5)]))
        #expect(
            group.result
                == .array([.structure([.bigint(7), .bigint(7)]), .structure([.bigint(5), .bigint(5)])])
        )
    }

    private func isClose(_ left: Value, _ right: Value) -> Bool {
        guard case .double(let a) = left, case .double(let b) = right else { return left == right }
        return abs(a - b) <= 1e-9 * max(1, abs(a))
    }
}

/// One group of one accumulator.
private final class Group {
    let accumulator: any Accumulator
    private let record: UnsafeMutableRawPointer
    private(set) var memory = 0

    private let columns: Int

    init(_ accumulator: any Accumulator, columns: Int = 1) {
        self.accumulator = accumulator
        self.columns = columns
        record = .allocate(byteCount: accumulator.slotBytes, alignment: 16)
        record.initializeMemory(as: UInt8.self, repeating: 0, count: accumulator.slotBytes)
    }

    deinit {
        release()
        record.deallocate()
    }

    func release() {
        for blob in accumulator.blobs { Blob.release(record + blob, &memory) }
    }

    func update(_ input: Column) { run(input) { accumulator.update($0, $1) } }

    func undo(_ input: Column) { run(input) { accumulator.undo($0, $1) } }

    func merge(_ other: Group) {
        var sources = [other.record]
        run(Column.of(.bigint, [.null]), prepares: false) { slots, _ in
            let run = SlotRun(count: 1, records: &sources, rows: slots.rows, offset: 0, memory: slots.memory)
            accumulator.merge(slots, run)
        }
    }

    var column: Column {
        var found: Column?
        run(Column.of(.bigint, [.null]), prepares: false) { slots, _ in found = accumulator.result(slots) }
        return found ?? Column.of(.bigint, [])
    }

    var result: Value { column.value(at: 0) }

    private func run(_ input: Column, prepares: Bool = true, _ body: (SlotRun, [Column]) -> Void) {
        let records = [UnsafeMutableRawPointer](repeating: record, count: input.count)
        let rows = Array(0..<Int32(input.count))
        records.withUnsafeBufferPointer { records in
            rows.withUnsafeBufferPointer { rows in
                guard let first = records.baseAddress, let row = rows.baseAddress else { return }
                withUnsafeMutablePointer(to: &memory) { memory in
                    let slots = SlotRun(count: input.count, records: first, rows: row, offset: 0, memory: memory)
                    body(slots, prepares ? accumulator.prepare(Array(repeating: input, count: columns)) : [])
                }
            }
        }
    }
}

/// Values from a small domain in a fixed order.
private struct Sequence {
    var state: UInt64

    mutating func next(_ bound: UInt64) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % bound)
    }

    mutating func value(_ type: SQLType) -> Value {
        if next(5) == 0 { return .null }
        let number = next(9) - 4
        switch type {
        case .boolean: return .boolean(number > 0)
        case .integer: return .integer(Int32(number))
        case .bigint: return .bigint(Int64(number))
        case .double: return .double(Double(number))
        case .decimal(_, let scale): return .decimal(Decimal(unscaled: Int128(number), scale: scale))
        case .string: return .string(String(repeating: "x", count: abs(number)) + "\(number)")
        case .bytes: return .bytes([UInt8](repeating: 1, count: abs(number)))
        case .date: return .date(Int32(number))
        case .array(let element): return .array((0..<next(3)).map { _ in value(element) })
        default: return .null
        }
    }
}
