import Functions
import Glibc
import Values

/// A LIKE pattern as tokens over UTF-8: `%` is any run and `_` one character, neither matches a line break.
struct LikePattern {
    private enum Token {
        case bytes([UInt8])
        case one
        case run
    }

    private let tokens: [Token]
    /// The texts between runs, when the pattern has no `_` but several of them; each is sought behind the one before.
    private let segments: [[UInt8]]?

    init(_ pattern: UnsafeRawBufferPointer, escape: [UInt8]) {
        var tokens: [Token] = []
        var literal: [UInt8] = []
        func close() {
            if !literal.isEmpty { tokens.append(.bytes(literal)) }
            literal = []
        }
        var index = 0
        while index < pattern.count {
            let rest = UnsafeRawBufferPointer(rebasing: pattern[index...])
            if !escape.isEmpty, rest.starts(with: escape), rest.count > escape.count {
                index += escape.count
                literal.append(pattern[index])
            } else if pattern[index] == 0x25 {
                close()
                if case .run? = tokens.last {} else { tokens.append(.run) }
            } else if pattern[index] == 0x5F {
                close()
                tokens.append(.one)
            } else {
                literal.append(pattern[index])
            }
            index += 1
        }
        close()
        self.tokens = tokens
        segments = tokens.count > 3 ? LikePattern.segments(tokens) : nil
    }

    private static func segments(_ tokens: [Token]) -> [[UInt8]]? {
        var list: [[UInt8]] = []
        for token in tokens {
            switch token {
            case .one: return nil
            case .run: continue
            case .bytes(let literal): list.append(literal)
            }
        }
        guard case .run? = tokens.first, case .run? = tokens.last else { return nil }
        return list
    }

    /// True when the whole text matches.
    func matches(_ text: UnsafeRawBufferPointer) -> Bool {
        switch tokens.count {
        case 0: return text.isEmpty
        case 1:
            if case .bytes(let literal) = tokens[0] { return text.count == literal.count && starts(text, literal, 0) }
        case 2:
            if case .bytes(let literal) = tokens[0], case .run = tokens[1] {
                return starts(text, literal, 0) && isOneLine(text, literal.count..<text.count)
            }
            if case .run = tokens[0], case .bytes(let literal) = tokens[1] {
                let start = text.count - literal.count
                return start >= 0 && starts(text, literal, start) && isOneLine(text, 0..<start)
            }
        case 3:
            if case .run = tokens[0], case .bytes(let literal) = tokens[1], case .run = tokens[2],
                isOneLine(text, 0..<text.count)
            {
                return contains(text, literal)
            }
        default:
            if let segments, isOneLine(text, 0..<text.count) { return containsAll(text, segments) }
        }
        return search(text)
    }

    private func containsAll(_ text: UnsafeRawBufferPointer, _ segments: [[UInt8]]) -> Bool {
        var place = 0
        for segment in segments {
            guard let hit = segment.withUnsafeBytes({ ByteSearch.first($0, in: text, from: place) }) else {
                return false
            }
            place = hit + segment.count
        }
        return true
    }

    /// Goes back to the last run on a mismatch and gives it one character more.
    private func search(_ text: UnsafeRawBufferPointer) -> Bool {
        var token = 0
        var position = 0
        var lastRun = -1
        var runEnd = 0
        while true {
            if token == tokens.count, position == text.count { return true }
            if token < tokens.count, let next = step(tokens[token], text, position) {
                if case .run = tokens[token] {
                    lastRun = token
                    runEnd = position
                }
                position = next
                token += 1
                continue
            }
            guard lastRun >= 0, runEnd < text.count, !isLineBreak(text, runEnd) else { return false }
            runEnd += characterLength(text[runEnd])
            position = runEnd
            token = lastRun + 1
        }
    }

    private func step(_ token: Token, _ text: UnsafeRawBufferPointer, _ position: Int) -> Int? {
        switch token {
        case .run: return position
        case .one:
            guard position < text.count, !isLineBreak(text, position) else { return nil }
            return min(position + characterLength(text[position]), text.count)
        case .bytes(let literal): return starts(text, literal, position) ? position + literal.count : nil
        }
    }

    @inline(__always)
    private func starts(_ text: UnsafeRawBufferPointer, _ literal: [UInt8], _ position: Int) -> Bool {
        guard position + literal.count <= text.count, let base = text.baseAddress else { return literal.isEmpty }
        return literal.withUnsafeBytes { bytes in
            bytes.baseAddress.map { memcmp(base + position, $0, bytes.count) == 0 } ?? true
        }
    }

    private func contains(_ text: UnsafeRawBufferPointer, _ literal: [UInt8]) -> Bool {
        literal.withUnsafeBytes { ByteSearch.first($0, in: text) != nil }
    }

    private func isOneLine(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        for index in range where text[index] <= 0x0D || text[index] == 0xC2 || text[index] == 0xE2 {
            if isLineBreak(text, index) { return false }
        }
        return true
    }

    /// LF, CR, NEL, LINE SEPARATOR or PARAGRAPH SEPARATOR at `index`.
    @inline(__always)
    private func isLineBreak(_ text: UnsafeRawBufferPointer, _ index: Int) -> Bool {
        switch text[index] {
        case 0x0A, 0x0D: true
        case 0xC2: index + 1 < text.count && text[index + 1] == 0x85
        case 0xE2:
            index + 2 < text.count && text[index + 1] == 0x80 && (text[index + 2] == 0xA8 || text[index + 2] == 0xA9)
        default: false
        }
    }

    /// Bytes of the character that starts with `lead`.
    private func characterLength(_ lead: UInt8) -> Int { lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4 }
}

/// `value LIKE pattern`; FALSE when either is NULL.
final class LikeKernel: Kernel {
    private let value: Kernel
    private let pattern: Kernel
    private let escape: [UInt8]
    /// The pattern, where it is constant.
    private let compiled: LikePattern?
    override var isTotal: Bool { value.isTotal && pattern.isTotal }

    init(_ value: Kernel, _ pattern: Kernel, escape: Character?) {
        self.value = value
        self.pattern = pattern
        let escape = escape.map { Array(String($0).utf8) } ?? []
        self.escape = escape
        compiled = pattern.constant.flatMap { $0.isNull(0) ? nil : LikePattern($0.bytes(0), escape: escape) }
        super.init(.boolean)
    }

    override func evaluate(_ frame: Frame) -> Column {
        let texts = value.operand(frame)
        let patterns = pattern.operand(frame)
        return booleans(frame.count) { out in
            for row in 0..<frame.count {
                if texts.isNull(row) || patterns.isNull(row) {
                    out[row] = 0
                } else if let compiled {
                    out[row] = compiled.matches(texts.bytes(row)) ? 1 : 0
                } else {
                    out[row] = LikePattern(patterns.bytes(row), escape: escape).matches(texts.bytes(row)) ? 1 : 0
                }
            }
        }
    }
}
