import Values

/// What a function takes in one place: a type, or a shape with variables that the arguments fix.
public indirect enum ParameterType: Hashable, Sendable {
    case exact(SQLType)
    /// DECIMAL of any precision and scale.
    case decimal
    /// Any type, the same wherever the name occurs in the signature.
    case generic(String)
    case array(ParameterType)
    case map(key: ParameterType, value: ParameterType)
    /// A unit keyword such as DAYS; the function gets it as a STRING, upper case and in the plural.
    case timeUnit
    /// A lambda with parameters of these types and a result of that type.
    case lambda([ParameterType], ParameterType)
}

extension ParameterType: CustomStringConvertible {
    /// The parameter as signatures show it, `ARRAY<T>` for one.
    public var description: String {
        switch self {
        case .exact(let type): "\(type)"
        case .decimal: "DECIMAL"
        case .generic(let name): name
        case .array(let element): "ARRAY<\(element)>"
        case .map(let key, let value): "MAP<\(key), \(value)>"
        case .timeUnit: "INTERVALUNIT"
        case .lambda(let parameters, let result):
            "LAMBDA(" + parameters.map(\.description).joined(separator: ", ") + ") -> \(result)"
        }
    }

    /// How often the variable `name` stands in the parameter.
    func occurrences(of name: String) -> Int {
        switch self {
        case .exact, .decimal, .timeUnit: 0
        case .generic(let other): other == name ? 1 : 0
        case .array(let element): element.occurrences(of: name)
        case .map(let key, let value): key.occurrences(of: name) + value.occurrences(of: name)
        case .lambda(let parameters, let result):
            parameters.reduce(result.occurrences(of: name)) { $0 + $1.occurrences(of: name) }
        }
    }

    /// True when the parameter has a variable anywhere.
    var isGeneric: Bool {
        switch self {
        case .exact, .decimal, .timeUnit: false
        case .generic: true
        case .array(let element): element.isGeneric
        case .map(let key, let value): key.isGeneric || value.isGeneric
        case .lambda(let parameters, let result): result.isGeneric || parameters.contains(where: \.isGeneric)
        }
    }
}

/// What stands in one place of a call, as far as overload resolution needs it.
public enum ArgumentType: Hashable, Sendable {
    case value(SQLType)
    /// A NULL without a type: fits every parameter.
    case null
    /// A unit keyword such as DAYS.
    case timeUnit
    /// A lambda of so many parameters; the type of its body, once it is known.
    case lambda(arity: Int, result: SQLType?)
}

extension ArgumentType: CustomStringConvertible {
    public var description: String {
        switch self {
        case .value(let type): "\(type)"
        case .null: "NULL"
        case .timeUnit: "INTERVALUNIT"
        case .lambda(let arity, _): "LAMBDA of \(arity)"
        }
    }
}
