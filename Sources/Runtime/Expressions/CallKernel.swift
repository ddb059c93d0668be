import Functions
import Values

/// A call of a scalar function.
final class CallKernel: Kernel {
    private let function: ScalarFunction
    private let arguments: [Kernel]
    private let source: Expression
    private var site: CallSite?

    init(_ function: ResolvedFunction, _ arguments: [Kernel], source: Expression) {
        self.function = function.function
        self.arguments = arguments
        self.source = source
        super.init(function.resultType)
    }

    override func evaluate(_ frame: Frame) -> Column {
        let site = site ?? CallSite(clock: frame.context.clock)
        self.site = site
        let call = FunctionCall(
            arguments: arguments.map { $0.guardedOperand(frame) },
            count: frame.count,
            result: type,
            site: site
        )
        let column = function.evaluate(call)
        assert(column.count == frame.count, "a function answers every row")
        if !site.failures.isEmpty {
            for failure in site.takeFailures() { frame.fail(failure.row, source, failure.reason) }
        }
        return column
    }
}
