import Glibc

/// From bytes to lines, counted statements and statements that end with `;`.
extension Session {
    /// Consumes some bytes, at least one of them.
    mutating func consume(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch input {
        case .requests:
            return consumeLine(bytes)
        case .restOfLongLine:
            guard let end = bytes.lineEnd(from: 0) else { return bytes.count }
            input = .requests
            return end + 1
        case .counted(let missing, let tag):
            let count = min(missing, bytes.count)
            partial.append(contentsOf: bytes[..<count])
            guard count == missing else {
                input = .counted(missing: missing - count, tag: tag)
                return count
            }
            input = .endOfCounted(tag: tag)
            return count
        case .restOfLongCounted(let missing):
            let count = min(missing, bytes.count)
            input = count == missing ? .endOfCounted(tag: nil) : .restOfLongCounted(missing: missing - count)
            return count
        case .endOfCounted(let tag):
            if bytes[0] == 0x0d { return 1 }
            let text = partial
            partial = []
            input = .requests
            if bytes[0] == 0x0a {
                if let tag { text.withUnsafeBytes { acceptStatement($0, tag: tag) } }
                return 1
            }
            closeNow(
                ReplyError("08P01", "expected a line end after the bytes of SQL", hint: "count bytes, not characters")
            )
            return 0
        case .records(let bulk):
            return consumeRecord(bytes, bulk)
        case .recordsToCome, .ended:
            return bytes.count
        }
    }

    private var currentLineMax: Int { isAuthenticated ? limits.lineMax : limits.unauthenticatedLineMax }

    private mutating func consumeLine(_ bytes: UnsafeRawBufferPointer) -> Int {
        let end = bytes.lineEnd(from: 0)
        let length = partial.count + (end ?? bytes.count)
        // A carriage return before the line feed is not counted, but is not worth a second look either.
        guard length <= currentLineMax + 1 else {
            partial = []
            refuseLongLine()
            if !isReadingOver, end == nil { input = .restOfLongLine }
            return end.map { $0 + 1 } ?? bytes.count
        }
        guard let end else {
            partial.append(contentsOf: bytes)
            return bytes.count
        }
        if partial.isEmpty {
            readLine(UnsafeRawBufferPointer(rebasing: bytes[..<end]))
        } else {
            partial.append(contentsOf: bytes[..<end])
            let line = partial
            partial.removeAll(keepingCapacity: partial.capacity <= 4096)
            line.withUnsafeBytes { readLine($0) }
        }
        return end + 1
    }

    private mutating func refuseLongLine() {
        let error = ReplyError(
            "54000",
            "the line is longer than \(currentLineMax) bytes",
            hint: "break it into lines, or send SQL <bytes>"
        )
        guard isAuthenticated else { return closeNow(error) }
        let tag = statementTag
        forgetStatement()
        answer(error, tag: tag)
    }

    mutating func forgetStatement() {
        statement.removeAll(keepingCapacity: statement.capacity <= 4096)
        statementTag = ""
        scanner = StatementScanner()
        dropsStatement = false
    }

    /// Reads one line without its line feed: verbs, or statements that begin, go on or end in it.
    mutating func readLine(_ whole: UnsafeRawBufferPointer) {
        var line = whole
        if line.last == 0x0d { line = UnsafeRawBufferPointer(rebasing: line[..<(line.count - 1)]) }
        if isFirstLine {
            isFirstLine = false
            guard !line.looksLikeHTTP else {
                return closeNow(
                    ReplyError("08P01", "this port speaks the Weir line protocol, not HTTP", hint: "nc, or weir sql")
                )
            }
        }
        var position = 0
        while !isReadingOver {
            if statement.isEmpty && !scanner.hasContent && scanner.isBlank && !dropsStatement {
                position = line.firstNonBlank(from: position)
                guard position < line.count else { return }
                guard let start = beginRequest(line, at: position) else { return }
                position = start
            }
            guard let end = scanner.scan(line, from: position) else {
                return keepStatement(UnsafeRawBufferPointer(rebasing: line[position...]))
            }
            finishStatement(UnsafeRawBufferPointer(rebasing: line[position...end]))
            position = end + 1
            guard case .requests = input else {
                // A bulk insert has begun: what follows on its line would be neither a record nor a statement.
                return refuseRest(UnsafeRawBufferPointer(rebasing: line[position...]))
            }
        }
    }

    /// Reads the tag and, if there is one, a verb, which takes the rest of the line.
    ///
    /// - Returns: where a statement begins, or nil when the line is done.
    private mutating func beginRequest(_ line: UnsafeRawBufferPointer, at start: Int) -> Int? {
        var position = start
        statementTag = ""
        if line[position] == UInt8(ascii: "@") {
            let end = line.firstBlank(from: position)
            let name = line[(position + 1)..<end]
            guard RequestTag.isValid(name) else {
                answer(ReplyError("42602", "a tag is 1 to 32 of A-Z a-z 0-9 _ . -"), tag: "")
                return nil
            }
            statementTag = String(decoding: name, as: UTF8.self)
            position = line.firstNonBlank(from: end)
            guard position < line.count else {
                answer(ReplyError("42601", "no request after the tag"), tag: statementTag)
                statementTag = ""
                return nil
            }
            guard statementTag.isEmpty || tagged[statementTag] != nil || tagged.count < limits.tagsMax else {
                answer(ReplyError("53400", "more than \(limits.tagsMax) tags in use"), tag: "")
                statementTag = ""
                return nil
            }
        }
        guard let verb = Verb(UnsafeRawBufferPointer(rebasing: line[position...])) else { return position }
        let tag = statementTag
        statementTag = ""
        obey(verb, tag: tag)
        return nil
    }

    /// Keeps the part of a statement whose end is not in this line.
    private mutating func keepStatement(_ part: UnsafeRawBufferPointer) {
        // Comments between statements belong to none.
        withUnsafeBytes(of: UInt8(0x0a)) { _ = scanner.scan($0, from: 0) }
        guard !dropsStatement else { return }
        if scanner.isBlank && statement.isEmpty && statementTag.isEmpty { return }
        guard statement.count + part.count < limits.statementMax else {
            answer(statementTooLong, tag: statementTag)
            statement = []
            dropsStatement = true
            return
        }
        statement.append(contentsOf: part)
        statement.append(0x0a)
    }

    /// The `;` has come.
    private mutating func finishStatement(_ part: UnsafeRawBufferPointer) {
        let tag = statementTag
        let hasContent = scanner.endedWithContent
        defer { forgetStatement() }
        guard !dropsStatement else { return }
        guard hasContent else {
            if !tag.isEmpty { answer(ReplyError("42601", "the statement is empty"), tag: tag) }
            return
        }
        guard statement.count + part.count <= limits.statementMax else { return answer(statementTooLong, tag: tag) }
        if statement.isEmpty {
            acceptStatement(part, tag: tag)
        } else {
            statement.append(contentsOf: part)
            statement.withUnsafeBytes { acceptStatement($0, tag: tag) }
        }
    }

    private mutating func refuseRest(_ rest: UnsafeRawBufferPointer) {
        guard rest.firstNonBlank(from: 0) < rest.count else { return }
        send(
            ReplyLine.make(
                .notice,
                "22P02 text after the INSERT on its line is skipped; records start on the next line"
            )
        )
    }

    var statementTooLong: ReplyError {
        ReplyError("54000", "the statement is longer than \(limits.statementMax) bytes")
    }
}

extension UnsafeRawBufferPointer {
    /// The first position from `start` that is no space or tab.
    fileprivate func firstNonBlank(from start: Int) -> Int {
        var index = start
        while index < count, self[index] == 0x20 || self[index] == 0x09 { index += 1 }
        return index
    }

    /// The first position from `start` that is a space or tab.
    fileprivate func firstBlank(from start: Int) -> Int {
        var index = start
        while index < count, self[index] != 0x20, self[index] != 0x09 { index += 1 }
        return index
    }

    /// Whether this is the request line of HTTP: a browser, or a page in one that was made to attack us.
    fileprivate var looksLikeHTTP: Bool {
        guard count >= 14 else { return false }
        let tail = self[(count - 8)...]
        return tail.elementsEqual("HTTP/1.1".utf8) || tail.elementsEqual("HTTP/1.0".utf8)
    }
}
