import Values

/// The aggregate functions by name; the planner, SHOW FUNCTIONS and DESCRIBE FUNCTION read it.
public struct AggregateLibrary: Sendable {
    /// Every aggregate function of the engine.
    public static let standard = AggregateLibrary(
        AggregateFunction.counting + AggregateFunction.summing + AggregateFunction.extremes
            + AggregateFunction.byOffset + AggregateFunction.collecting + AggregateFunction.top
            + AggregateFunction.distinct
            + AggregateFunction.statistics
    )

    private let functions: [String: AggregateFunction]

    /// - Precondition: no name occurs twice.
    public init(_ functions: [AggregateFunction]) {
        self.functions = Dictionary(uniqueKeysWithValues: functions.map { ($0.name, $0) })
    }

    /// These functions and more.
    func adding(_ functions: [AggregateFunction]) -> AggregateLibrary {
        AggregateLibrary(self.functions.values + functions)
    }

    /// The names of all functions, sorted.
    public var names: [String] { functions.keys.sorted() }

    /// The function `name`, in any case; nil when there is none.
    public subscript(_ name: String) -> AggregateFunction? { functions[name.uppercased()] }

    /// What a call means.
    /// - Parameters:
    ///   - types: of all arguments; none for COUNT(*).
    ///   - literals: the value of each argument that is a literal, nil for the others.
    /// - Throws: ``AggregateError``.
    public func resolve(
        _ name: String,
        _ types: [SQLType],
        literals: [Value?] = [],
        limits: AggregateLimits = AggregateLimits()
    ) throws(AggregateError) -> ResolvedAggregate {
        guard let function = self[name] else {
            throw AggregateError("there is no aggregate function named \(name.uppercased())", hint: nil)
        }
        let values = literals + [Value?](repeating: nil, count: max(types.count - literals.count, 0))
        let call = AggregateCall(types: types, literals: values, limits: limits)
        guard let binding = try function.bind(call) else {
            let list = types.map(\.description).joined(separator: ", ")
            throw AggregateError(
                "\(function.name) does not take (\(list))",
                hint: "it takes: " + function.signatures.joined(separator: "; ")
            )
        }
        return ResolvedAggregate(
            name: function.name,
            inputTypes: Array(types[..<binding.columns]),
            literals: values[binding.columns...].map { $0 ?? .null },
            limits: limits,
            resultType: binding.result,
            accumulator: binding.accumulator
        )
    }
}

/// An aggregate function with the types and literals of one call.
public struct ResolvedAggregate: Sendable {
    /// Upper case.
    public let name: String
    /// Types of the leading arguments, the ones that are evaluated for each row.
    public let inputTypes: [SQLType]
    /// Values of the arguments behind them.
    public let literals: [Value]
    public let limits: AggregateLimits
    public let resultType: SQLType
    /// Does the work.
    public let accumulator: any Accumulator

    /// False: the function cannot take a row back, so a table cannot be its source.
    public var canUndo: Bool { accumulator.canUndo }

    /// The value that a column had in the last row of the group, for columns that are selected beside aggregates.
    public static func carried(_ type: SQLType) -> ResolvedAggregate {
        ResolvedAggregate(
            name: "LAST",
            inputTypes: [type],
            literals: [],
            limits: AggregateLimits(),
            resultType: type,
            accumulator: offsetAccumulator(type, .latest, ignoresNulls: false, takesBack: true)
        )
    }
}

extension ResolvedAggregate: Hashable {
    /// Calls are equal when function, types, literals and limits are.
    public static func == (left: ResolvedAggregate, right: ResolvedAggregate) -> Bool {
        left.name == right.name && left.inputTypes == right.inputTypes && left.literals == right.literals
            && left.limits == right.limits
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(inputTypes)
        hasher.combine(literals)
    }
}

extension ResolvedAggregate: CustomStringConvertible {
    /// Function and types, such as `SUM(BIGINT)`.
    public var description: String {
        let literals = literals.map { value in
            switch value {
            case .integer(let number): "\(number)"
            case .bigint(let number): "\(number)"
            case .boolean(let flag): flag ? "TRUE" : "FALSE"
            case .string(let text): "'\(text)'"
            default: "\(value)"
            }
        }
        return "\(name)(" + (inputTypes.map(\.description) + literals).joined(separator: ", ") + ")"
    }
}

/// Why a call of an aggregate function has no meaning.
public struct AggregateError: Error, CustomStringConvertible {
    public let message: String
    /// The signatures there are.
    public let hint: String?

    public init(_ message: String, hint: String?) {
        self.message = message
        self.hint = hint
    }

    public var description: String { message }
}
