extension StatementParser {
    /// All statements up to the end of the text; empty ones are passed over.
    func statements() throws(Diagnostic) -> [Statement] {
        var statements: [Statement] = []
        while !at(.endOfText) {
            if eat(.semicolon) { continue }
            try substituteVariables()
            let statement = try statement()
            try endStatement()
            apply(statement)
            statements.append(statement)
        }
        return statements
    }

    private func endStatement() throws(Diagnostic) {
        if eat(.semicolon) { return }
        guard at(.endOfText), options.allowsMissingTerminator else { throw unexpected() }
    }

    /// Lets DEFINE and UNDEFINE take effect on what follows.
    private func apply(_ statement: Statement) {
        switch statement.kind {
        case .define(let name, let value): variables[name.text.uppercased()] = value
        case .undefine(let name): variables[name.text.uppercased()] = nil
        default: break
        }
    }

    /// One statement without its `;`.
    func statement() throws(Diagnostic) -> Statement {
        let position = token.position
        let kind = try statementKind()
        return Statement(kind, position: position, end: tokens[max(index - 1, 0)].end)
    }

    /// The words a statement can start with.
    static let openings: [Keyword] = [
        .select, .create, .insert, .delete, .drop, .alter, .show, .list, .describe, .explain, .print, .terminate,
        .pause, .resume, .set, .unset, .define, .undefine, .assert,
    ]

    private func statementKind() throws(Diagnostic) -> Statement.Kind {
        switch keyword {
        case .select: return .query(try query())
        case .create: return try create()
        case .insert: return try insert()
        case .delete: return try delete()
        case .drop: return try drop()
        case .alter: return try alter()
        case .show, .list: return try listing()
        case .describe: return try describe()
        case .explain: return try explain()
        case .print: return try printTopic()
        case .terminate: return .terminate(try queryTarget())
        case .pause: return .pause(try queryTarget())
        case .resume: return .resume(try queryTarget())
        case .set, .unset: return try setting()
        case .define, .undefine: return try definition()
        case .assert: return try assertion()
        case .run where options.allowsTestStatements:
            advance()
            try expect(.script)
            return .runScript(path: try string("the name of a file in quotes"))
        default: throw unknownStatement()
        }
    }

    private func unknownStatement() -> Diagnostic {
        let word = text(of: token)
        if token.kind == .word {
            let openings = StatementParser.openings.map(\.text)
            let hint = ForeignSyntax.hint(for: word)
            let meant = Spelling.nearest(to: word, among: openings).map { "did you mean \($0)?" }
            return complaint("unknown statement \"\(word)\"", hint: hint ?? meant)
        }
        if at(.endOfText) { return complaint("there is no statement here") }
        return complaint("a statement cannot start with \"\(word)\"")
    }

    // MARK: - Settings and variables

    private func setting() throws(Diagnostic) -> Statement.Kind {
        let isSet = advance().keyword == .set
        let name = try settingName()
        guard isSet else { return .unsetProperty(name: name) }
        try expect(.equal)
        return .setProperty(name: name, value: try string("a value in quotes"))
    }

    func settingName() throws(Diagnostic) -> String {
        if token.kind == .word {
            let name = tokens[index...].prefix { $0.kind == .word || $0.kind == .dot }.prefix(20).map(text(of:))
                .joined()
            throw complaint("the name of a property stands in quotes", hint: "'\(name)'")
        }
        return try string("the name of a property in quotes")
    }

    private func definition() throws(Diagnostic) -> Statement.Kind {
        let isDefine = advance().keyword == .define
        let name = try name("the name of a variable")
        guard isDefine else { return .undefine(name: name) }
        try expect(.equal)
        return .define(name: name, value: try string("a value in quotes"))
    }

    // MARK: - Queries that run

    private func queryTarget() throws(Diagnostic) -> QueryTarget {
        advance()
        return eat(.all) ? .all : .query(try name("the id of a query"))
    }

    private func explain() throws(Diagnostic) -> Statement.Kind {
        advance()
        if at(.explain), ahead(1).kind != .semicolon, ahead(1).kind != .endOfText {
            throw complaint("EXPLAIN cannot explain itself", hint: "leave one EXPLAIN out")
        }
        let startsStatement = keyword.map { StatementParser.openings.contains($0) } ?? false
        let isAlone = ahead(1).kind == .semicolon || ahead(1).kind == .endOfText
        if startsStatement, !(isAlone && atName) { return .explain(.statement(try statement())) }
        if !atName {
            note("a statement")
            note("the id of a query")
            throw unexpected()
        }
        return .explain(.query(try name()))
    }
}
