/// One option of a subcommand: the same line parses it and prints its help.
struct Option: Sendable {
    /// The long name without dashes.
    let name: String
    /// The letter of the short form.
    let letter: Character?
    /// What the value is called in the help, or nil for an option without a value.
    let value: String?
    /// What it does, as it stands in the help.
    let help: String

    init(_ name: String, _ letter: Character? = nil, value: String? = nil, _ help: String) {
        self.name = name
        self.letter = letter
        self.value = value
        self.help = help
    }
}

/// What was given on the command line, after parsing.
struct Arguments: Sendable {
    /// The values of each option by long name; an option without a value has an empty one.
    var values: [String: [String]] = [:]
    /// What is no option.
    var operands: [String] = []

    /// Whether the option was given.
    func has(_ name: String) -> Bool { values[name] != nil }

    /// The last value of the option, or nil.
    func value(_ name: String) -> String? { values[name]?.last }

    /// Every value of the option in order.
    func all(_ name: String) -> [String] { values[name] ?? [] }

    /// The value as a number within `range`, or nil when the option was not given.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(
                "--\(name) takes a number from \(range.lowerBound) to \(range.upperBound), not \"\(text)\""
            )
        }
        return number
    }
}

/// The command line makes no sense; ends with `ExitCode.usage`.
struct UsageError: Error {
    /// Why.
    let message: String

    init(_ message: String) { self.message = message }
}

/// What the process tells its caller.
enum ExitCode: Int32, Sendable {
    /// All went well.
    case ok = 0
    /// Something failed; it has been said on standard error.
    case failed = 1
    /// The command line was wrong.
    case usage = 2
}
