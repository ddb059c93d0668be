import Values

/// The scalar functions by name; the planner, SHOW FUNCTIONS and DESCRIBE FUNCTION read it.
public struct FunctionLibrary: Sendable {
    private let families: [String: [ScalarFunction]]

    /// - Precondition: no signature occurs twice.
    public init(_ functions: [ScalarFunction]) {
        families = Dictionary(grouping: functions, by: \.name)
        for overloads in families.values {
            precondition(
                Set(overloads.map(\.parameterList)).count == overloads.count,
                "function \(overloads[0].name) has two overloads with one signature"
            )
        }
    }

    /// These functions and more.
    func adding(_ functions: [ScalarFunction]) -> FunctionLibrary {
        FunctionLibrary(families.values.flatMap(\.self) + functions)
    }

    /// The names of all functions, sorted.
    public var names: [String] { families.keys.sorted() }

    /// The overloads of `name`, in any case; empty when there is no such function.
    public func overloads(of name: String) -> [ScalarFunction] { families[name.uppercased()] ?? [] }

    /// The function that a call means.
    /// - Throws: ``FunctionResolutionError`` that lists the candidates.
    public func resolve(_ name: String, _ arguments: [ArgumentType]) throws(FunctionResolutionError) -> ResolvedFunction
    {
        let candidates = try family(name)
        let matches = candidates.compactMap { SignatureMatch($0, arguments) }
        guard let best = matches.min(by: { $0.cost < $1.cost }) else {
            throw .noOverload(name.uppercased(), arguments, candidates)
        }
        let equals = matches.filter { $0.cost == best.cost }
        guard equals.count == 1 else { throw .ambiguous(name.uppercased(), arguments, equals.map(\.function)) }
        guard let resolved = best.resolved() else { throw .noOverload(name.uppercased(), arguments, candidates) }
        return resolved
    }

    /// The parameter types of each lambda among the arguments of a call, in order: what the planner needs to type the
    /// bodies before it can ``resolve(_:_:)`` the call.
    public func lambdaParameters(
        _ name: String,
        _ arguments: [ArgumentType]
    ) throws(FunctionResolutionError) -> [[SQLType]] {
        let candidates = try family(name)
        for candidate in candidates {
            if let types = SignatureMatch(candidate, arguments)?.lambdaParameters() { return types }
        }
        throw .noOverload(name.uppercased(), arguments, candidates)
    }

    private func family(_ name: String) throws(FunctionResolutionError) -> [ScalarFunction] {
        let candidates = overloads(of: name)
        if candidates.isEmpty { throw .unknown(name.uppercased(), similar: similarNames(name.uppercased())) }
        return candidates
    }

    /// Known names at a small edit distance, nearest first.
    private func similarNames(_ name: String) -> [String] {
        let limit = max(1, name.utf8.count / 3)
        return families.keys.map { (distance: editDistance(name, $0), name: $0) }
            .filter { $0.distance <= limit }
            .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
            .prefix(3).map(\.name)
    }
}

/// How many single-character changes turn one text into the other.
func editDistance(_ left: String, _ right: String) -> Int {
    let a = Array(left.utf8)
    let b = Array(right.utf8)
    var row = Array(0...b.count)
    for i in a.indices {
        var diagonal = row[0]
        row[0] = i + 1
        for j in b.indices {
            let replaced = diagonal + (a[i] == b[j] ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
        }
    }
    return row[b.count]
}

/// A function with the types that one call fixes.
public struct ResolvedFunction: Hashable, Sendable {
    public let function: ScalarFunction
    /// The types that the arguments must have or be cast to; STRING for a time unit; for a lambda, the type
    /// that its body is cast to.
    public let argumentTypes: [SQLType]
    public let resultType: SQLType

    public init(_ function: ScalarFunction, argumentTypes: [SQLType], resultType: SQLType) {
        self.function = function
        self.argumentTypes = argumentTypes
        self.resultType = resultType
    }
}

/// Why a call has no meaning.
public enum FunctionResolutionError: Error, CustomStringConvertible {
    case unknown(String, similar: [String])
    case noOverload(String, [ArgumentType], [ScalarFunction])
    case ambiguous(String, [ArgumentType], [ScalarFunction])

    public var description: String {
        switch self {
        case .unknown(let name, _): "there is no function named \(name)"
        case .noOverload(let name, let arguments, _):
            "\(name) does not take (\(list(arguments)))"
        case .ambiguous(let name, let arguments, _):
            "more than one \(name) takes (\(list(arguments)))"
        }
    }

    /// What would do: similar names, or the valid signatures.
    public var hint: String? {
        switch self {
        case .unknown(_, let similar):
            similar.isEmpty ? "SHOW FUNCTIONS lists what there is" : "did you mean \(similar.joined(separator: ", "))?"
        case .noOverload(_, _, let candidates):
            "it takes: " + candidates.map(\.signature).joined(separator: "; ")
        case .ambiguous(_, _, let candidates):
            "CAST an argument so that one of them fits: " + candidates.map(\.signature).joined(separator: "; ")
        }
    }

    private func list(_ arguments: [ArgumentType]) -> String { arguments.map(\.description).joined(separator: ", ") }
}
