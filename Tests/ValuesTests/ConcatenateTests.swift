import Testing
import Values

/// Columns one after the other, against the same values put into one column.
struct ConcatenateTests {
    @Test(arguments: KeyEncodingTests.scalars + KeyEncodingTests.nested)
    func columns(_ type: SQLType) {
        var random = SplitMix(seed: 3)
        for sizes in [[3, 0, 70], [0, 0], [1, 1], [64, 5]] {
            let parts = sizes.map { size in (0..<size).map { _ in random.value(type, nulls: size != 5) } }
            // Slices of lists and strings need not start at offset 0.
            let columns = parts.map {
                Column.of(type, [random.value(type, nulls: false)] + $0).slice(1..<($0.count + 1))
            }
            let result = Column.concatenated(columns)
            let values = parts.flatMap { $0 }
            #expect((0..<result.count).map { result.value(at: $0) } == values)
        }
    }

    @Test func batches() {
        let schema = Schema(key: [Schema.Field("K", .bigint)], values: [Schema.Field("V", .string)])
        func batch(_ keys: [Int64]) -> Batch {
            Batch(
                schema: schema,
                count: keys.count,
                columns: [
                    Column.of(.bigint, keys.map { .bigint($0) }), Column.of(.string, keys.map { .string("v\($0)") }),
                ],
                timestamps: Column.of(.bigint, keys.map { .bigint($0 * 10) })
            )
        }
        var changed = batch([2])
        changed.before = changed.columns
        changed.hadBefore = Buffer(capacity: 1)
        changed.hadBefore?.base.storeBytes(of: 1, as: UInt8.self)
        changed.deleted = changed.hadBefore
        let result = Batch.concatenated([batch([1]), changed, batch([3, 4])])
        #expect((0..<4).map { result.columns[1].value(at: $0) } == ["v1", "v2", "v3", "v4"].map { .string($0) })
        #expect((0..<4).map { result.isDeleted($0) } == [false, true, false, false])
        #expect(result.before?[0].value(at: 1) == .bigint(2))
        #expect(result.before?[0].isNull(2) == true)
        #expect(result.timestamps.value(at: 3) == .bigint(40))
    }
}
