import Functions
import Testing
import Values

@Suite struct ResolutionTests {
    private let library = FunctionLibrary.builtin

    private func resolve(_ name: String, _ types: [SQLType]) throws -> ResolvedFunction {
        try library.resolve(name, types.map { .value($0) })
    }

    @Test func exactOverloadsWinOverWidening() throws {
        #expect(try resolve("abs", [.integer]).resultType == .integer)
        #expect(try resolve("ABS", [.bigint]).resultType == .bigint)
        #expect(try resolve("SQRT", [.decimal(precision: 4, scale: 2)]).argumentTypes == [.double])
        #expect(try resolve("ROUND", [.decimal(precision: 4, scale: 1)]).resultType == .decimal(precision: 3, scale: 0))
        #expect(try resolve("FORMAT_TIMESTAMP", [.string, .string]).argumentTypes == [.timestamp, .string])
    }

    @Test func variablesMeetInOneType() throws {
        #expect(try resolve("COALESCE", [.integer, .bigint, .integer]).resultType == .bigint)
        #expect(try library.resolve("COALESCE", [.null, .value(.string)]).resultType == .string)
        let decimals = try resolve("GREATEST", [.decimal(precision: 4, scale: 2), .integer])
        #expect(decimals.resultType == .decimal(precision: 12, scale: 2))
        #expect(decimals.argumentTypes == [decimals.resultType, decimals.resultType])
        #expect(
            try resolve("ARRAY_CONTAINS", [.array(.bigint), .integer]).argumentTypes == [.array(.bigint), .bigint]
        )
        #expect(try resolve("MAP_VALUES", [.map(key: .string, value: .double)]).resultType == .array(.double))
    }

    @Test func errorsSayWhatWouldDo() {
        let unknown = #expect(throws: FunctionResolutionError.self) { try resolve("SUBSTING", [.string]) }
        #expect(unknown?.hint == "did you mean SUBSTRING?")
        let wrong = #expect(throws: FunctionResolutionError.self) { try resolve("UCASE", [.integer]) }
        #expect(wrong?.description == "UCASE does not take (INTEGER)")
        #expect(wrong?.hint == "it takes: UCASE(STRING) -> STRING")
        #expect(throws: FunctionResolutionError.self) { try resolve("COALESCE", [.string, .bigint]) }
        #expect(throws: FunctionResolutionError.self) { try resolve("LPAD", [.string]) }
    }

    @Test func signaturesRead() {
        #expect(
            library.overloads(of: "concat_ws").map(\.signature).contains(
                "CONCAT_WS(STRING, STRING, STRING...) -> STRING"
            )
        )
        #expect(library.names.count >= 100)
    }
}
