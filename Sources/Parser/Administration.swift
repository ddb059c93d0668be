extension StatementParser {
    // MARK: - LIST, DESCRIBE, PRINT

    func listing() throws(Diagnostic) -> Statement.Kind {
        advance()
        if at(.all, .topics) {
            advance()
            advance()
            return .list(.topics(all: true, extended: eat(.extended)))
        }
        if eat(.topics) { return .list(.topics(all: false, extended: eat(.extended))) }
        if eat(.streams) { return .list(.streams(extended: eat(.extended))) }
        if eat(.tables) { return .list(.tables(extended: eat(.extended))) }
        if eat(.queries) { return .list(.queries(extended: eat(.extended))) }
        if eat(.functions) { return .list(.functions) }
        if eat(.types) { return .list(.types) }
        if eat(.variables) { return .list(.variables) }
        if eat(.properties) { return .list(.properties) }
        if eat(.connectors) { return .list(.connectors(nil)) }
        if eat(.source, .connectors) { return .list(.connectors(.source)) }
        if eat(.sink, .connectors) { return .list(.connectors(.sink)) }
        if eat(.connector) {
            try expect(.plugins)
            return .list(.connectorPlugins)
        }
        throw unexpected()
    }

    func describe() throws(Diagnostic) -> Statement.Kind {
        advance()
        if eat(.streams) { return .describe(.streams(extended: eat(.extended))) }
        if eat(.connector) { return .describe(.connector(try name("the name of a connector"))) }
        let next = ahead(1)
        let isAlone = next.kind == .semicolon || next.kind == .endOfText
        // TABLES and FUNCTION can also be the name of a source.
        if at(.tables), isAlone || next.keyword == .extended {
            advance()
            return .describe(.tables(extended: eat(.extended)))
        }
        if at(.function), !isAlone, next.keyword != .extended {
            advance()
            return .describe(.function(try name("the name of a function")))
        }
        if at(.extended) { throw complaint("EXTENDED stands behind the name", hint: "DESCRIBE name EXTENDED") }
        let name = try sourceName()
        return .describe(.source(name, extended: eat(.extended)))
    }

    func printTopic() throws(Diagnostic) -> Statement.Kind {
        advance()
        let position = token.position
        let topic = try topicName()
        let fromBeginning = eat(.from)
        if fromBeginning { try expect(.beginning) }
        var interval: Int64?
        if eat(.interval) || eat(.sample) { interval = try positiveCount("how many records to step over") }
        var limit: Int64?
        if eat(.limit) { limit = try count("the number of records") }
        return .print(
            PrintTopic(
                topic: topic,
                fromBeginning: fromBeginning,
                interval: interval,
                limit: limit,
                topicPosition: position
            )
        )
    }

    private func positiveCount(_ what: String) throws(Diagnostic) -> Int64 {
        let start = token
        let value = try count(what)
        guard value > 0 else {
            throw Diagnostic("22023", at: start.position, width: start.width, "\(what) must be more than zero")
        }
        return value
    }

    /// A topic's name, as a name whose case is kept or as a quoted text.
    private func topicName() throws(Diagnostic) -> String {
        if at(.text) { return unquoted(advance()) }
        let name = try name("the name of a topic")
        if at(.minus) || at(.dot) {
            throw complaint("a topic's name with \(token.kind.name) needs quotes", hint: "PRINT 'my-topic';")
        }
        return name.spelling
    }

    // MARK: - ASSERT

    func assertion() throws(Diagnostic) -> Statement.Kind {
        advance()
        if options.allowsTestStatements, let assertion = try optionalTestAssertion() { return assertion }
        let exists = !eat(.not)
        if !exists { try expect(.exists) }
        if eat(.topic) { return try assertTopic(exists: exists) }
        try expect(.schema)
        return try assertSchema(exists: exists)
    }

    private func assertTopic(exists: Bool) throws(Diagnostic) -> Statement.Kind {
        let position = token.position
        let topic = try topicName()
        let properties = try optionalProperties()
        return .assertTopic(
            AssertTopic(
                topic: topic,
                exists: exists,
                properties: properties,
                timeout: try optionalTimeout(),
                topicPosition: position
            )
        )
    }

    private func assertSchema(exists: Bool) throws(Diagnostic) -> Statement.Kind {
        var subject: String?
        if eat(.subject) {
            subject = at(.text) ? unquoted(advance()) : try name("the name of a subject").spelling
        }
        let id = eat(.id) ? try count("the id of a schema") : nil
        if subject == nil, id == nil { throw unexpected() }
        let timeout = try optionalTimeout()
        return .assertSchema(AssertSchema(subject: subject, id: id, exists: exists, timeout: timeout))
    }

    private func optionalTimeout() throws(Diagnostic) -> TimeSpan? {
        eat(.timeout) ? try span("how long to wait") : nil
    }

    private func optionalTestAssertion() throws(Diagnostic) -> Statement.Kind? {
        if eat(.values) {
            let source = try sourceName()
            let columns = at(.leftParenthesis) ? try nameList("the name of a column") : []
            try expect(.values)
            return .assertValues(AssertValues(source: source, columns: columns, values: try valueList()))
        }
        if eat(.null, .values) {
            let source = try sourceName()
            let columns = at(.leftParenthesis) ? try nameList("the name of a column") : []
            try expect(.key)
            let keys = try valueList()
            return .assertValues(AssertValues(source: source, columns: columns, values: keys, isTombstone: true))
        }
        guard at(.stream) || at(.table) else { return nil }
        let source = try sourceKind()
        let name = try sourceName()
        let columns = at(.leftParenthesis) ? try columnList(of: source) : []
        let properties = try optionalProperties()
        return .assertSource(AssertSource(source, name: name, columns: columns, properties: properties))
    }
}
