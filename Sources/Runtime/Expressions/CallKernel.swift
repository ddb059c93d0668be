import Functions
import Values

/// A call of a scalar function.
final class CallKernel: Kernel {
    private let function: ScalarFunction
    private let arguments: [Kernel]
    private let lambdas: [Lambda]
    private let source: Expression
    private var site: CallSite?

    init(_ function: ResolvedFunction, _ arguments: [Kernel], lambdas: [Lambda], source: Expression) {
        self.function = function.function
        self.arguments = arguments
        self.lambdas = lambdas
        self.source = source
        super.init(function.resultType)
    }

    override func evaluate(_ frame: Frame) -> Column {
        let site = site ?? CallSite(clock: frame.context.clock)
        self.site = site
        for lambda in lambdas { lambda.frame = frame }
        defer { for lambda in lambdas { lambda.frame = nil } }
        let call = FunctionCall(
            arguments: arguments.map { $0.guardedOperand(frame) },
            lambdas: lambdas,
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

/// A lambda as code: its body over a frame that has its parameters behind those of the lambdas around it.
final class Lambda: LambdaBody {
    private let body: Kernel
    private let needs: ColumnNeeds
    /// The rows of the call, while it runs.
    fileprivate(set) var frame: Frame?

    init(_ body: Kernel, needs: ColumnNeeds) {
        self.body = body
        self.needs = needs
    }

    func evaluate(_ parameters: [Column], rows: [Int32]) -> Column {
        guard let frame else { preconditionFailure("a lambda is evaluated while its call is") }
        let outer = frame.gather(rows, needed: needs)
        let inner = Frame(
            columns: outer.columns,
            timestamps: outer.timestamps,
            parameters: outer.parameters + parameters,
            count: rows.count,
            context: frame.context
        )
        let column = body.evaluate(inner)
        frame.absorb(inner, rows)
        return column
    }
}
