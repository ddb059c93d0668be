import Testing

@testable import Parser

/// Nothing that can be written makes the parser crash, loop or point outside the text.
struct MutationTests {
    /// Parses and, if that fails, renders; checks what must hold for any input.
    private func survive(_ sql: String) {
        do {
            for statement in try SQLParser.parse(sql, options: Corpus.options) {
                let formatted = SQLFormatter.sql(statement)
                let again = try? SQLParser.parseStatement(formatted, options: Corpus.options)
                #expect(again == statement, "\(sql) → \(formatted)")
            }
        } catch {
            #expect(error.position.offset <= sql.utf8.count, "\(sql)")
            #expect(error.code.count == 5 && !error.message.isEmpty)
            #expect(!error.rendered(in: sql).isEmpty)
        }
    }

    @Test(arguments: Corpus.all)
    func tokensDeletedDoubledAndSwapped(_ sql: String) {
        let tokens = Lexer(Array(sql.utf8)).tokens.dropLast()
        let words = tokens.map { String(decoding: Array(sql.utf8)[$0.bytes], as: UTF8.self) }
        for place in words.indices {
            var deleted = words
            deleted.remove(at: place)
            survive(deleted.joined(separator: " "))
            var doubled = words
            doubled.insert(words[place], at: place)
            survive(doubled.joined(separator: " "))
            guard place > 0 else { continue }
            var swapped = words
            swapped.swapAt(place, place - 1)
            survive(swapped.joined(separator: " "))
            survive(words[..<place].joined(separator: " "))
        }
    }

    @Test(arguments: Corpus.all)
    func textCutAnywhere(_ sql: String) {
        for end in sql.indices { survive(String(sql[..<end])) }
    }

    @Test func wordsInAnyOrder() {
        var random = SeededRandom(seed: 9)
        let words =
            Keyword.allCases.map(\.text)
            + ["(", ")", "[", "]", ",", ".", ";", "+", "-", "*", "/", "%", "||", "=", "<>", "<", ">", "->", "=>", ":="]
            + ["a", "`b`", "\"c\"", "'d'", "1", "1.5", "1E0", "${e}", "1x", "99999999999999999999", "1E999", "."]
        for _ in 0..<20_000 {
            let count = Int.random(in: 1...12, using: &random)
            let opening = StatementParser.openings.randomElement(using: &random)?.text ?? ""
            survive(
                opening + " "
                    + (0..<count).map { _ in words.randomElement(using: &random) ?? "" }.joined(separator: " ")
            )
        }
    }

    @Test func anyBytes() {
        var random = SeededRandom(seed: 4)
        let letters = Array("sSeElLcCtT '\"`;,.()[]<>-+*/|$%{}0123456789é🎈\n\u{0}\u{FEFF}‘“&!:=@_".utf8)
        for _ in 0..<5_000 {
            let count = Int.random(in: 0...40, using: &random)
            let bytes = (0..<count).map { _ in letters.randomElement(using: &random) ?? 0 }
            survive(String(decoding: bytes, as: UTF8.self))
            _ = try? SQLParser.parse(utf8: bytes, options: Corpus.options)
        }
    }
}

/// The same numbers in every run.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
