import Values

@testable import Runtime

/// The same as an ``Aggregate`` of COUNT(*), SUM(V), MIN(S), COLLECT_LIST(V), row by row over a dictionary.
struct AggregateOracle {
    struct Group {
        var count: Int64 = 0
        var sum: Int64 = 0
        var least: String?
        var list: [Value] = []
        var timestamp: Int64 = 0

        mutating func add(_ number: Value, _ text: Value, _ time: Int64) {
            count += 1
            if case .bigint(let value) = number { sum += value }
            if case .string(let value) = text { least = least.map { min($0, value) } ?? value }
            list.append(number)
            timestamp = max(timestamp, time)
        }

        var values: [Value] {
            [.bigint(count), .bigint(sum), least.map { .string($0) } ?? .null, .array(list), .bigint(timestamp)]
        }
    }

    struct Key: Hashable {
        let key: [Value]
        let window: Int64
    }

    let window: TimeWindow?
    var groups: [Key: Group] = [:]
    var every: [[Value]] = []
    var late = 0
    var dropped = 0
    private var streamTime = Int64.min

    init(_ window: TimeWindow?) { self.window = window }

    mutating func add(_ key: [Value], _ number: Value, _ text: Value, _ time: Int64) {
        guard !key.contains(.null) else {
            dropped += 1
            return
        }
        guard let window else {
            groups[Key(key: key, window: 0), default: Group()].add(number, text, time)
            every.append(key + (groups[Key(key: key, window: 0)]?.values ?? []))
            return
        }
        streamTime = max(streamTime, time)
        var isLate = false
        var start = max(0, time - window.sizeMilliseconds + window.advanceMilliseconds)
        start -= start % window.advanceMilliseconds
        while start <= time {
            let end = start + window.sizeMilliseconds
            if end <= streamTime - window.graceMilliseconds {
                isLate = true
            } else {
                let id = Key(key: key, window: start)
                groups[id, default: Group()].add(number, text, time)
                every.append(key + [.bigint(start), .bigint(end)] + (groups[id]?.values ?? []))
            }
            start += window.advanceMilliseconds
        }
        if isLate { late += 1 }
    }

    /// All groups as rows, in a fixed order.
    var rows: [[Value]] {
        let size = window?.sizeMilliseconds
        let rows = groups.map { id, group in
            id.key + (size.map { [.bigint(id.window), .bigint(id.window + $0)] } ?? []) + group.values
        }
        return sorted(rows)
    }
}

/// Rows in an order that only depends on their values.
func sorted(_ rows: [[Value]]) -> [[Value]] { rows.sorted { "\($0)" < "\($1)" } }
