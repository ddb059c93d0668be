import Values

extension OutgoingRun {
    /// The run's messages by the partition their keys belong to, in order; messages without a key go to partition
    /// `keyless` (modulo `count`), so that a replay after a crash puts them where they were.
    public func partitioned(into partitions: Int, keyless: Int32) -> [OutgoingRun] {
        let home = keyless % Int32(partitions)
        if partitions == 1 { return [moved(to: 0)] }
        if keys.validity != nil, keys.nullCount == count { return [moved(to: home)] }
        var rows = [[Int32]](repeating: [], count: partitions)
        for row in 0..<count {
            let partition =
                keys.isNull(row) ? home : Partitioner.partition(of: keys.bytes(row), count: partitions)
            rows[Int(partition)].append(Int32(row))
        }
        return rows.enumerated().compactMap { partition, list in
            list.isEmpty ? nil : gathered(list, partition: Int32(partition))
        }
    }

    private func moved(to partition: Int32) -> OutgoingRun {
        OutgoingRun(
            topic: topic,
            partition: partition,
            timestamps: timestamps,
            keys: keys,
            values: values,
            headers: headers
        )
    }

    private func gathered(_ rows: [Int32], partition: Int32) -> OutgoingRun {
        rows.withUnsafeBufferPointer { list in
            let base = list.baseAddress.unsafelyUnwrapped
            return OutgoingRun(
                topic: topic,
                partition: partition,
                timestamps: timestamps.gather(base, count: list.count),
                keys: keys.gather(base, count: list.count),
                values: values.gather(base, count: list.count),
                headers: headers?.gather(base, count: list.count)
            )
        }
    }
}
