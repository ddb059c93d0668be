import Parser

/// Any text: an error with a place, or statements that are the same after they were written out and read again.
enum ParserTarget {
    static func run(_ bytes: UnsafeRawBufferPointer) {
        let text = String(decoding: bytes, as: UTF8.self)
        let statements: [Statement]
        do {
            statements = try SQLParser.parse(text)
        } catch {
            precondition(!error.message.isEmpty && !error.description.isEmpty, "an error says something")
            return
        }
        for statement in statements {
            let written = SQLFormatter.sql(statement)
            guard let again = try? SQLParser.parse(written) else {
                preconditionFailure("what was written can be read: \(written)")
            }
            precondition(again.count == 1, "a statement is written as one: \(written)")
            precondition(again[0] == statement, "a statement is written as it is: \(written)")
        }
    }
}
