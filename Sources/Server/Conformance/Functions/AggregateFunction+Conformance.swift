import Functions
import Values

extension AggregateFunction {
    /// Aggregate functions of several columns, of any number of them, and with arguments that only start them.
    static let conformance: [AggregateFunction] = [
        AggregateFunction(
            "TEST_UDAF",
            "The sum of numbers, of lengths and a text's to start with, or of the fields of a record.",
            [
                "TEST_UDAF(x INTEGER | BIGINT) -> BIGINT", "TEST_UDAF(x DOUBLE) -> DOUBLE",
                "TEST_UDAF(x STRING, start STRING) -> BIGINT",
                "TEST_UDAF(x STRUCT<A INTEGER, B INTEGER>) -> STRUCT<A INTEGER, B INTEGER>",
            ],
            example: AggregateExample("TEST_UDAF(x)", .bigint, [.bigint(1), .bigint(4)], gives: .bigint(5))
        ) { call throws(AggregateError) in
            switch call.types {
            case [.integer], [.bigint]: return try summed(columns: 1, start: 0, canUndo: true)
            case [.double]: return AggregateBinding(.double, try sum(.double))
            case [.string, .string]:
                return try call.startLength(1).map { start throws(AggregateError) in
                    try summed(columns: 1, start: start)
                }
            case [RecordSum.record]: return AggregateBinding(RecordSum.record, RecordSum(sum: try sum(.integer)))
            default: return nil
            }
        },
        ofNumbersAndTexts("MULTI_ARG", "MULTI_ARG(x BIGINT, y STRING, start INTEGER, more STRING...) -> BIGINT") {
            types in
            guard types.count >= 3, types.starts(with: [.bigint, .string, .integer]) else { return nil }
            return types[3...].allSatisfy { $0 == .string } ? 2 : nil
        },
        ofNumbersAndTexts("VAR_ARG", "VAR_ARG(x BIGINT, y STRING...) -> BIGINT") { types in
            types.first == .bigint && types.dropFirst().allSatisfy { $0 == .string } ? types.count : nil
        },
        ofNumbersAndTexts(
            "MID_VAR_ARG",
            "MID_VAR_ARG(x BIGINT, y STRING..., start INTEGER, more INTEGER) -> BIGINT"
        ) { types in
            guard types.count >= 3, types.first == .bigint, types.suffix(2) == [.integer, .integer] else { return nil }
            return types[1..<(types.count - 2)].allSatisfy { $0 == .string } ? types.count - 2 : nil
        },
        ofNumbersAndTexts("FOUR_ARG", "FOUR_ARG(x BIGINT | STRING, … 4 of them) -> BIGINT") { types in
            types.count == 4 && types.allSatisfy(isCounted) ? 4 : nil
        },
        ofNumbersAndTexts("FIVE_ARG", "FIVE_ARG(x BIGINT | STRING, … 5 of them) -> BIGINT") { types in
            types.count == 5 && types.allSatisfy(isCounted) ? 5 : nil
        },
        ofCompleteRows("GENERIC_VAR_ARG", "GENERIC_VAR_ARG(x A, y B, z C...) -> ARRAY<A>") { types in
            types.count >= 2 && types.dropFirst(2).allSatisfy { $0 == types[2] }
        },
        ofCompleteRows("OBJ_COL_ARG", "OBJ_COL_ARG(x INTEGER, y ANY...) -> ARRAY<INTEGER>") { $0.first == .integer },
    ]

    private static func isCounted(_ type: SQLType) -> Bool { type == .integer || type == .bigint || type == .string }

    /// The sum of the numbers and the lengths of the texts in `columns` leading arguments; the literals behind them count
    /// once, to start with.
    private static func ofNumbersAndTexts(
        _ name: String,
        _ signature: String,
        columns: @escaping @Sendable ([SQLType]) -> Int?
    ) -> AggregateFunction {
        AggregateFunction(
            name,
            "The sum of numbers and of lengths.",
            [signature],
            example: AggregateExample(name, .bigint, [.bigint(1)], gives: .bigint(1))
        ) { call throws(AggregateError) in
            guard let columns = columns(call.types) else { return nil }
            var start: Int64 = 0
            for index in columns..<call.count {
                guard let length = call.startLength(index) else { return nil }
                start += length
            }
            return try summed(columns: columns, start: start)
        }
    }

    /// The first arguments of the rows without NULL.
    private static func ofCompleteRows(
        _ name: String,
        _ signature: String,
        takes: @escaping @Sendable ([SQLType]) -> Bool
    ) -> AggregateFunction {
        AggregateFunction(
            name,
            "The first arguments of all rows that have no NULL.",
            [signature],
            example: AggregateExample(name, .integer, [.integer(1), .null], gives: .array([.integer(1)]))
        ) { call throws(AggregateError) in
            guard takes(call.types) else { return nil }
            let list = try AggregateLibrary.standard.resolve(
                "EARLIEST_BY_OFFSET",
                [call.types[0], .integer],
                literals: [nil, .integer(.max)]
            )
            return AggregateBinding(list.resultType, columns: call.count, CompleteRows(inner: list.accumulator))
        }
    }

    private static func sum(_ type: SQLType) throws(AggregateError) -> any Accumulator {
        try AggregateLibrary.standard.resolve("SUM", [type]).accumulator
    }

    private static func summed(
        columns: Int,
        start: Int64,
        canUndo: Bool = false
    ) throws(AggregateError) -> AggregateBinding {
        AggregateBinding(.bigint, columns: columns, RowSum(sum: try sum(.bigint), start: start, canUndo: canUndo))
    }
}

extension AggregateCall {
    /// What a literal counts to start with: a number itself, a text its length; nil when it is no literal.
    fileprivate func startLength(_ index: Int) -> Int64? {
        guard index < count else { return nil }
        return switch literals[index] {
        case .integer(let number): Int64(number)
        case .string(let text): Int64(text.utf16.count)
        default: nil
        }
    }
}
