import Testing
import Values

/// Keys come back as they went in, and their bytes sort as the rows do.
struct KeyEncodingTests {
    static let scalars: [SQLType] = [
        .boolean, .integer, .bigint, .double, .decimal(precision: 20, scale: 3),
        .decimal(precision: 60, scale: 3), .string, .bytes, .time, .date, .timestamp,
    ]
    static let nested: [SQLType] = [
        .array(.integer), .array(.string), .structure([StructField("A", .string), StructField("B", .bigint)]),
        .array(.structure([StructField("X", .bytes), StructField("Y", .array(.boolean))])),
        .map(key: .string, value: .double),
    ]

    @Test(arguments: scalars + nested)
    func single(_ type: SQLType) {
        var random = SplitMix(seed: 7)
        let values = (0..<300).map { _ in random.value(type, nulls: true) }
        let column = Column.of(type, values)
        let keys = KeyEncoder.encode([column], count: column.count)
        let back = KeyDecoder.decode(keys, types: [type])
        for row in 0..<column.count {
            #expect(back[0].value(at: row) == values[row])
            #expect(keys.isNull(row) == values[row].isNull)
        }
        expectOrder(values.map { [$0] }, keys)
    }

    @Test(arguments: 0..<12)
    func several(_ seed: Int) {
        var random = SplitMix(seed: UInt64(seed) + 100)
        let all = Self.scalars + Self.nested
        let types = (0..<(2 + seed % 3)).map { _ in all[Int(random.next() % UInt64(all.count))] }
        let rows = (0..<200).map { _ in types.map { random.value($0, nulls: true) } }
        let columns = types.indices.map { index in Column.of(types[index], rows.map { $0[index] }) }
        let keys = KeyEncoder.encode(columns, count: rows.count)
        let back = KeyDecoder.decode(keys, types: types)
        for row in rows.indices {
            #expect(types.indices.map { back[$0].value(at: row) } == rows[row])
        }
        expectOrder(rows, keys)
    }

    @Test func equalMapsAreEqualBytes() {
        let entries = [
            MapEntry(.string("b"), .double(1)), MapEntry(.string("a\0"), .null), MapEntry(.string("a"), .double(2)),
        ]
        let column = Column.of(.map(key: .string, value: .double), [.map(entries), .map(entries.reversed())])
        let keys = KeyEncoder.encode([column], count: 2)
        #expect([UInt8](keys.bytes(0)) == [UInt8](keys.bytes(1)))
    }

    @Test func noColumns() {
        let keys = KeyEncoder.encode([], count: 3)
        #expect(keys.count == 3)
        #expect(keys.bytes(2).count == 0)
    }

    private func expectOrder(_ rows: [[Value]], _ keys: Column) {
        for row in 1..<rows.count where !keys.isNull(row) && !keys.isNull(row - 1) {
            let bytes = [UInt8](keys.bytes(row))
            let earlier = [UInt8](keys.bytes(row - 1))
            let expected = compare(rows[row - 1], rows[row])
            let found = bytes == earlier ? 0 : (earlier.lexicographicallyPrecedes(bytes) ? -1 : 1)
            #expect(found == expected, "\(rows[row - 1]) against \(rows[row])")
        }
    }

    fileprivate func compare(_ left: [Value], _ right: [Value]) -> Int {
        for (a, b) in zip(left, right) {
            let order = compare(a, b)
            if order != 0 { return order }
        }
        return left.count == right.count ? 0 : (left.count < right.count ? -1 : 1)
    }

    private func compare<T: Comparable>(_ left: T, _ right: T) -> Int { left == right ? 0 : (left < right ? -1 : 1) }

    private func compare(_ left: Value, _ right: Value) -> Int {
        switch (left, right) {
        case (.null, .null): 0
        case (.null, _): -1
        case (_, .null): 1
        case (.boolean(let a), .boolean(let b)): compare(a ? 1 : 0, b ? 1 : 0)
        case (.integer(let a), .integer(let b)), (.time(let a), .time(let b)), (.date(let a), .date(let b)):
            compare(a, b)
        case (.bigint(let a), .bigint(let b)), (.timestamp(let a), .timestamp(let b)): compare(a, b)
        case (.double(let a), .double(let b)): compare(a, b)
        case (.decimal(let a), .decimal(let b)): compare(a.unscaled, b.unscaled)
        case (.string(let a), .string(let b)): compare(Array(a.utf8), Array(b.utf8))
        case (.bytes(let a), .bytes(let b)): compare(a, b)
        case (.array(let a), .array(let b)), (.structure(let a), .structure(let b)): compare(a, b)
        case (.map(let a), .map(let b)):
            compare(a.flatMap { [$0.key, $0.value] }, b.flatMap { [$0.key, $0.value] })
        default: 0
        }
    }

    private func compare(_ left: [UInt8], _ right: [UInt8]) -> Int {
        left == right ? 0 : (left.lexicographicallyPrecedes(right) ? -1 : 1)
    }
}

/// A small generator with a fixed sequence, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A value of `type` from a small domain, so that equal ones and common prefixes occur.
    mutating func value(_ type: SQLType, nulls: Bool) -> Value {
        if nulls, next() % 8 == 0 { return .null }
        let small = Int64(bitPattern: next()) >> Int64(next() % 64)
        switch type {
        case .boolean: return .boolean(small & 1 == 0)
        case .integer: return .integer(Int32(truncatingIfNeeded: small))
        case .bigint: return .bigint(small)
        case .double: return .double(Double(small) / 8)
        case .decimal(let precision, let scale):
            let factor = BigInteger.powerOfTen(type.isWideDecimal ? Int(next() % UInt64(precision - 20)) : 0)
            return .decimal(Decimal(unscaled: BigInteger(Int128(small)) * factor, scale: scale))
        case .string:
            return .string(String((0..<Int(next() % 12)).map { _ in ["a", "b", "\0", "é"][Int(next() % 4)] }.joined()))
        case .bytes: return .bytes((0..<Int(next() % 12)).map { _ in [0, 1, 127, 255][Int(next() % 4)] })
        case .time: return .time(Int32(truncatingIfNeeded: small))
        case .date: return .date(Int32(truncatingIfNeeded: small))
        case .timestamp: return .timestamp(small)
        case .array(let element): return .array((0..<Int(next() % 4)).map { _ in value(element, nulls: true) })
        case .map(let key, let element):
            // In the order of the keys, in which they come back; each key once.
            var entries: [MapEntry] = []
            for _ in 0..<Int(next() % 3) {
                let entry = MapEntry(value(key, nulls: false), value(element, nulls: true))
                if !entries.contains(where: { $0.key == entry.key }) { entries.append(entry) }
            }
            return .map(entries.sorted { KeyEncodingTests().compare([$0.key], [$1.key]) < 0 })
        case .structure(let fields): return .structure(fields.map { value($0.type, nulls: true) })
        }
    }
}
