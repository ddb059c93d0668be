import Server
import Testing

@testable import weir

/// What the client makes of lines without a server.
@Suite struct BoxTableTests {
    private func header(_ json: String) throws -> ResultHeader {
        ResultHeader(try #require(JSONValue(json.utf8)))
    }

    @Test func fitsTheScreen() throws {
        let columns = "{\"columns\":[[\"ID\",\"BIGINT\"],[\"TEXT\",\"STRING\"]],\"changes\":\"upsert\"}"
        let rows = [["1", "a text that is longer than the screen is wide"], ["22", "日本語"]]
        let table = BoxTable(try header(columns), rows: rows, isOpen: false, screenWidth: 34)
        let drawn =
            table.top + table.row(rows[0], isDeletion: false) + table.row(rows[1], isDeletion: true) + table.bottom
        #expect(
            drawn == """
                ┌───┬────────┬───────────────────┐
                │   │ ID     │ TEXT              │
                │   │ BIGINT │ STRING            │
                ├───┼────────┼───────────────────┤
                │   │      1 │ a text that is l… │
                │ - │     22 │ 日本語            │
                └───┴────────┴───────────────────┘

                """
        )
    }

    @Test(arguments: [
        ("[]", []), ("[1]", ["1"]), ("[1,\"a,]\",null]", ["1", "a,]", "NULL"]),
        ("[[1,[2]],{\"a\":\"}\\\"\"},\"\\u00e9\"]", ["[1,[2]]", "{\"a\":\"}\\\"\"}", "é"]),
        ("[\"two\\nlines\"]", ["two\\nlines"]),
    ])
    func cutsRows(_ line: String, _ cells: [String]) {
        #expect(JSONRow.cells(Array(line.utf8)) == cells)
    }

    @Test func takesErrorsApart() {
        let failure = ServerFailure("42703 2:3 unknown \"X\" | detail: known: A | hint: did you mean \"A\"?")
        #expect(
            failure.report(statement: "SELECT\n\tX\nFROM s;", file: ("a.sql", 10)) == """
                ERROR 42703 unknown "X"  (a.sql, line 11, column 3)
                  \tX
                  \t ^
                  detail: known: A
                  hint: did you mean "A"?
                """
        )
        #expect(ServerFailure("57P01 no place here: 1:2").line == nil)
    }

    @Test(arguments: [
        ("\\q", MetaCommand.quit), ("exit;", .quit), ("\\d orders", .describe("orders")),
        ("help window;", .help("window")),
        ("\\x", .unknown("\\x")), ("\\format CSV", .format("CSV")),
    ])
    func understandsCommands(_ line: String, _ command: MetaCommand) {
        #expect(MetaCommand(line) == command)
    }

    @Test func leavesStatementsAlone() {
        #expect(MetaCommand("SELECT 1;") == nil)
        #expect(MetaCommand("exit everything;") == nil)
        #expect(MetaCommand("") == nil)
    }
}
