import Testing

@testable import Parser

/// `${name}` stands for one name or constant, or for text inside quotes.
struct VariableTests {
    private func options(_ variables: [String: String]) -> ParserOptions {
        var options = ParserOptions()
        options.variables = variables
        return options
    }

    @Test func namesConstantsAndQuotedText() throws {
        let variables = ["s": "orders", "C": "`my col`", "n": "-5", "t": "'it''s'", "x": "a'b", "y": "true"]
        let sql = "SELECT ${c}, ${N}, ${t}, '${x}$${x}${none}', ${y}, 1 - ${n} FROM ${s}"
        let plain = "SELECT `my col`, -5, 'it''s', 'a''b${x}${none}', true, 1 - -5 FROM orders"
        let statement = try SQLParser.parseStatement(sql, options: options(variables))
        var literally = ParserOptions()
        literally.substitutesVariables = false
        #expect(statement == (try SQLParser.parseStatement(plain, options: literally)))
        #expect(try SQLParser.substituted(sql, options: options(variables)) == plain)
    }

    @Test func definitionsTakeEffectOnWhatFollows() throws {
        let sql = "DEFINE v = 'a'; SELECT ${v} FROM s; DEFINE V = 'b'; SELECT ${v} FROM s; UNDEFINE v;"
        let statements = try SQLParser.parse(sql)
        #expect(SQLFormatter.sql(statements[1]) == "SELECT A FROM S")
        #expect(SQLFormatter.sql(statements[3]) == "SELECT B FROM S")
        #expect(throws: Diagnostic.self) { try SQLParser.parse(sql + "SELECT ${v} FROM s;") }
    }

    @Test(arguments: ["a, b", "a; DROP STREAM s", "FROM", "a.b", "", "'open", "1 + 1", "(a)", "--", "${v}", "a -- b"])
    func aValueCannotAddToTheStatement(_ value: String) {
        let result = Result { try SQLParser.parse("SELECT ${v} FROM s;", options: options(["v": value])) }
        if value == "a -- b" {
            #expect(throws: Never.self) { try result.get() }
        } else {
            #expect(throws: Diagnostic.self) { try result.get() }
        }
    }

    @Test func aWordFromAVariableIsNeverAKeyword() throws {
        #expect(throws: Diagnostic.self) {
            try SQLParser.parse("SELECT * FROM s ${v} CHANGES;", options: options(["v": "EMIT"]))
        }
    }

    @Test func anUnknownVariableSuggestsAKnownOne() throws {
        let diagnostic = #expect(throws: Diagnostic.self) {
            try SQLParser.parse("SELECT 1 FROM ${sorce};", options: options(["source": "s"]))
        }
        #expect(
            diagnostic?.description == "42704 1:15 variable \"sorce\" is not defined | hint: did you mean ${SOURCE}?"
        )
    }
}
