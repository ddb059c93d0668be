import Values

extension OutgoingRun {
    /// Messages `range` as a run of their own.
    public func slice(_ range: Range<Int>) -> OutgoingRun {
        if range == 0..<count { return self }
        return OutgoingRun(
            topic: topic,
            partition: partition,
            timestamps: timestamps.slice(range),
            keys: keys.slice(range),
            values: values.slice(range),
            headers: headers?.slice(range)
        )
    }

    /// All messages of `runs`, which go to one partition, one after the other.
    public static func merged(_ runs: [OutgoingRun]) -> OutgoingRun {
        precondition(!runs.isEmpty, "nothing to merge")
        if runs.count == 1 { return runs[0] }
        let headers =
            runs.contains { $0.headers != nil }
            ? Column.concatenated(runs.map { $0.headers ?? Column.constant(headersType, .array([]), count: $0.count) })
            : nil
        return OutgoingRun(
            topic: runs[0].topic,
            partition: runs[0].partition,
            timestamps: Column.concatenated(runs.map(\.timestamps)),
            keys: Column.concatenated(runs.map(\.keys)),
            values: Column.concatenated(runs.map(\.values)),
            headers: headers
        )
    }

    /// The run as a reader sees it once it is committed at `offset`.
    public func committed(at offset: Int64) -> MessageRun {
        let offsets = Buffer(capacity: count * 8)
        let words = offsets.base.assumingMemoryBound(to: Int64.self)
        for row in 0..<count { words[row] = offset + Int64(row) }
        return MessageRun(
            topic: topic,
            partition: partition,
            offsets: Column(type: .bigint, count: count, data: offsets),
            timestamps: timestamps,
            keys: keys,
            values: values,
            headers: headers,
            nextOffset: offset + Int64(count)
        )
    }

    /// Bytes of keys and values.
    public var payloadBytes: Int {
        Int(keys.offsets[count] - keys.offsets[0]) + Int(values.offsets[count] - values.offsets[0])
    }
}
