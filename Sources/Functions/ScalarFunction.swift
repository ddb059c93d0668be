import Values

/// One overload of a scalar function: its signature, what it says about itself, and the code over whole columns.
public struct ScalarFunction: Sendable {
    /// Upper case.
    public let name: String
    /// What it does, in one sentence.
    public let summary: String
    /// A call and what it gives.
    public let example: FunctionExample?
    public let parameters: [ParameterType]
    /// True when the last parameter may be repeated or left out.
    public let isVariadic: Bool
    public let result: FunctionResult
    /// How NULL arguments are treated.
    public let nulls: NullPolicy
    /// False for RANDOM and the like, whose value is not folded.
    public let isDeterministic: Bool
    /// Computes a column from columns.
    public let evaluate: @Sendable (FunctionCall) -> Column

    /// A function over columns.
    public init(
        _ name: String,
        _ summary: String,
        example: FunctionExample? = nil,
        _ parameters: [ParameterType],
        variadic: Bool = false,
        returns result: FunctionResult,
        nulls: NullPolicy = .strict,
        isDeterministic: Bool = true,
        evaluate: @escaping @Sendable (FunctionCall) -> Column
    ) {
        self.name = name
        self.summary = summary
        self.example = example
        self.parameters = parameters
        isVariadic = variadic
        self.result = result
        self.nulls = nulls
        self.isDeterministic = isDeterministic
        self.evaluate = evaluate
    }

    /// The parameters of a call with `count` arguments; nil when the number is wrong.
    func parameters(forCount count: Int) -> [ParameterType]? {
        guard isVariadic, let last = parameters.last else { return parameters.count == count ? parameters : nil }
        guard count >= parameters.count - 1 else { return nil }
        return parameters.dropLast() + Array(repeating: last, count: count - parameters.count + 1)
    }

    /// How often the variable `name` stands in the signature; a rule for the result may depend on any.
    func occurrences(of name: String) -> Int {
        let count = parameters.reduce(0) { $0 + $1.occurrences(of: name) }
        switch result {
        case .pattern(let pattern): return count + pattern.occurrences(of: name)
        case .rule: return count + 1
        }
    }

    /// The parameters alone, such as `STRING, INTEGER...`.
    var parameterList: String {
        parameters.map(\.description).joined(separator: ", ") + (isVariadic ? "..." : "")
    }

    /// The signature as DESCRIBE FUNCTION shows it, such as `LPAD(STRING, INTEGER, STRING) -> STRING`.
    public var signature: String { "\(name)(\(parameterList)) -> \(result)" }
}

extension ScalarFunction: Hashable {
    /// Functions are equal when their signatures are.
    public static func == (left: ScalarFunction, right: ScalarFunction) -> Bool {
        left.name == right.name && left.parameters == right.parameters && left.isVariadic == right.isVariadic
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(parameters)
    }
}

/// What a function does with NULL arguments.
public enum NullPolicy: Sendable {
    /// Any NULL gives NULL, without asking the function.
    case strict
    /// The function sees NULLs and decides.
    case sees
}

/// The type of a function's result.
public enum FunctionResult: Sendable, CustomStringConvertible {
    /// As the variables of the signature say; ``ParameterType/decimal`` is the union of the DECIMAL arguments.
    case pattern(ParameterType)
    /// From the types of the arguments, e.g. for ROUND of a DECIMAL; with the words that signatures show.
    case rule(String, @Sendable ([SQLType]) -> SQLType)

    public var description: String {
        switch self {
        case .pattern(let pattern): "\(pattern)"
        case .rule(let description, _): description
        }
    }
}

/// A call as SQL and its value as text, shown by DESCRIBE FUNCTION and executed by a test.
public struct FunctionExample: Hashable, Sendable {
    public let call: String
    public let result: String

    public init(_ call: String, _ result: String) {
        self.call = call
        self.result = result
    }
}

infix operator → : TernaryPrecedence

/// The example that says: the call on the left gives the value on the right.
func → (call: String, result: String) -> FunctionExample { FunctionExample(call, result) }
