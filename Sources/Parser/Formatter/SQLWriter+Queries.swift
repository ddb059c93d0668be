extension SQLWriter {
    mutating func write(_ query: Query) {
        write("SELECT ")
        writeList(query.select) { $0.write($1) }
        write(" FROM ")
        write(query.from)
        if let window = query.window { write(window) }
        if let filter = query.filter {
            write(" WHERE ")
            write(filter)
        }
        writeKeys(" GROUP BY ", query.groupBy)
        writeKeys(" PARTITION BY ", query.partitionBy)
        if let having = query.having {
            write(" HAVING ")
            write(having)
        }
        if let emit = query.emit { write(" EMIT \(emit.mode.rawValue)") }
        if let limit = query.limit { write(" LIMIT \(limit.count)") }
        if let resume = query.resume {
            write(" RESUME FROM ")
            writeQuoted(resume.token)
        }
    }

    private mutating func write(_ item: SelectItem) {
        switch item {
        case .all:
            write("*")
        case .allOf(let source):
            write(source)
            write(".*")
        case .allFields(let value):
            write(value, .primary)
            write("->*")
        case .expression(let value, let alias):
            write(value)
            guard let alias else { return }
            write(" AS ")
            write(alias)
        }
    }

    private mutating func write(_ relation: Relation) {
        write(relation.first)
        for join in relation.joins {
            write(" \(join.kind.rawValue) JOIN ")
            write(join.source)
            if let within = join.within { write(within) }
            write(" ON ")
            write(join.condition)
        }
    }

    private mutating func write(_ source: AliasedSource) {
        write(source.name)
        guard let alias = source.alias else { return }
        write(" AS ")
        write(alias)
    }

    private mutating func write(_ within: JoinWindow) {
        if within.before == within.after {
            write(" WITHIN \(text(of: within.before))")
        } else {
            write(" WITHIN (\(text(of: within.before)), \(text(of: within.after)))")
        }
        if let grace = within.grace { write(" GRACE PERIOD \(text(of: grace))") }
    }

    private mutating func write(_ window: WindowClause) {
        write(" WINDOW ")
        if let name = window.name {
            write(name)
            write(" ")
        }
        switch window.shape {
        case .tumbling(let size): write("TUMBLING (SIZE \(text(of: size))")
        case .hopping(let size, let advance): write("HOPPING (SIZE \(text(of: size)), ADVANCE BY \(text(of: advance))")
        case .session(let gap): write("SESSION (\(text(of: gap))")
        }
        if let retention = window.retention { write(", RETENTION \(text(of: retention))") }
        if let grace = window.grace { write(", GRACE PERIOD \(text(of: grace))") }
        write(")")
    }

    private mutating func writeKeys(_ clause: String, _ keys: [Expression]) {
        if keys.isEmpty { return }
        write(clause)
        writeList(keys) { $0.write($1) }
    }

    /// A length of time, such as `30 SECONDS`.
    func text(of span: TimeSpan) -> String { "\(span.count) \(span.unit.rawValue)" }
}
