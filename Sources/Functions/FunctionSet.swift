/// Every function that statements can call: scalar, aggregate and table functions.
///
/// The planner, SHOW FUNCTIONS and DESCRIBE FUNCTION get one; a program that embeds the engine can give it more functions.
public struct FunctionSet: Sendable {
    public private(set) var scalars: FunctionLibrary
    public private(set) var aggregates: AggregateLibrary
    public private(set) var tables: TableFunctionLibrary

    /// The functions of the dialect.
    public static let builtin = FunctionSet(scalars: .builtin, aggregates: .standard, tables: .standard)

    public init(scalars: FunctionLibrary, aggregates: AggregateLibrary, tables: TableFunctionLibrary) {
        self.scalars = scalars
        self.aggregates = aggregates
        self.tables = tables
    }

    /// These functions and more.
    /// - Precondition: no signature of a scalar function, and no name of another one, occurs twice.
    public func adding(
        scalars: [ScalarFunction] = [],
        aggregates: [AggregateFunction] = [],
        tables: [any TableFunction] = []
    ) -> FunctionSet {
        FunctionSet(
            scalars: self.scalars.adding(scalars),
            aggregates: self.aggregates.adding(aggregates),
            tables: self.tables.adding(tables)
        )
    }
}
