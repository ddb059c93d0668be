extension StatementParser {
    /// `WINDOW [name] TUMBLING | HOPPING | SESSION (…)` if it is there.
    func optionalWindow() throws(Diagnostic) -> WindowClause? {
        let position = token.position
        guard eat(.window) else { return nil }
        var name: Identifier?
        // SESSION is usable as a name, so it names the window only when a shape follows.
        if atName, !(at(.session) && ahead(1).kind == .leftParenthesis) { name = try self.name("the name of a window") }
        let shape: WindowClause.Shape
        if eat(.tumbling) {
            try expect(.leftParenthesis)
            try expect(.size)
            shape = .tumbling(size: try positiveSpan("the window's size"))
        } else if eat(.hopping) {
            try expect(.leftParenthesis)
            try expect(.size)
            let size = try positiveSpan("the window's size")
            if at(.rightParenthesis) {
                throw complaint("a hopping window needs to know how far to hop", hint: ", ADVANCE BY 10 SECONDS")
            }
            try expect(.comma)
            try expect(.advance)
            try expect(.by)
            shape = .hopping(size: size, advance: try positiveSpan("how far windows are apart"))
        } else if eat(.session) {
            try expect(.leftParenthesis)
            shape = .session(gap: try positiveSpan("the gap that ends a session"))
        } else {
            throw unexpected()
        }
        let (retention, grace) = try windowLimits()
        try expect(.rightParenthesis)
        return WindowClause(name: name, shape: shape, retention: retention, grace: grace, position: position)
    }

    private func windowLimits() throws(Diagnostic) -> (retention: TimeSpan?, grace: TimeSpan?) {
        var retention: TimeSpan?
        var grace: TimeSpan?
        while eat(.comma) {
            if retention == nil, grace == nil, eat(.retention) {
                retention = try span("how long windows are kept")
            } else if grace == nil, eat(.grace) {
                try expect(.period)
                grace = try span("how late a record may be")
            } else if at(.retention), grace != nil {
                throw complaint(
                    "RETENTION must stand before GRACE PERIOD",
                    hint: "RETENTION 2 DAYS, GRACE PERIOD 1 HOUR"
                )
            } else {
                throw unexpected()
            }
        }
        return (retention, grace)
    }

    /// `WITHIN span | (before, after) [GRACE PERIOD span]` if it is there.
    func optionalJoinWindow() throws(Diagnostic) -> JoinWindow? {
        let position = token.position
        guard eat(.within) else { return nil }
        let before: TimeSpan
        let after: TimeSpan
        if eat(.leftParenthesis) {
            before = try span("how much earlier the right row may be")
            try expect(.comma)
            after = try span("how much later the right row may be")
            try expect(.rightParenthesis)
        } else {
            before = try span("how far apart the rows may be")
            after = before
        }
        var grace: TimeSpan?
        if eat(.grace, .period) { grace = try span("how late a record may be") }
        return JoinWindow(before: before, after: after, grace: grace, position: position)
    }

    /// A count and a unit of fixed length, such as `30 SECONDS`.
    func span(_ what: String) throws(Diagnostic) -> TimeSpan {
        guard at(.wholeNumber) else {
            note("\(what), such as 30 SECONDS")
            throw unexpected()
        }
        let position = token.position
        let width = token.width
        let count = try count(what)
        guard let unit = keyword?.timeUnit, unit.milliseconds != nil else {
            note("MILLISECONDS, SECONDS, MINUTES, HOURS or DAYS")
            let units = TimeUnit.allCases.filter { $0.milliseconds != nil }
            let hint = Spelling.nearest(to: text(of: token), among: units.map(\.rawValue))
            let plain = unexpected()
            throw Diagnostic(
                plain.code,
                at: plain.position,
                width: plain.width,
                plain.message,
                hint: hint.map { "did you mean \($0)?" }
            )
        }
        advance()
        guard let span = TimeSpan(count: count, unit: unit, position: position) else {
            throw Diagnostic("22003", at: position, width: width, "this is too long a time for milliseconds in 64 bits")
        }
        return span
    }

    private func positiveSpan(_ what: String) throws(Diagnostic) -> TimeSpan {
        let start = token
        let span = try span(what)
        guard span.count > 0 else {
            throw Diagnostic("22023", at: start.position, width: start.width, "\(what) must be more than zero")
        }
        return span
    }
}
