import Glibc
import Parser
import Server

/// Runs the statements of scripts in a session, one after another.
struct ScriptRunner {
    let session: SQLSession
    /// Whether the statements behind one that failed are run, too.
    let keepsGoing: Bool
    /// Variables from the command line; what the script DEFINEs under these names does not count.
    let variables: ScriptVariables
    /// Called before a query over what is there now; waits until that is all that was inserted before.
    var settle: () -> Void = {}

    /// Sends the variables of the command line to the server.
    func defineVariables() throws(ClientError) -> Bool {
        for statement in variables.definitions {
            guard case .succeeded = try session.run(statement, isQuiet: true) else { return false }
        }
        return true
    }

    /// Runs a file, `-` being standard input; false when a statement failed.
    func runFile(_ name: String) throws(ClientError) -> Bool {
        guard name != "-" else {
            return try run(ScriptReader(descriptor: STDIN_FILENO), file: "standard input")
        }
        let descriptor = open(name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ClientError("cannot read \(name): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        return try run(ScriptReader(descriptor: descriptor), file: name)
    }

    /// Runs every statement; stops at one that failed unless told otherwise, and answers whether all succeeded.
    func run(_ reader: ScriptReader, file: String?) throws(ClientError) -> Bool {
        var succeeded = true
        while let statement = reader.nextStatement() {
            if variables.overrides(statement.text) { continue }
            let place = file.map { (name: $0, line: statement.line) }
            let outcome: SQLSession.Outcome
            if BulkInsertParts(statement.text) == nil {
                if isPullQuery(statement.text) { settle() }
                outcome = try session.run(statement.text, file: place)
            } else {
                // Records follow their statement, or come from standard input when that is on the command line.
                let source = file == nil ? ScriptReader(descriptor: STDIN_FILENO) : reader
                if file != nil { reader.skipLine() }
                outcome = try session.run(statement.text, records: { source.nextRecords() }, file: place)
            }
            switch outcome {
            case .succeeded: break
            case .cancelled: return succeeded
            case .failed:
                succeeded = false
                guard keepsGoing else { return false }
            }
        }
        return succeeded
    }

    private func isPullQuery(_ text: String) -> Bool {
        var options = ParserOptions()
        options.variables = variables.values
        guard case .query(let query)? = try? SQLParser.parseStatement(text, options: options).kind else { return false }
        return query.emit == nil
    }
}

/// Values for `${name}` that were given on the command line as `NAME=VALUE`.
struct ScriptVariables {
    static let option = Option(
        "define",
        "D",
        value: "NAME=VALUE",
        "the value of ${NAME}, whatever the script DEFINEs; may be repeated"
    )

    /// The values by name as given.
    private(set) var values: [String: String] = [:]

    init(_ arguments: Arguments) throws(UsageError) {
        for text in arguments.all("define") {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw UsageError("--define takes NAME=VALUE, not \"\(text)\"")
            }
            values[parts[0].uppercased()] = parts[1]
        }
    }

    /// The DEFINE statements that make them.
    var definitions: [String] {
        values.sorted { $0.key < $1.key }.map { name, value in
            "DEFINE \(name) = '\(value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))';"
        }
    }

    /// Whether `statement` is a DEFINE of one of them.
    func overrides(_ statement: String) -> Bool {
        guard !values.isEmpty, let parsed = try? SQLParser.parseStatement(statement) else { return false }
        switch parsed.kind {
        case .define(let name, _): return values[name.text.uppercased()] != nil
        case .undefine(let name): return values[name.text.uppercased()] != nil
        default: return false
        }
    }
}
