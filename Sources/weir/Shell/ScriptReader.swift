import Glibc
import Server

/// Reads statements, and the records behind a bulk insert, from a file, a pipe or a string.
final class ScriptReader {
    /// A statement and the place of the input at which it begins; line and column count from 1.
    struct Statement {
        var text: String
        var line: Int
        var column: Int
    }

    private let descriptor: Int32
    private var bytes: [UInt8]
    private var position = 0
    private var line = 1
    /// Characters before ``position`` on its line.
    private var indent = 0
    private var isAtEnd: Bool

    /// Reads `descriptor` to its end.
    init(descriptor: Int32) {
        self.descriptor = descriptor
        bytes = []
        isAtEnd = false
    }

    /// Reads `text`.
    init(text: String) {
        descriptor = -1
        bytes = Array(text.utf8)
        isAtEnd = true
    }

    /// The next statement, or nil at the end; the last one may lack its `;`.
    func nextStatement() -> Statement? {
        skipBlanks()
        let (firstLine, firstColumn) = (line, indent + 1)
        var splitter = StatementScanner()
        var scanned = position
        while true {
            let end = bytes.withUnsafeBytes { splitter.scan($0, from: scanned) }
            if let end {
                let text = take(upTo: end + 1)
                guard splitter.endedWithContent else { return nextStatement() }
                return Statement(text: text, line: firstLine, column: firstColumn)
            }
            scanned = bytes.count
            guard fill() else { break }
            if position == 0 { scanned = min(scanned, bytes.count) }
        }
        guard splitter.hasContent else { return nil }
        return Statement(text: take(upTo: bytes.count), line: firstLine, column: firstColumn)
    }

    /// Some record lines, whole ones with line feeds, without the `\.`; nil when there are no more.
    func nextRecords() -> [UInt8]? {
        if position == bytes.count { fill() }
        var end = position
        while true {
            guard let lineEnd = bytes[end...].firstIndex(of: 0x0a) else {
                if end > position { break }
                if fill() {
                    end = position
                    continue
                }
                end = bytes.count
                break
            }
            let line = bytes[end..<lineEnd]
            if line.elementsEqual("\\.".utf8) || line.elementsEqual("\\.\r".utf8) {
                if end > position { break }
                pass(lineEnd + 1)
                return nil
            }
            end = lineEnd + 1
        }
        guard end > position else { return nil }
        var records = Array(bytes[position..<end])
        pass(end)
        if records.last != 0x0a { records.append(0x0a) }
        return records
    }

    /// Forgets the rest of the line behind a bulk insert.
    func skipLine() {
        while position < bytes.count || fill() {
            let byte = bytes[position]
            pass(position + 1)
            if byte == 0x0a { return }
        }
    }

    private func skipBlanks() {
        while position < bytes.count || fill() {
            let byte = bytes[position]
            guard byte == 0x20 || (0x09...0x0d).contains(byte) else { return }
            pass(position + 1)
        }
    }

    private func take(upTo end: Int) -> String {
        let text = String(decoding: bytes[position..<end], as: UTF8.self)
        pass(end)
        return text
    }

    /// Moves to `end` and counts what lies before it.
    private func pass(_ end: Int) {
        for byte in bytes[position..<end] {
            if byte == 0x0a {
                line += 1
                indent = 0
            } else if byte & 0xC0 != 0x80 {
                indent += 1
            }
        }
        position = end
    }

    /// Reads more behind what there is; what has been taken is dropped only when everything has.
    @discardableResult
    private func fill() -> Bool {
        guard !isAtEnd else { return false }
        if position == bytes.count {
            bytes.removeAll(keepingCapacity: true)
            position = 0
        }
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count > 0 {
                bytes.append(contentsOf: chunk[..<count])
                return true
            }
            if count < 0, errno == EINTR, !Interrupt.take() { continue }
            isAtEnd = true
            return false
        }
    }
}
