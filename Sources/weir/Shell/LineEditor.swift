@preconcurrency import CLibEdit
import Glibc

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
        rl_attempted_completion_function = { text, _, _ in
            guard let text else { return nil }
            LineEditor.candidates = CompletionWords.matching(String(cString: text))
            return rl_completion_matches(text) { _, state in
                guard state < LineEditor.candidates.count else { return nil }
                return strdup(LineEditor.candidates[Int(state)])
            }
        }
        // Nothing of ours completes file names.
        rl_completion_entry_function = { _, _ in nil }
    }

    /// The next line.
    static func read(prompt: String) -> Input {
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

/// The words that the Tab key completes.
enum CompletionWords {
    static let all = """
        ADD ADVANCE ALL ALTER AND ARRAY AS ASSERT AVG BETWEEN BIGINT BOOLEAN BY BYTES CASE CAST CHANGES COLLECT_LIST \
        COUNT CREATE DATE DECIMAL DEFINE DELETE DESCRIBE DISTINCT DOUBLE DROP EARLIEST_BY_OFFSET ELSE EMIT END EXISTS \
        EXPLAIN EXTENDED FINAL FORMAT FROM FULL FUNCTIONS GRACE GROUP HAVING HOPPING HOURS IF IN INNER INSERT INTEGER \
        INTO IS JOIN JSON KEY LATEST_BY_OFFSET LEFT LIKE LIMIT LIST MAP MAX MILLISECONDS MIN MINUTES NOT NULL ON OR \
        OUTER PARTITION PAUSE PERIOD PRIMARY PRINT PROPERTIES QUERIES REPLACE RESUME RETENTION RIGHT SECONDS SELECT \
        SESSION SET SHOW SIZE SOURCE STREAM STREAMS STRING STRUCT SUM TABLE TABLES TERMINATE THEN TIME TIMESTAMP TOPIC \
        TOPICS TUMBLING TYPE TYPES UNDEFINE UNSET VALUES VARIABLES WHEN WHERE WINDOW WITH WITHIN
        """.split(separator: " ").map(String.init)

    /// The words that begin with `prefix`, in its case.
    static func matching(_ prefix: String) -> [String] {
        guard !prefix.isEmpty else { return [] }
        let upper = prefix.uppercased()
        let found = all.filter { $0.hasPrefix(upper) }
        return prefix == upper ? found : found.map { $0.lowercased() }
    }
}
