/// Reads the values of settings, and says what is wrong with one.
struct SettingReader {
    private let values: [String: String]
    /// One sentence for each setting that is ignored.
    let notices: [String]

    /// - Throws: ``PostgresError`` for a name that is unknown.
    init(_ given: [String: String], connector: String) throws(PostgresError) {
        var values: [String: String] = [:]
        var notices: [String] = []
        for (spelled, value) in given.sorted(by: { $0.key < $1.key }) {
            let name = spelled.lowercased()
            if SettingNames.known.contains(name) {
                values[name] = value
            } else if let reason = SettingNames.reasonToIgnore(name) {
                notices.append("setting '\(name)' is ignored: \(reason)")
            } else {
                let nearest = SettingNames.nearest(name, among: SettingNames.known)
                throw PostgresError(
                    .settings,
                    "unknown setting '\(spelled)' of connector \(connector)",
                    hint: nearest.map { "did you mean '\($0)'?" }
                        ?? "the settings are \(SettingNames.known.joined(separator: ", "))"
                )
            }
        }
        self.values = values
        self.notices = notices
    }

    /// The value; nil when it is missing or blank.
    func text(_ name: String) -> String? {
        guard let value = values[name], value.contains(where: { !$0.isWhitespace }) else { return nil }
        return value
    }

    func required(_ name: String) throws(PostgresError) -> String {
        guard let value = text(name) else {
            throw PostgresError(
                .settings,
                "setting '\(name)' is missing",
                hint: name == "connection.url" ? "'connection.url' = 'postgresql://user@host:5432/database'" : nil
            )
        }
        return value
    }

    func list(_ name: String) -> [String] { SettingReader.list(values[name] ?? "") }

    /// Names between commas without the blanks around them.
    static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { SettingReader.trimmed($0) }.filter { !$0.isEmpty }
    }

    func flag(_ name: String) throws(PostgresError) -> Bool? {
        guard let value = text(name) else { return nil }
        switch SettingReader.trimmed(value[...]).lowercased() {
        case "true": return true
        case "false": return false
        default: throw wrong(name, value, expected: "'true' or 'false'")
        }
    }

    func number(_ name: String, _ range: ClosedRange<Int>) throws(PostgresError) -> Int? {
        guard let value = text(name) else { return nil }
        guard let number = Int(SettingReader.trimmed(value[...])), range.contains(number) else {
            throw wrong(name, value, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func oneOf<T: RawRepresentable & CaseIterable>(_ name: String, _: T.Type) throws(PostgresError) -> T?
    where T.RawValue == String {
        guard let value = text(name) else { return nil }
        let word = SettingReader.trimmed(value[...]).lowercased()
        if let found = T(rawValue: word) { return found }
        let names = T.allCases.map(\.rawValue)
        let nearest = SettingNames.nearest(word, among: names)
        throw wrong(
            name,
            value,
            expected: names.map { "'\($0)'" }.joined(separator: ", "),
            hint: nearest.map { "did you mean '\($0)'?" }
        )
    }

    func wrong(_ name: String, _ value: String, expected: String, hint: String? = nil) -> PostgresError {
        PostgresError(.settings, "setting '\(name)' is '\(value)', expected \(expected)", hint: hint)
    }

    private static func trimmed(_ text: Substring) -> String {
        var rest = text
        while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }
}
