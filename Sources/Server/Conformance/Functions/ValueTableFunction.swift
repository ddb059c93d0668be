import Functions
import Values

/// A table function of plain values, row by row: conformance cases call some.
struct ValueTableFunction: TableFunction {
    let name: String
    let summary: String
    let signature: String
    let failure: String
    let example: TableFunctionExample
    /// The type of the rows that arguments of these types make; nil when it does not take them.
    let type: @Sendable ([SQLType]) -> SQLType?
    /// The rows; nil fails.
    let rows: @Sendable ([Value], [SQLType]) -> [Value]?

    func resultType(_ arguments: [SQLType]) -> SQLType? { type(arguments) }

    func counts(_ arguments: [Column], count: Int, into counts: UnsafeMutablePointer<Int32>) {
        for row in 0..<count { counts[row] = Int32(values(arguments, row)?.count ?? -1) }
    }

    func values(
        _ arguments: [Column],
        rows: UnsafePointer<Int32>,
        positions: UnsafePointer<Int32>,
        count: Int
    ) -> Column {
        let result = type(arguments.map(\.type)) ?? .string
        return Column.of(
            result,
            (0..<count).map { index in
                guard positions[index] >= 0, let values = values(arguments, Int(rows[index])) else { return .null }
                return values[Int(positions[index])]
            }
        )
    }

    private func values(_ arguments: [Column], _ row: Int) -> [Value]? {
        rows(arguments.map { $0.value(at: row) }, arguments.map(\.type))
    }
}

extension ValueTableFunction {
    static let conformance: [any TableFunction] = [
        ValueTableFunction(
            name: "TEST_UDTF",
            summary: "A row of each argument; of several, as text, and of lists and maps only the first element.",
            signature: "TEST_UDTF(x ANY...) -> STRING; TEST_UDTF(x ANY) -> x",
            failure: "a list or map is empty",
            example: TableFunctionExample(
                call: "TEST_UDTF(1)",
                argument: .integer(1),
                type: .integer,
                results: [.integer(1)]
            ),
            type: { types in
                switch types.count {
                case 0: nil
                case 1: types[0]
                default: .string
                }
            },
            rows: { values, types in
                if values.count == 1 { return values }
                var texts: [Value] = []
                for (value, type) in zip(values, types) {
                    guard let text = firstText(value, type) else { return nil }
                    texts.append(.string(text))
                }
                return texts
            }
        ),
        ValueTableFunction(
            name: "THROWING_UDTF",
            summary: "A row of the argument; fails for TRUE.",
            signature: "THROWING_UDTF(x BOOLEAN) -> BOOLEAN",
            failure: "you asked me to throw",
            example: TableFunctionExample(
                call: "THROWING_UDTF(FALSE)",
                argument: .boolean(false),
                type: .boolean,
                results: [.boolean(false)]
            ),
            type: { $0 == [.boolean] ? .boolean : nil },
            rows: { values, _ in values == [.boolean(true)] ? nil : values }
        ),
    ]

    /// A value as text, the first element of a list or map.
    private static func firstText(_ value: Value, _ type: SQLType) -> String? {
        switch (value, type) {
        case (.array(let elements), .array(let element)): elements.first?.text(element)
        case (.map(let entries), .map(_, let element)): entries.first?.value.text(element)
        default: value.text(type)
        }
    }
}
