extension StatementParser {
    /// A query, from SELECT up to its last clause.
    func query() throws(Diagnostic) -> Query {
        let position = try expect(.select)
        let items = try list { (parser) throws(Diagnostic) in try parser.selectItem() }
        try expect(.from)
        var query = Query(select: items, from: try relation(), position: position)
        query.window = try optionalWindow()
        if eat(.where) { query.filter = try expression() }
        if eat(.group) {
            try expect(.by)
            query.groupBy = try keyList()
        }
        if eat(.partition) {
            try expect(.by)
            query.partitionBy = try keyList()
        }
        if eat(.having) { query.having = try expression() }
        query.emit = try optionalEmit()
        try readEnds(of: &query)
        try refuseMisplacedClause()
        return query
    }

    // MARK: - SELECT

    private func selectItem() throws(Diagnostic) -> SelectItem {
        let position = token.position
        if eat(.star) { return .all(position) }
        if atName, ahead(1).kind == .dot, ahead(2).kind == .star {
            let source = try sourceName()
            advance()
            advance()
            return .allOf(source: source)
        }
        let value = try expression()
        if at(.arrow), ahead(1).kind == .star {
            advance()
            advance()
            return .allFields(of: value)
        }
        if eat(.as) { return .expression(value, alias: try name("an alias")) }
        return .expression(value, alias: atName ? try bareName("an alias") : nil)
    }

    // MARK: - FROM

    private func relation() throws(Diagnostic) -> Relation {
        let first = try aliasedSource()
        if at(.comma) { throw complaint("sources are not listed with commas", hint: "JOIN source ON condition") }
        var joins: [JoinClause] = []
        while let join = try optionalJoin() { joins.append(join) }
        return Relation(first, joins: joins)
    }

    private func aliasedSource() throws(Diagnostic) -> AliasedSource {
        if at(.leftParenthesis) {
            throw complaint(
                "a query cannot stand in place of a source",
                hint: "name it first: CREATE STREAM name AS SELECT …"
            )
        }
        let name = try sourceName()
        if at(.leftParenthesis) {
            throw complaint(
                "a function cannot stand in place of a source",
                hint: "use it in the projection: SELECT \(name.spelling)(…) FROM source"
            )
        }
        if eat(.as) { return AliasedSource(name, alias: try sourceName("an alias")) }
        // EMIT and PARTITION can be names, so what follows decides whether a clause starts here.
        let startsClause = atEmit || at(.partition, .by)
        guard atName, !startsClause else { return AliasedSource(name) }
        let alias = try bareName("an alias")
        try checkSourceName(alias)
        return AliasedSource(name, alias: alias)
    }

    /// Whether EMIT is here as a word of the language; in front of an unknown word it is one with a misspelled mode.
    private var atEmit: Bool {
        at(.emit, .changes) || at(.emit, .final) || (at(.emit) && ahead(1).kind == .word && ahead(1).keyword == nil)
    }

    private func optionalJoin() throws(Diagnostic) -> JoinClause? {
        let position = token.position
        let kind: JoinClause.Kind
        if eat(.inner) {
            kind = .inner
        } else if eat(.left) {
            kind = .left
        } else if eat(.right) {
            kind = .right
        } else if eat(.full) {
            kind = .full
        } else if at(.join) {
            kind = .inner
        } else {
            note("JOIN")
            return nil
        }
        if kind != .inner { _ = eat(.outer) }
        try expect(.join)
        let source = try aliasedSource()
        let within = try optionalJoinWindow()
        try expect(.on)
        let condition = try expression()
        if at(.within) {
            throw complaint("WITHIN must stand before ON", hint: "JOIN source WITHIN 1 HOUR ON condition")
        }
        return JoinClause(kind: kind, source: source, within: within, condition: condition, position: position)
    }

    // MARK: - GROUP BY, PARTITION BY

    /// `a, b` or `(a, b)`.
    private func keyList() throws(Diagnostic) -> [Expression] {
        guard atParenthesisedList else { return try list { (parser) throws(Diagnostic) in try parser.expression() } }
        advance()
        let keys = try list { (parser) throws(Diagnostic) in try parser.expression() }
        try expect(.rightParenthesis)
        return keys
    }

    /// Whether a parenthesis opens here that has a comma of its own.
    private var atParenthesisedList: Bool {
        guard at(.leftParenthesis) else { return false }
        var depth = 0
        for token in tokens[index...] {
            switch token.kind {
            case .leftParenthesis, .leftBracket: depth += 1
            case .rightParenthesis, .rightBracket: depth -= 1
            case .comma where depth == 1: return true
            case .semicolon: return false
            default: break
            }
            if depth == 0 { return false }
        }
        return false
    }

    // MARK: - Ends

    private func optionalEmit() throws(Diagnostic) -> EmitClause? {
        let position = token.position
        guard eat(.emit) else { return nil }
        if eat(.changes) { return EmitClause(.changes, position: position) }
        try expect(.final)
        return EmitClause(.final, position: position)
    }

    /// LIMIT and RESUME FROM, in either order.
    private func readEnds(of query: inout Query) throws(Diagnostic) {
        while true {
            let position = token.position
            if query.limit == nil, eat(.limit) {
                query.limit = LimitClause(try count("the number of rows"), position: position)
            } else if query.resume == nil, eat(.resume) {
                try expect(.from)
                query.resume = ResumeClause(token: try string("a token in quotes"), position: position)
            } else {
                return
            }
        }
    }

    private func refuseMisplacedClause() throws(Diagnostic) {
        switch keyword {
        case .window, .where, .group, .having, .emit, .limit, .partition:
            throw complaint(
                "\(text(of: token).uppercased()) stands too late or twice",
                detail: "the order is SELECT, FROM, WINDOW, WHERE, GROUP BY, PARTITION BY, HAVING, EMIT, LIMIT"
            )
        default:
            return
        }
    }
}
