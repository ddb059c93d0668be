import Parser
import Values

/// Reads the properties of a WITH clause by name, each as the kind of value it must have.
struct PropertyReader {
    let properties: Properties

    /// - Parameter idle: names that may be there, but that nobody should be told of.
    /// - Throws: when a property is not among the known ones.
    init(_ properties: Properties, known: [String], idle: [String] = [], statement: String) throws(PlanError) {
        self.properties = properties
        for property in properties.list {
            let name = property.name.text.uppercased()
            guard !known.contains(name), !idle.contains(name) else { continue }
            throw PlanError(
                SQLState.invalidProperty,
                "\(statement) has no property \(name)",
                at: property.name.position,
                hint: didYouMean(name, among: known) ?? "it has \(known.joined(separator: ", "))"
            )
        }
    }

    /// Where a property is named.
    func position(_ name: String) -> SourcePosition? { properties[name]?.name.position }

    func text(_ name: String) throws(PlanError) -> String? {
        guard let property = properties[name] else { return nil }
        guard case .string(let text) = property.value else { throw wrong(name, property, "a text in quotes") }
        return text
    }

    /// A word that stands for itself, in upper case.
    func word(_ name: String) throws(PlanError) -> String? { try text(name)?.uppercased() }

    func boolean(_ name: String) throws(PlanError) -> Bool? {
        guard let property = properties[name] else { return nil }
        switch property.value {
        case .boolean(let flag): return flag
        case .string(let text) where ["TRUE", "FALSE"].contains(text.uppercased()): return text.uppercased() == "TRUE"
        default: throw wrong(name, property, "true or false")
        }
    }

    func whole(_ name: String, in range: ClosedRange<Int64>) throws(PlanError) -> Int64? {
        guard let property = properties[name] else { return nil }
        let number: Int64? =
            switch property.value {
            case .integer(let number): Int64(number)
            case .bigint(let number): number
            case .string(let text): Int64(text)
            default: nil
            }
        guard let number, range.contains(number) else {
            let upper = range.upperBound == .max ? "" : " to \(range.upperBound)"
            throw wrong(name, property, "a whole number from \(range.lowerBound)\(upper)")
        }
        return number
    }

    /// A column's name: upper case unless it is in backquotes.
    func column(_ name: String) throws(PlanError) -> String? {
        guard let text = try text(name) else { return nil }
        if text.count > 1, text.hasPrefix("`"), text.hasSuffix("`") { return String(text.dropFirst().dropLast()) }
        return text.uppercased()
    }

    /// A single character, or SPACE or TAB.
    func delimiter(_ name: String) throws(PlanError) -> UInt8? {
        guard let property = properties[name] else { return nil }
        guard case .string(let text) = property.value else { throw wrong(name, property, "a character in quotes") }
        switch text.uppercased() {
        case "SPACE": return UInt8(ascii: " ")
        case "TAB": return UInt8(ascii: "\t")
        default:
            // A blank is easily overlooked.
            guard text.utf8.count == 1, let byte = text.utf8.first, byte > 0x20 else {
                throw wrong(name, property, "one ASCII character, SPACE or TAB")
            }
            return byte
        }
    }

    /// A length of time such as `30 SECONDS`, in milliseconds.
    func duration(_ name: String) throws(PlanError) -> Int64? {
        guard let property = properties[name], let text = try text(name) else { return nil }
        let words = text.uppercased().split(separator: " ")
        guard words.count == 2, let count = Int64(words[0]), count > 0,
            let unit = TimeUnit(rawValue: String(words[1]).hasSuffix("S") ? String(words[1]) : words[1] + "S"),
            let span = TimeSpan(count: count, unit: unit)
        else { throw wrong(name, property, "a length of time such as '30 SECONDS'") }
        return span.milliseconds
    }

    private func wrong(_ name: String, _ property: Property, _ expected: String) -> PlanError {
        PlanError(
            SQLState.invalidProperty,
            "property \(name) must be \(expected), not \(SQLFormatter.sql(property.value))",
            at: property.valuePosition
        )
    }
}
