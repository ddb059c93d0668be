import Values

/// A function in SELECT that makes any number of rows out of one.
///
/// Works on columns: first it says how many rows each row becomes, then it gives their values, any part of them at a time.
public protocol TableFunction: Sendable {
    /// Upper case.
    var name: String { get }
    /// What it does, in one sentence.
    var summary: String { get }
    /// As DESCRIBE FUNCTION shows it, such as `EXPLODE(list ARRAY<T>) -> T`.
    var signature: String { get }
    /// A call over literals, and the values of the rows that it gives.
    var example: TableFunctionExample { get }
    /// Why a row can fail; see ``counts(_:count:into:)``.
    var failure: String { get }
    /// The type of the rows' values; nil when the function does not take arguments of these types.
    func resultType(_ arguments: [SQLType]) -> SQLType?
    /// How many rows each row becomes; -1 for a row that fails.
    func counts(_ arguments: [Column], count: Int, into counts: UnsafeMutablePointer<Int32>)
    /// The values number `positions` of the rows `rows`; NULL where the position is -1.
    func values(
        _ arguments: [Column],
        rows: UnsafePointer<Int32>,
        positions: UnsafePointer<Int32>,
        count: Int
    ) -> Column
}

/// A call that DESCRIBE FUNCTION shows and a test executes.
public struct TableFunctionExample: Sendable {
    /// As SQL.
    public let call: String
    public let argument: Value
    public let type: SQLType
    public let results: [Value]

    public init(call: String, argument: Value, type: SQLType, results: [Value]) {
        self.call = call
        self.argument = argument
        self.type = type
        self.results = results
    }
}

/// The table functions by name; the planner, SHOW FUNCTIONS and DESCRIBE FUNCTION read it.
public struct TableFunctionLibrary: Sendable {
    /// Every table function of the engine.
    public static let standard = TableFunctionLibrary([Explode(), CubeExplode()])

    private let functions: [String: any TableFunction]

    /// - Precondition: no name occurs twice.
    public init(_ functions: [any TableFunction]) {
        self.functions = Dictionary(uniqueKeysWithValues: functions.map { ($0.name, $0) })
    }

    /// These functions and more.
    func adding(_ functions: [any TableFunction]) -> TableFunctionLibrary {
        TableFunctionLibrary(self.functions.values + functions)
    }

    /// The names of all functions, sorted.
    public var names: [String] { functions.keys.sorted() }

    /// The function `name`, in any case; nil when there is none.
    public subscript(_ name: String) -> (any TableFunction)? { functions[name.uppercased()] }
}
