import Foundation
import Synchronization
import Testing

@testable import Parser

/// Large and deep input is refused, never fatal, and takes time in proportion to its length.
struct LimitTests {
    /// Runs on a thread with a small stack, as a server may; a sanitizer makes frames many times larger.
    private func onSmallStack(_ body: @escaping @Sendable () -> Void) {
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            body()
            done.signal()
        }
        let isSanitized = ProcessInfo.processInfo.environment["WEIR_TEST_SANITIZER"] != nil
        thread.stackSize = (512 << 10) * (isSanitized ? 32 : 1)
        thread.start()
        done.wait()
    }

    /// Texts that stand inside themselves `count` times.
    static func nested(_ count: Int) -> [String] {
        let forms: [(String, String, String)] = [
            ("(", "a", ")"), ("f(", "a", ")"), ("ARRAY[", "1", "]"), ("a[", "1", "]"), ("NOT ", "a", ""),
            ("- ", "a", ""),
            ("CASE WHEN ", "a", " THEN 1 END"), ("CAST(", "a", " AS INT)"), ("MAP('k' := ", "1", ")"),
            ("STRUCT(x := ", "1", ")"), ("f(x => ", "x", ")"), ("a IN (", "1", ")"), ("", "a", "[1]"), ("", "a", "->b"),
            ("", "a", " + 1"), ("", "a", " || b"), ("(", "a", " + 1)"), ("", "a", " AT TIME ZONE 'UTC'"),
            ("a BETWEEN (", "1", ") AND 2"), ("a = (", "1", ")"), ("a AND (", "b", ")"), ("a LIKE (", "b", ")"),
        ]
        let expressions = forms.map { opening, middle, closing in
            "SELECT " + String(repeating: opening, count: count) + middle + String(repeating: closing, count: count)
                + " FROM s"
        }
        let types: [(String, String, String)] = [
            ("ARRAY<", "INT", ">"), ("MAP<STRING, ", "INT", ">"), ("STRUCT<a ", "INT", ">"), ("", "INT", " ARRAY"),
        ]
        let columns = types.map { opening, middle, closing in
            "CREATE STREAM s (a " + String(repeating: opening, count: count) + middle
                + String(repeating: closing, count: count) + ")"
        }
        return expressions + columns
    }

    @Test func deepTextIsRefusedOnASmallStack() {
        for sql in Self.nested(20_000) {
            onSmallStack {
                let diagnostic = #expect(throws: Diagnostic.self, "\(sql.prefix(40))") { try SQLParser.parse(sql) }
                #expect(diagnostic?.code == "54001", "\(sql.prefix(40)): \(String(describing: diagnostic))")
            }
        }
    }

    @Test(arguments: [20, 60, 80, 100, 120, 126, 127, 128, 200, 250, 254, 255, 256, 257])
    func aboutTheLimitASmallStackIsEnough(_ count: Int) {
        for sql in Self.nested(count) {
            let isParsed = Mutex(false)
            onSmallStack {
                guard let statement = try? SQLParser.parseStatement(sql) else { return }
                isParsed.withLock { $0 = true }
                let formatted = SQLFormatter.sql(statement)
                #expect((try? SQLParser.parseStatement(formatted)) != nil, "\(sql.prefix(40))")
            }
            #expect(isParsed.withLock(\.self) || count > 80, "\(sql.prefix(40))")
        }
    }

    @Test func chainsOfAndAndOrMayBeLong() throws {
        let condition = (0..<20_000).map { "a = \($0)" }.joined(separator: " OR ")
        let expression = try SQLParser.parseExpression(condition)
        #expect(expression.height == 3)
    }

    @Test func longTextIsRefused() throws {
        var options = ParserOptions()
        options.textBytesMax = 20
        let diagnostic = #expect(throws: Diagnostic.self) {
            try SQLParser.parse("SELECT a, b, c FROM s;", options: options)
        }
        #expect(diagnostic?.code == "54000")
    }

    @Test func timeGrowsWithLength() throws {
        let texts = [
            "SELECT " + String(repeating: "a, ", count: 100_000) + "a FROM s",
            String(repeating: "SHOW STREAMS;", count: 40_000),
            "INSERT INTO s VALUES (" + String(repeating: "'x', ", count: 100_000) + "1)",
            String(repeating: "(", count: 200_000), String(repeating: "f(x, ", count: 100_000),
            String(repeating: "/*", count: 200_000), String(repeating: "' ", count: 200_001),
            "SELECT a FROM s GROUP BY " + String(repeating: "(a), ", count: 50_000) + "a",
        ]
        let clock = ContinuousClock()
        for sql in texts {
            let time = clock.measure { _ = try? SQLParser.parse(sql) }
            #expect(time < .seconds(10), "\(sql.prefix(20))")
        }
    }

    @Test func variablesCannotGrowWithoutLimit() throws {
        var options = ParserOptions()
        options.textBytesMax = 10_000
        options.variables = ["X": "'" + String(repeating: "y", count: 5_000) + "'"]
        let sql = "SELECT " + String(repeating: "${x}, ", count: 100) + "1 FROM s"
        let diagnostic = #expect(throws: Diagnostic.self) { try SQLParser.parse(sql, options: options) }
        #expect(diagnostic?.code == "54000")
    }

    @Test(arguments: [
        ("9223372036854775807", nil), ("9223372036854775808", "22003"), ("-9223372036854775808", nil),
        ("-9223372036854775809", "22003"), ("1.7976931348623157E308", nil), ("1E309", "22003"), ("-1E309", "22003"),
        (String(repeating: "9", count: 5_000), "22003"), (String(repeating: "9", count: 5_000) + ".0", nil),
        ("DECIMAL(0, 0)", "42601"), ("CAST(1 AS DECIMAL(1, 2))", "22023"), ("CAST(1 AS DECIMAL(0, 0))", "22023"),
        ("CAST(1 AS DECIMAL(99999999999, 0))", "22023"), ("CAST(1 AS DECIMAL(99999999999999999999, 0))", "22003"),
    ])
    func numbersAtTheirLimits(_ sql: String, _ code: String?) {
        var found: String?
        do { _ = try SQLParser.parseExpression(sql) } catch { found = error.code }
        #expect(found == code, "\(sql.prefix(40))")
    }
}
