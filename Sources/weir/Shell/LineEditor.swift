@preconcurrency import CLibEdit
import Glibc
import Parser

/// Reads lines from a terminal with editing, history and completion, by libedit.
enum LineEditor {
    /// What reading a line came to.
    enum Input {
        case line(String)
        /// Ctrl-C: the line is forgotten.
        case interrupted
        /// Ctrl-D on an empty line.
        case end
    }

    private static let historyMax: Int32 = 2000
    /// The words that may still complete what is typed; libedit asks for them one by one.
    nonisolated(unsafe) private static var candidates: [String] = []

    nonisolated(unsafe) private static var isContinued = false

    private static var historyPath: String? {
        getenv("HOME").map { String(cString: $0) + "/.weir_history" }
    }

    /// Sets up the terminal and loads the history.
    static func start() {
        setlocale(LC_CTYPE, "")
        rl_initialize()
        using_history()
        stifle_history(historyMax)
        if let historyPath { _ = read_history(historyPath) }
        rl_completion_append_character = Int32(UInt8(ascii: " "))
        rl_attempted_completion_function = { text, start, _ in
            guard let text, text.pointee != 0 else { return nil }
            let isFirstWord = start == 0 && !LineEditor.isContinued
            let words = CompletionWords.completions(of: String(cString: text), startsStatement: isFirstWord)
            LineEditor.candidates = words
            return rl_completion_matches(text) { _, state in
                guard state < LineEditor.candidates.count else { return nil }
                return strdup(LineEditor.candidates[Int(state)])
            }
        }
        // Nothing of ours completes file names.
        rl_completion_entry_function = { _, _ in nil }
    }

    /// The next line; `isContinued` when it is not the first one of its statement.
    static func read(prompt: String, isContinued: Bool = false) -> Input {
        self.isContinued = isContinued
        guard let text = readline(prompt) else {
            guard Interrupt.take() else { return .end }
            writeAll(Array("\n".utf8), to: STDOUT_FILENO)
            return .interrupted
        }
        defer { free(text) }
        return .line(String(cString: text))
    }

    /// Keeps a statement in the history; on one line, as the history file wants it.
    static func remember(_ statement: String) {
        let line = String(statement.map { $0.isNewline ? " " : $0 })
        add_history(line)
        if let historyPath { _ = write_history(historyPath) }
    }
}
