/// From statements and verbs to answers in their turn.
extension Session {
    /// Takes a complete statement.
    mutating func acceptStatement(_ bytes: UnsafeRawBufferPointer, tag: String) {
        guard isAuthenticated else { return refuseUnauthenticated(tag: tag) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return answer(ReplyError("22021", "the statement is not valid UTF-8"), tag: tag)
        }
        requestCount += 1
        let request = StatementRequest(
            id: RequestID(requestCount),
            text: text,
            format: format,
            decimalsAsNumbers: decimalsAsNumbers,
            session: context
        )
        let bulk = BulkInsertParts(text)
        if bulk != nil { input = .recordsToCome }
        enqueue(.statement(request, bulk: bulk), tag: tag)
    }

    /// Does what a verb asks at once; the answer waits for its turn.
    mutating func obey(_ verb: Verb, tag: String) {
        guard isAuthenticated || verb.isAllowedUnauthenticated else { return refuseUnauthenticated(tag: tag) }
        switch verb {
        case .ping(let text): answer(text.isEmpty ? "PONG" : "PONG \(text)", tag: tag)
        case .quit: quit(tag: tag)
        case .help(let topic): help(topic, tag: tag)
        case .format(let name): setFormat(name, tag: tag)
        case .hello(let options): hello(options, tag: tag)
        case .authenticate(let words): authenticate(words, tag: tag)
        case .cancel(let argument): cancel(argument, tag: tag)
        case .credit(let argument): credit(argument, tag: tag)
        case .counted(let argument): beginCounted(argument, tag: tag)
        }
    }

    /// Ends a request with success, in its turn.
    mutating func answer(_ text: String, tag: String) {
        enqueue(.answer(prefixed(ReplyLine.make(.success, text), tag: tag)), tag: tag)
    }

    /// Ends a request with an error, in its turn.
    mutating func answer(_ error: ReplyError, tag: String) {
        enqueue(.answer(prefixed(error.replyLine, tag: tag)), tag: tag)
    }

    private func prefixed(_ line: [UInt8], tag: String) -> [UInt8] {
        tag.isEmpty ? line : Array("@\(tag) ".utf8) + line
    }

    // MARK: Lanes

    private mutating func enqueue(_ item: RequestLane.Item, tag: String) {
        waitingCount += 1
        waitingBytes += item.byteCount
        if tag.isEmpty {
            untagged.append(item)
        } else {
            tagged[tag, default: RequestLane()].append(item)
        }
        advance(tag)
        updatePause()
    }

    /// Starts or answers what has its turn in a lane.
    private mutating func advance(_ tag: String) {
        while let item = tag.isEmpty ? untagged.takeNext() : tagged[tag]?.takeNext() {
            waitingCount -= 1
            waitingBytes -= item.byteCount
            switch item {
            case .answer(let line): send(line)
            case .statement(let request, let bulk): start(request, bulk, tag: tag)
            }
        }
        if !tag.isEmpty, tagged[tag]?.isIdle == true, tagged[tag]?.credit == nil { tagged[tag] = nil }
    }

    private mutating func start(_ request: StatementRequest, _ bulk: BulkInsertParts?, tag: String) {
        let window: Int?
        if tag.isEmpty {
            window = untagged.credit
            untagged.credit = nil
            untagged.running = RequestLane.Running(id: request.id)
        } else {
            window = tagged[tag]?.credit
            tagged[tag]?.credit = nil
            tagged[tag]?.running = RequestLane.Running(id: request.id)
            tagsByRequest[request.id] = tag
        }
        guard let bulk else { return actions.append(.execute(request, tag: tag, credit: window)) }
        let insert = BulkInsertRequest(
            statement: request,
            target: bulk.target,
            columns: bulk.columns,
            format: bulk.format,
            strict: bulk.strict
        )
        actions.append(.insert(insert, tag: tag, credit: window))
        if case .recordsToCome = input {
            beginRecords(of: request.id, strict: bulk.strict)
        } else {
            // The input ended while the insert waited for its turn.
            actions.append(.endOfRecords(request.id))
        }
    }

    mutating func requestEnded(_ id: RequestID) {
        let tag = tagsByRequest.removeValue(forKey: id) ?? ""
        if tag.isEmpty {
            guard untagged.running?.id == id else { return }
            untagged.running = nil
        } else {
            tagged[tag]?.running = nil
        }
        if case .records(var bulk) = input, bulk.id == id {
            bulk.isSkipping = true
            input = .records(bulk)
            bulkUnconsumed = 0
        }
        advance(tag)
        updatePause()
        closeIfIdle()
    }

    mutating func requestStreams(_ id: RequestID) {
        if let tag = tagsByRequest[id] {
            tagged[tag]?.running?.isPush = true
        } else if untagged.running?.id == id {
            untagged.running?.isPush = true
        }
        if quitAnswer != nil { actions.append(.cancel(id, .request)) }
    }

    /// Asks everything that runs to end; what waits never starts.
    mutating func cancelAll(_ reason: CancelReason) {
        let lanes = [untagged] + tagged.values
        for lane in lanes {
            if let running = lane.running { actions.append(.cancel(running.id, reason)) }
        }
        refuseWaiting(reason)
    }

    /// Turns the statements that wait into errors.
    private mutating func refuseWaiting(_ reason: CancelReason) {
        let line = ReplyError.cancelled(reason).replyLine
        untagged.replaceStatements(with: line)
        for tag in Array(tagged.keys) {
            let taggedLine = prefixed(line, tag: tag)
            tagged[tag]?.replaceStatements(with: taggedLine)
        }
    }

    // MARK: Verbs

    private mutating func quit(tag: String) {
        quitAnswer = prefixed(ReplyLine.make(.success, "BYE"), tag: tag)
        for lane in [untagged] + tagged.values {
            if let running = lane.running, running.isPush { actions.append(.cancel(running.id, .request)) }
        }
        endReading()
    }

    private mutating func help(_ topic: String, tag: String) {
        guard let topic = HelpTopic.named(topic) else {
            let known = HelpTopic.all.map(\.name).joined(separator: ", ")
            return answer(ReplyError("42704", "no help on \"\(topic)\"", hint: "topics are \(known)"), tag: tag)
        }
        var lines: [UInt8] = []
        for line in topic.lines {
            lines.append(contentsOf: prefixed(ReplyLine.make(.notice, "00000 \(line)"), tag: tag))
        }
        lines.append(contentsOf: prefixed(ReplyLine.make(.success, "OK"), tag: tag))
        enqueue(.answer(lines), tag: tag)
    }

    private mutating func setFormat(_ name: String, tag: String) {
        guard let format = ReplyFormat(name: name) else {
            let known = ReplyFormat.allCases.map(\.rawValue).joined(separator: ", ")
            let message = name.isEmpty ? "FORMAT takes a name" : "unknown format \"\(name)\""
            return answer(ReplyError("22023", message, hint: "one of \(known)"), tag: tag)
        }
        self.format = format
        answer("OK format \(format.rawValue)", tag: tag)
    }

    private mutating func hello(_ options: String, tag: String) {
        if !options.isEmpty {
            guard let value = JSONValue(options.utf8), case .object(let members) = value else {
                let hint = "HELLO {\"decimals\":\"number\"}"
                return answer(ReplyError("22023", "HELLO takes one JSON object", hint: hint), tag: tag)
            }
            for member in members {
                switch (member.name, member.value.text) {
                case ("decimals", "number"?): decimalsAsNumbers = true
                case ("decimals", "string"?): decimalsAsNumbers = false
                case ("format", let name?) where ReplyFormat(name: name) != nil:
                    format = ReplyFormat(name: name) ?? format
                case ("decimals", _), ("format", _):
                    let error = ReplyError("22023", "unknown value for \"\(member.name)\" in HELLO")
                    return answer(error, tag: tag)
                default: break  // Unknown members are for servers newer than this one.
                }
            }
        }
        answer(helloAnswer, tag: tag)
    }

    private mutating func cancel(_ argument: String, tag: String) {
        guard argument.isEmpty || RequestTag.parse(argument) != nil else {
            return answer(ReplyError("42601", "CANCEL takes a tag", hint: "CANCEL @tag"), tag: tag)
        }
        let target = RequestTag.parse(argument) ?? tag
        guard let running = target.isEmpty ? untagged.running : tagged[target]?.running else {
            return answer("OK nothing to cancel", tag: tag)
        }
        actions.append(.cancel(running.id, .request))
        answer("OK cancelled", tag: tag)
    }

    private mutating func credit(_ argument: String, tag: String) {
        let words = argument.split(separator: " ")
        let target = words.count == 2 ? RequestTag.parse(String(words[0])) : (words.count == 1 ? "" : nil)
        guard let target, let rows = words.last.flatMap({ Int($0) }), (1...Int(Int32.max)).contains(rows) else {
            return answer(
                ReplyError("42601", "CREDIT takes a tag and a number of rows", hint: "CREDIT @tag 1000"),
                tag: tag
            )
        }
        if let running = target.isEmpty ? untagged.running : tagged[target]?.running {
            actions.append(.credit(running.id, rows))
        } else if target.isEmpty {
            untagged.credit = (untagged.credit ?? 0) + rows
        } else {
            guard tagged[target] != nil || tagged.count < limits.tagsMax else {
                return answer(ReplyError("53400", "more than \(limits.tagsMax) tags in use"), tag: tag)
            }
            let earlier = tagged[target]?.credit ?? 0
            tagged[target, default: RequestLane()].credit = earlier + rows
        }
        answer("OK", tag: tag)
    }

    private mutating func beginCounted(_ argument: String, tag: String) {
        guard let count = Int(argument), (0...Int(Int32.max)).contains(count) else {
            return closeNow(ReplyError("08P01", "SQL takes a number of bytes", hint: "SQL 9, line end, SELECT 1;"))
        }
        guard count <= limits.statementMax else {
            answer(statementTooLong, tag: tag)
            input = .restOfLongCounted(missing: count)
            return
        }
        guard count > 0 else {
            input = .endOfCounted(tag: nil)
            return answer(ReplyError("42601", "the statement is empty"), tag: tag)
        }
        partial.reserveCapacity(count)
        input = .counted(missing: count, tag: tag)
    }

    // MARK: Authentication

    private mutating func authenticate(_ words: [String], tag: String) {
        guard let token else { return answer("OK no authentication needed", tag: tag) }
        guard !isAuthenticated else { return answer("OK authenticated", tag: tag) }
        guard words.count == 2, words[0].uppercased() == "TOKEN" else {
            return refuse(ReplyError("28000", "unknown way to authenticate", hint: "AUTH TOKEN <token>"), tag: tag)
        }
        guard words[1].equalsInConstantTime(token) else {
            return refuse(ReplyError("28P01", "the token is wrong"), tag: tag)
        }
        isAuthenticated = true
        actions.append(.clearDeadline)
        answer("OK authenticated", tag: tag)
    }

    private mutating func refuseUnauthenticated(tag: String) {
        refuse(ReplyError("28000", "not authenticated", hint: "AUTH TOKEN <token>"), tag: tag)
    }

    /// Counts a failed try; the last one closes.
    private mutating func refuse(_ error: ReplyError, tag: String) {
        triesLeft -= 1
        if triesLeft > 0 {
            answer(error, tag: tag)
        } else {
            closeNow(error)
        }
    }
}

extension Verb {
    /// Whether a client may send it before it has said who it is.
    fileprivate var isAllowedUnauthenticated: Bool {
        switch self {
        case .authenticate, .hello, .ping, .help, .quit: true
        case .format, .cancel, .credit, .counted: false
        }
    }
}

extension String {
    /// Compares in a time that depends on the length of `self` only, so that a guess cannot be improved by timing.
    fileprivate func equalsInConstantTime(_ other: String) -> Bool {
        let expected = Array(other.utf8)
        var difference = UInt8(utf8.count == expected.count ? 0 : 1)
        for (index, byte) in utf8.enumerated() {
            difference |= byte ^ (expected.isEmpty ? 0xff : expected[index % expected.count])
        }
        return difference == 0
    }
}
