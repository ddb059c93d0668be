import Runtime
import Values

extension StateRange {
    /// The rows that a condition over a table's columns can be true for, as narrow as keys and windows allow.
    init(_ condition: Expression, _ state: Materialization) {
        let cases = condition.disjuncts.map { KeyConstraint($0.conjuncts, state.output) }
        self.init(
            keys: Keys(cases, state),
            windowStart: hull(cases.map(\.windowStart)),
            windowEnd: hull(cases.map(\.windowEnd))
        )
    }
}

/// The smallest range that has all of them.
private func hull(_ ranges: [ClosedRange<Int64>?]) -> ClosedRange<Int64> {
    let real = ranges.compactMap { $0 }
    // Contradictions leave no range; any will do, since nothing passes the filter.
    let lower = real.map(\.lowerBound).min() ?? 0
    return lower...max(lower, real.map(\.upperBound).max() ?? 0)
}

/// What a conjunction says about the key and the window.
private struct KeyConstraint {
    /// For each key column the values it can have; nil for any.
    var values: [[Value]?]
    var lower: KeyBound?
    var upper: KeyBound?
    /// Nil when nothing is left.
    var windowStart: ClosedRange<Int64>? = Int64.min...Int64.max
    var windowEnd: ClosedRange<Int64>? = Int64.min...Int64.max
    private let output: Schema

    /// Combinations of key values beyond which all rows are read.
    static let lookupsMax = 4096

    init(_ conditions: [Expression], _ output: Schema) {
        self.output = output
        values = Array(repeating: nil, count: output.keyCount)
        for condition in conditions { add(condition) }
    }

    private mutating func add(_ condition: Expression) {
        switch condition {
        case .comparison(let op, .column(let index, _, _), .literal(let value, let type)):
            add(op, index, value, type)
        case .comparison(let op, .literal(let value, let type), .column(let index, _, _)):
            add(op.mirrored, index, value, type)
        case .between(.column(let index, _, _), .literal(let low, let lowType), .literal(let high, let highType)):
            add(.greaterOrEqual, index, low, lowType)
            add(.lessOrEqual, index, high, highType)
        case .inList(.column(let index, _, let type), let items) where index < output.keyCount:
            let list = items.compactMap { item -> Value? in
                guard case .literal(let value, let from) = item else { return nil }
                return value.inserted(as: type, from: from)
            }
            guard list.count == items.count else { return }
            restrict(index, to: list.filter { !$0.isNull })
        default: break
        }
    }

    private mutating func add(_ op: Expression.Comparison, _ index: Int, _ value: Value, _ type: SQLType) {
        guard let value = value.inserted(as: output.fields[index].type, from: type), !value.isNull else { return }
        if index < output.keyCount {
            op == .equal ? restrict(index, to: [value]) : bound(op, value)
        } else if output.isWindowed, index < output.valueStart, case .bigint(let time) = value {
            let range = op.range(time)
            if index == output.keyCount {
                windowStart = windowStart.intersection(range)
            } else {
                windowEnd = windowEnd.intersection(range)
            }
        }
    }

    private mutating func restrict(_ index: Int, to list: [Value]) {
        var seen: Set<Value> = []
        let unique = list.filter { seen.insert($0).inserted }
        values[index] = values[index].map { known in known.filter(seen.contains) } ?? unique
    }

    /// Bytes compare as texts do; keys of other types have no such order.
    private mutating func bound(_ op: Expression.Comparison, _ value: Value) {
        guard output.keyCount == 1 else { return }
        let bytes: [UInt8]
        switch value {
        case .string(let text): bytes = Array(text.utf8)
        case .bytes(let raw): bytes = raw
        default: return
        }
        switch op {
        case .less, .lessOrEqual: upper = upper ?? KeyBound(bytes: bytes, isInclusive: op == .lessOrEqual)
        case .greater, .greaterOrEqual: lower = lower ?? KeyBound(bytes: bytes, isInclusive: op == .greaterOrEqual)
        default: break
        }
    }

    /// The keys that fulfil it, each with a value for every key column; nil when some column can have any value.
    var keys: [[Value]]? {
        var keys: [[Value]] = [[]]
        for list in values {
            guard let list, keys.count * list.count <= KeyConstraint.lookupsMax else { return nil }
            keys = keys.flatMap { key in list.map { key + [$0] } }
        }
        return keys
    }
}

extension StateRange.Keys {
    fileprivate init(_ cases: [KeyConstraint], _ state: Materialization) {
        let lists = cases.compactMap(\.keys)
        guard lists.count == cases.count else {
            self =
                cases.count == 1 && (cases[0].lower ?? cases[0].upper) != nil
                ? .range(lower: cases[0].lower, upper: cases[0].upper) : .all
            return
        }
        var seen: Set<[Value]> = []
        let keys = lists.flatMap { $0 }.filter { seen.insert($0).inserted }
        let columns = (0..<state.stateSchema.keyCount).map { column in
            let place = state.keyOrder.firstIndex(of: column) ?? column
            return Column.of(state.stateSchema.fields[column].type, keys.map { $0[place] })
        }
        self = .lookups(columns)
    }
}

extension Expression {
    /// The conditions of which at least one must hold; parts inside AND are not multiplied out beyond a few.
    fileprivate var disjuncts: [Expression] {
        switch self {
        case .or(let parts): return parts.flatMap(\.disjuncts)
        case .and(let parts):
            var cases: [[Expression]] = [[]]
            for part in parts {
                let choices = part.disjuncts
                guard cases.count * choices.count <= 64 else { return [self] }
                cases = cases.flatMap { known in choices.map { known + [$0] } }
            }
            return cases.map { Expression.all($0.flatMap(\.conjuncts)) ?? self }
        default: return [self]
        }
    }
}

extension Expression.Comparison {
    /// The operator with its operands swapped.
    fileprivate var mirrored: Expression.Comparison {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        default: self
        }
    }

    /// The numbers that stand in this relation to `number`; nil for none.
    fileprivate func range(_ number: Int64) -> ClosedRange<Int64>? {
        switch self {
        case .equal, .isNotDistinct: number...number
        case .less: number == .min ? nil : Int64.min...(number - 1)
        case .lessOrEqual: Int64.min...number
        case .greater: number == .max ? nil : (number + 1)...Int64.max
        case .greaterOrEqual: number...Int64.max
        case .notEqual, .isDistinct: Int64.min...Int64.max
        }
    }
}

extension ClosedRange<Int64>? {
    /// What both ranges have; nil for nothing.
    fileprivate func intersection(_ other: ClosedRange<Int64>?) -> ClosedRange<Int64>? {
        guard let self, let other, self.overlaps(other) else { return nil }
        return self.clamped(to: other)
    }
}

extension StateRange: CustomStringConvertible {
    /// As EXPLAIN prints it.
    public var description: String {
        var text: String
        switch keys {
        case .all: text = "all keys"
        case .lookups(let columns): text = "lookups: \(columns.first?.count ?? 0)"
        case .range(let lower, let upper):
            let from = lower.map { "\($0.isInclusive ? ">=" : ">") '\(String(decoding: $0.bytes, as: UTF8.self))'" }
            let to = upper.map { "\($0.isInclusive ? "<=" : "<") '\(String(decoding: $0.bytes, as: UTF8.self))'" }
            text = "keys " + [from, to].compactMap { $0 }.joined(separator: " and ")
        }
        let all = Int64.min...Int64.max
        if windowStart != all { text += ", window start \(windowStart)" }
        if windowEnd != all { text += ", window end \(windowEnd)" }
        return text
    }
}
