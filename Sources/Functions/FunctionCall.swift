import Values

/// One evaluation of a function over the rows of a batch.
public struct FunctionCall {
    /// The arguments but for lambdas.
    public let arguments: [Argument]
    /// The lambdas among the arguments, in order.
    public let lambdas: [any LambdaBody]
    /// Rows of the result.
    public let count: Int
    /// The type of the result.
    public let result: SQLType
    /// Keeps what outlives the batch, and takes errors.
    public let site: CallSite

    public init(
        arguments: [Argument],
        lambdas: [any LambdaBody] = [],
        count: Int,
        result: SQLType,
        site: CallSite
    ) {
        self.arguments = arguments
        self.lambdas = lambdas
        self.count = count
        self.result = result
        self.site = site
    }

    /// An argument: a column with a row for every row, or one row that stands for all of them.
    public struct Argument {
        public let column: Column
        /// 0 for a constant, all bits set otherwise: `row & mask` is the row to read.
        public let mask: Int

        public init(_ column: Column, isConstant: Bool) {
            self.column = column
            mask = isConstant ? 0 : ~0
        }

        /// True when the argument has one row that stands for all.
        public var isConstant: Bool { mask == 0 }

        @inlinable
        public func isNull(_ row: Int) -> Bool { column.isNull(row & mask) }

        /// The bytes of a STRING or BYTES argument.
        @inlinable
        public func bytes(_ row: Int) -> UnsafeRawBufferPointer { column.bytes(row & mask) }
    }
}

/// A lambda that a function applies, to many sets of parameters at once.
public protocol LambdaBody: AnyObject {
    /// The value of the body for each set of parameters; set i belongs to row `rows[i]` of the call, whose columns the
    /// body may read. A set that fails makes its row fail.
    func evaluate(_ parameters: [Column], rows: [Int32]) -> Column
}

/// What one call in one expression of one task keeps: compiled patterns, its clock, and the errors of the last batch.
///
/// Used by one thread.
public final class CallSite {
    /// A row whose value could not be computed, and why.
    public struct Failure {
        public let row: Int
        public let reason: String
    }

    /// The failures since they were last taken, in no order.
    public private(set) var failures: [Failure] = []
    /// Milliseconds since 1970.
    public let clock: () -> Int64
    /// Things that are costly to make, such as compiled patterns, by the text that they were made from.
    private var cache: [String: AnyObject] = [:]

    /// Cached things per call at the most; the cache starts anew when patterns come from data and exceed it.
    private static let cacheEntriesMax = 256

    public init(clock: @escaping () -> Int64) { self.clock = clock }

    /// Notes that row `row` has no value, which the caller leaves NULL.
    public func fail(_ row: Int, _ reason: String) { failures.append(Failure(row: row, reason: reason)) }

    /// Hands over the failures.
    public func takeFailures() -> [Failure] {
        let taken = failures
        failures.removeAll(keepingCapacity: true)
        return taken
    }

    /// What `make` made for `text` earlier, or makes now.
    public func cached<Thing: AnyObject, Problem: Error>(
        _ text: String,
        _ make: () throws(Problem) -> Thing
    ) throws(Problem) -> Thing {
        if let known = cache[text] as? Thing { return known }
        let thing = try make()
        if cache.count >= CallSite.cacheEntriesMax { cache.removeAll() }
        cache[text] = thing
        return thing
    }
}

/// Why a function has no value for a row: one sentence.
public struct FunctionError: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }

    /// A date or time that its type cannot hold.
    static var timeOutOfRange: FunctionError { FunctionError("the date or time is out of range") }
}
