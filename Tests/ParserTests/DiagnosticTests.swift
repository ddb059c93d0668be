import Testing

@testable import Parser

/// What a person reads when a statement is wrong.
struct DiagnosticTests {
    @Test func oneLineNamesCodePlaceMessageAndHint() throws {
        let diagnostic = try #require(throws: Diagnostic.self) { try SQLParser.parse("selet 1;") }
        #expect(diagnostic.description == "42601 1:1 unknown statement \"selet\" | hint: did you mean SELECT?")
    }

    @Test func columnsCountCharactersAndOffsetsCountBytes() throws {
        let diagnostic = try #require(throws: Diagnostic.self) {
            try SQLParser.parse("SELECT 'größe 🎈',\n 'ü' + FROM s;")
        }
        #expect(diagnostic.position.line == 2)
        #expect(diagnostic.position.column == 8)
        #expect(diagnostic.position.offset == 31)
    }

    @Test func longLinesAreCutAroundTheCaret() throws {
        let sql =
            "SELECT " + String(repeating: "a, ", count: 200) + "+ FROM s WHERE " + String(repeating: "b ", count: 200)
        let diagnostic = try #require(throws: Diagnostic.self) { try SQLParser.parse(sql) }
        let lines = diagnostic.rendered(in: sql).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 120 })
        let caret = try #require(lines[2].firstIndex(of: "^"))
        let place = lines[2].distance(from: lines[2].startIndex, to: caret)
        #expect(lines[1].dropFirst(place).hasPrefix("FROM"))
    }

    @Test func bytesThatAreNotUTF8AreRefusedWhereTheyStand() throws {
        let bytes = Array("SELECT\n '".utf8) + [0xFF] + Array("' FROM s;".utf8)
        let diagnostic = try #require(throws: Diagnostic.self) { try SQLParser.parse(utf8: bytes) }
        #expect(diagnostic.description == "22021 2:3 this byte is not UTF-8: 0xFF")
    }
}
