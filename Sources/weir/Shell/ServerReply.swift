import Server

/// One reply line, understood.
enum ServerReply {
    /// The header of a result.
    case header(ResultHeader)
    /// A row in JSON: the text of the array.
    case row([UInt8], isDeletion: Bool)
    /// A row in another format: the text without its class.
    case text([UInt8], isDeletion: Bool)
    /// Progress: an object.
    case progress(JSONValue)
    /// A notice: code and words.
    case notice(String, String)
    /// The end, with what the server says about it.
    case success(String)
    /// The end, with an error.
    case failure(ServerFailure)
    /// A class that this client does not know; to be skipped.
    case unknown

    init(_ line: [UInt8]) {
        guard let kind = line.first else {
            self = .unknown
            return
        }
        let rest = line.dropFirst()
        switch kind {
        case UInt8(ascii: "["): self = .row(line, isDeletion: false)
        case UInt8(ascii: "="): self = .text(Array(rest), isDeletion: false)
        case UInt8(ascii: "!"):
            self =
                rest.first == UInt8(ascii: "[")
                ? .row(Array(rest), isDeletion: true) : .text(Array(rest.dropFirst()), isDeletion: true)
        case UInt8(ascii: "#"): self = JSONValue(rest).map { .header(ResultHeader($0)) } ?? .unknown
        case UInt8(ascii: "~"): self = JSONValue(rest).map { .progress($0) } ?? .unknown
        case UInt8(ascii: "*"):
            let (code, text) = String(decoding: rest, as: UTF8.self).splitAtSpace()
            self = .notice(code, text)
        case UInt8(ascii: "+"): self = .success(String(decoding: rest, as: UTF8.self))
        case UInt8(ascii: "-"): self = .failure(ServerFailure(String(decoding: rest, as: UTF8.self)))
        default: self = .unknown
        }
    }
}

/// The columns of a result, and whether rows go on coming.
struct ResultHeader: Equatable {
    /// One column.
    struct Column: Equatable {
        var name: String
        var type: String
    }

    var columns: [Column] = []
    var isPush = false
    /// Whether rows replace earlier ones of the same key.
    var isUpsert = false

    init(_ value: JSONValue) {
        for column in value["columns"]?.elements ?? [] {
            guard let parts = column.elements, parts.count >= 2 else { continue }
            columns.append(Column(name: parts[0].text ?? "", type: parts[1].text ?? ""))
        }
        isPush = value["changes"] != nil
        isUpsert = value["changes"]?.text == "upsert"
    }
}

/// An error line taken apart.
struct ServerFailure: Equatable {
    var sqlstate: String
    var line: Int?
    var column: Int?
    var message: String
    var detail: String?
    var hint: String?

    init(_ text: String) {
        var (code, rest) = text.splitAtSpace()
        sqlstate = code
        let (place, afterPlace) = rest.splitAtSpace()
        let numbers = place.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        if numbers.count == 2, let line = numbers[0], let column = numbers[1] {
            self.line = line
            self.column = column
            rest = afterPlace
        }
        if let range = rest.firstRange(of: " | hint: ") {
            hint = String(rest[range.upperBound...])
            rest = String(rest[..<range.lowerBound])
        }
        if let range = rest.firstRange(of: " | detail: ") {
            detail = String(rest[range.upperBound...])
            rest = String(rest[..<range.lowerBound])
        }
        message = rest
    }

    /// What a person reads: the error, the line of the statement with a caret under the place, and the advice.
    ///
    /// - Parameters:
    ///   - statement: the text that was sent.
    ///   - file: the file it stands in and the line there at which it begins, when it is from a script.
    func report(statement: String, file: (name: String, line: Int)? = nil) -> String {
        var text = "ERROR \(sqlstate) \(message)"
        if let line, let column {
            if let file {
                text += "  (\(file.name), line \(file.line + line - 1), column \(column))"
            } else {
                text += "  (line \(line), column \(column))"
            }
            let lines = statement.split(separator: "\n", omittingEmptySubsequences: false)
            if (1...max(1, lines.count)).contains(line), lines.count >= line {
                let excerpt = String(lines[line - 1].prefix(400))
                // Tabs stay tabs, so that the caret stands under its character.
                let indent = excerpt.prefix(max(0, column - 1)).map { $0 == "\t" ? "\t" : " " }.joined()
                text += "\n  \(excerpt)\n  \(indent)^"
            }
        }
        if let detail { text += "\n  detail: \(detail)" }
        if let hint { text += "\n  hint: \(hint)" }
        return text
    }
}

extension String {
    /// The text before the first space and the text behind it.
    fileprivate func splitAtSpace() -> (String, String) {
        guard let space = firstIndex(of: " ") else { return (self, "") }
        return (String(self[..<space]), String(self[index(after: space)...]))
    }
}
