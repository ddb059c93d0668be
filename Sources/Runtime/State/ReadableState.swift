import Values

/// An operator whose output rows stand in a store, where pull queries read them.
public protocol ReadableState: OperatorSpec {
    /// Calls `body` with the committed rows that `query` wants, in the order of the store, until it returns false.
    ///
    /// Callable on any thread.
    /// - Parameter stores: of all partitions that may hold rows.
    func rows(
        in database: any StateDatabase,
        stores: [StoreID],
        _ query: StateQuery,
        _ body: (Batch) throws -> Bool
    ) throws
}
