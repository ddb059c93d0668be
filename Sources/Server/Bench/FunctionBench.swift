import Functions
import Values

/// What a row costs in every function, measured in this process.
public struct FunctionBench {
    /// A call that was measured.
    public struct Result: Sendable {
        public let name: String
        public let kind: String
        /// The call as SQL; `C0`, `C1`… are columns of the types behind it.
        public let call: String
        public let nanoseconds: Double
    }

    /// Rows of a batch.
    static let rows = 4096
    private let names: Set<String>

    /// - Parameter names: the functions to measure, in any case; none for all.
    public init(names: [String] = []) { self.names = Set(names.map { $0.uppercased() }) }

    /// Measures one call after the other, dearest first.
    public func run() throws -> [Result] {
        let set = FunctionSet.builtin
        var results: [Result] = []
        for name in set.scalars.names where isWanted(name) {
            for function in set.scalars.overloads(of: name) {
                guard let call = try ScalarBenchCall(function) else { continue }
                results.append(Result(name: name, kind: "scalar", call: call.text, nanoseconds: call.measure()))
            }
        }
        for name in set.aggregates.names where isWanted(name) {
            guard let function = set.aggregates[name] else { continue }
            let call = try AggregateBenchCall(function)
            results.append(Result(name: name, kind: "aggregate", call: call.text, nanoseconds: call.measure()))
        }
        for name in set.tables.names where isWanted(name) {
            guard let function = set.tables[name] else { continue }
            results.append(
                Result(
                    name: name,
                    kind: "table",
                    call: function.example.call,
                    nanoseconds: TableBenchCall(function).measure()
                )
            )
        }
        return results.sorted { $0.nanoseconds > $1.nanoseconds }
    }

    private func isWanted(_ name: String) -> Bool { names.isEmpty || names.contains(name) }

    /// Nanoseconds a row of `body`, which works on a batch: the best of three tries of some milliseconds.
    static func measured(_ body: () -> Void) -> Double {
        let clock = ContinuousClock()
        body()
        var best = Double.infinity
        for _ in 0..<3 {
            var batches = 0
            let start = clock.now
            var spent = Duration.zero
            repeat {
                body()
                batches += 1
                spent = clock.now - start
            } while spent < .milliseconds(4)
            let nanoseconds = Double(spent.components.seconds) * 1e9 + Double(spent.components.attoseconds) / 1e9
            best = min(best, nanoseconds / Double(batches * rows))
        }
        return best
    }
}

/// Numbers of a fixed sequence for the rows.
struct BenchDice {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func roll(_ sides: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(sides))
    }

    /// `count` rows like the sample: its numbers a little more, its texts as they are, and one in sixteen NULL.
    mutating func column(_ type: SQLType, like sample: Value) -> Column {
        Column.of(type, (0..<FunctionBench.rows).map { _ in roll(16) == 0 ? .null : varied(sample) })
    }

    private mutating func varied(_ sample: Value) -> Value {
        switch sample {
        case .integer(let number): .integer(number &+ Int32(roll(3)))
        case .bigint(let number): .bigint(number &+ Int64(roll(1000)))
        case .double(let number): .double(number + Double(roll(1000)) / 1000)
        case .date(let day): .date(day &+ Int32(roll(1000)))
        case .timestamp(let time): .timestamp(time &+ Int64(roll(100_000_000)))
        case .decimal(let number):
            .decimal(Decimal(unscaled: number.unscaled + BigInteger(Int128(roll(3))), scale: number.scale))
        default: sample
        }
    }
}
