import CICU
import Values

/// A compiled regular expression.
final class RegularExpression {
    private let handle: OpaquePointer

    /// - Throws: ``FunctionError`` when the pattern is not valid.
    init(_ pattern: String) throws(FunctionError) {
        var message = [CChar](repeating: 0, count: 64)
        // ICU refuses an empty pattern; one that matches nothing but the empty text is the same.
        let handle = withBytes(pattern.isEmpty ? "(?:)" : pattern) { bytes in
            cicu_regex_open(bytes.bindMemory(to: CChar.self).baseAddress, Int64(bytes.count), &message, 64)
        }
        guard let handle else {
            let reason = String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw FunctionError("invalid regular expression '\(pattern)': \(reason)")
        }
        self.handle = handle
    }

    deinit { cicu_regex_close(handle) }

    /// Groups of the pattern, the whole match not counted.
    var groupCount: Int { Int(cicu_regex_groups(handle)) }

    /// The number of the group that the pattern gives a name; nil when there is none.
    func group(named name: UnsafeRawBufferPointer) -> Int? {
        guard let start = name.bindMemory(to: CChar.self).baseAddress else { return nil }
        let number = cicu_regex_group_number(handle, start, Int32(truncatingIfNeeded: name.count))
        return number > 0 ? Int(number) : nil
    }

    /// Calls `body` for every match in order until it returns false.
    func forEachMatch(in text: UnsafeRawBufferPointer, _ body: () throws -> Bool) rethrows {
        var empty: CChar = 0
        try withUnsafePointer(to: &empty) { nothing in
            let start = text.bindMemory(to: CChar.self).baseAddress ?? nothing
            guard cicu_regex_set_text(handle, start, Int64(text.count)) else { return }
            while cicu_regex_next(handle), try body() {}
        }
    }

    /// The bytes of a group of the match in hand, 0 for all of it; nil when it took no part.
    func range(of group: Int) -> Range<Int>? {
        var start: Int64 = 0
        var end: Int64 = 0
        guard cicu_regex_group(handle, Int32(truncatingIfNeeded: group), &start, &end) else { return nil }
        return Int(start)..<Int(end)
    }
}

extension FunctionCall {
    /// The regular expressions of an argument by row, each compiled once.
    func regularExpressions(_ argument: Int) -> (Int) throws(FunctionError) -> RegularExpression {
        let texts = Text.Reader(arguments[argument])
        let site = site
        return eachOrConstant(argument) { (row: Int) throws(FunctionError) in
            let pattern = texts(row).string
            return try site.cached(pattern) { () throws(FunctionError) in try RegularExpression(pattern) }
        }
    }
}
