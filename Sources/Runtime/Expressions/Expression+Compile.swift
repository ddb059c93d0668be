import Functions
import Values

/// Why an expression has no kernels: one sentence for the user.
public struct ExpressionError: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

extension Expression {
    /// The expression as code over columns, constants folded.
    ///
    /// Each task compiles its own.
    /// - Throws: ``ExpressionError`` when an operator does not take operands of such types.
    public func compiled() throws(ExpressionError) -> CompiledExpression {
        CompiledExpression(self, try ExpressionCompiler().kernel(self))
    }
}

/// Turns expressions into kernels, operands first.
struct ExpressionCompiler {
    /// The parameters of the lambdas around the expression, innermost last.
    var parameters: [Expression.Parameter] = []

    func kernel(_ node: Expression) throws(ExpressionError) -> Kernel {
        let kernel = try unfolded(node)
        return fold(kernel, node)
    }

    private func kernels(_ nodes: [Expression]) throws(ExpressionError) -> [Kernel] {
        var list: [Kernel] = []
        for node in nodes { list.append(try kernel(node)) }
        return list
    }

    /// The kernel of a node that reads nothing, as a constant; not if it fails, which each row shall report.
    private func fold(_ kernel: Kernel, _ node: Expression) -> Kernel {
        if kernel is ConstantKernel || !isConstant(node) { return kernel }
        let context = EvaluationContext()
        let frame = Frame(columns: [], timestamps: Column.of(.bigint, [.bigint(0)]), count: 1, context: context)
        let column = frame.guarded { kernel.evaluate(frame) }
        frame.report { _ in false }
        return context.problemCount == 0 ? ConstantKernel(column) : kernel
    }

    private func isConstant(_ node: Expression) -> Bool {
        switch node {
        case .literal: return true
        case .column, .rowTime, .parameter, .lambda: return false
        case .call(let function, _) where !function.function.isDeterministic: return false
        default: return node.children.allSatisfy(isConstant)
        }
    }

    private func unfolded(_ node: Expression) throws(ExpressionError) -> Kernel {
        switch node {
        case .column(let index, _, let type): return ColumnKernel(index, type)
        case .rowTime: return RowTimeKernel()
        case .literal(let value, let type): return ConstantKernel(Column.of(type, [value]))
        case .parameter(let name, let type):
            guard let slot = parameters.lastIndex(where: { $0.name == name }) else {
                throw ExpressionError("\(name) is not a parameter of a lambda around it")
            }
            return ParameterKernel(slot, type)
        case .arithmetic(let op, let left, let right, let type):
            return complete(try arithmetic(op, kernel(left), kernel(right), type, node), node)
        case .negate(let value):
            guard value.type.isNumeric else { throw ExpressionError("\(value.type) has no negative") }
            return complete(NegationKernel(try kernel(value)), node)
        case .comparison(let op, let left, let right):
            let operands = try kernels([left, right])
            if op.isNullSafe { return try comparison(op, operands[0], operands[1], node) }
            return try strict([left, right], operands) { operands throws(ExpressionError) in
                try comparison(op, operands[0], operands[1], node)
            }
        case .cast(let value, let type): return try cast(kernel(value), type, node)
        case .element(let container, let index): return try element(container, index, node)
        case .field(let value, let index):
            guard value.type.childTypes.indices.contains(index), case .structure = value.type else {
                throw ExpressionError("\(value.type) has no field number \(index)")
            }
            return FieldKernel(try kernel(value), index)
        case .array(let parts, let element): return ArrayConstructor(try kernels(parts), element: element)
        case .map(let entries, _, _):
            let keys = try kernels(entries.map(\.key))
            return MapConstructor(
                Array(zip(keys, try kernels(entries.map(\.value))).map { (key: $0, value: $1) }),
                node.type
            )
        case .structure(let fields): return StructConstructor(try kernels(fields.map(\.value)), node.type)
        case .call(let function, let arguments): return try call(function, arguments, node)
        case .lambda: throw ExpressionError("a lambda may only be an argument of a function")
        default: return try condition(node)
        }
    }

    /// In a lambda an operand that is NULL fails the row: the call has no value, not one with NULLs in it.
    private func complete(_ kernel: Kernel, _ node: Expression) -> Kernel {
        parameters.isEmpty ? kernel : CompleteKernel(kernel, source: node)
    }

    // MARK: - Conditions

    private func condition(_ node: Expression) throws(ExpressionError) -> Kernel {
        switch node {
        case .and(let parts): return complete(try logic(isAnd: true, parts), node)
        case .or(let parts): return complete(try logic(isAnd: false, parts), node)
        case .not(let value):
            return complete(NotKernel(try boolean(value)), node)
        case .isNull(let value): return NullTest(try kernel(value), isNull: true)
        case .isNotNull(let value): return NullTest(try kernel(value), isNull: false)
        case .between(let value, let low, let high):
            let shared = SharedKernel(try kernel(value))
            return LogicKernel(
                isAnd: true,
                [
                    try strict([value, low], [shared, kernel(low)]) { operands throws(ExpressionError) in
                        try comparison(.greaterOrEqual, operands[0], operands[1], node)
                    },
                    try strict([value, high], [shared, kernel(high)]) { operands throws(ExpressionError) in
                        try comparison(.lessOrEqual, operands[0], operands[1], node)
                    },
                ],
                needs: [ColumnNeeds([value, low]), ColumnNeeds([value, high])]
            )
        case .inList(let value, let items):
            return try strict([value] + items, kernels([value] + items)) { operands throws(ExpressionError) in
                try list(operands[0], Array(operands.dropFirst()), value, items, node)
            }
        case .like(let value, let pattern, let escape):
            guard value.type == .string, pattern.type == .string else {
                throw ExpressionError("LIKE compares STRINGs, not \(value.type) with \(pattern.type)")
            }
            return LikeKernel(try kernel(value), try kernel(pattern), escape: escape)
        case .cases(let branches, let otherwise, let type): return try cases(branches, otherwise, type)
        default: throw ExpressionError("\(node) is not a condition")
        }
    }

    /// A test of operands, NULL where arithmetic among them has no result: a comparison with a NULL that was read is FALSE,
    /// one with a NULL that was computed has no answer, so that NOT does not turn it into TRUE.
    private func strict(
        _ nodes: [Expression],
        _ kernels: [Kernel],
        _ test: ([Kernel]) throws(ExpressionError) -> Kernel
    ) throws(ExpressionError) -> Kernel {
        var operands = kernels
        var computed: [Kernel] = []
        for (index, node) in nodes.enumerated() where parameters.isEmpty && node.isArithmetic {
            operands[index] = SharedKernel(operands[index])
            computed.append(operands[index])
        }
        if computed.contains(where: { $0.constant?.isNull(0) == true }) {
            return ConstantKernel(Column.of(.boolean, [.null]))
        }
        let kernel = try test(operands)
        return computed.isEmpty ? kernel : StrictKernel(kernel, of: computed)
    }

    private func boolean(_ node: Expression) throws(ExpressionError) -> Kernel {
        guard node.type == .boolean else { throw ExpressionError("\(node) is \(node.type), not BOOLEAN") }
        return try kernel(node)
    }

    private func logic(isAnd: Bool, _ parts: [Expression]) throws(ExpressionError) -> Kernel {
        var list: [Kernel] = []
        for part in parts { list.append(try boolean(part)) }
        if list.count == 1 { return list[0] }
        guard !list.isEmpty else { throw ExpressionError("a condition without parts") }
        return LogicKernel(isAnd: isAnd, list, needs: parts.map { ColumnNeeds([$0]) })
    }

    private func cases(
        _ branches: [Expression.Branch],
        _ otherwise: Expression?,
        _ type: SQLType
    ) throws(ExpressionError) -> Kernel {
        guard branches.count < 255 else { throw ExpressionError("a CASE has at most 254 branches") }
        var list: [CaseKernel.Branch] = []
        for branch in branches {
            list.append(
                CaseKernel.Branch(
                    condition: try boolean(branch.condition),
                    conditionNeeds: ColumnNeeds([branch.condition]),
                    result: try cast(kernel(branch.result), type, branch.result),
                    resultNeeds: ColumnNeeds([branch.result])
                )
            )
        }
        guard let otherwise else { return CaseKernel(list, otherwise: nil, type) }
        return CaseKernel(
            list,
            otherwise: (try cast(kernel(otherwise), type, otherwise), ColumnNeeds([otherwise])),
            type
        )
    }

    /// Lists longer than this are looked up in a hash table.
    private static let comparedItemsMax = 8

    private func list(
        _ operand: Kernel,
        _ itemOperands: [Kernel],
        _ value: Expression,
        _ items: [Expression],
        _ node: Expression
    ) throws(ExpressionError) -> Kernel {
        let shared = SharedKernel(operand)
        var constants: [Column] = []
        var tests: [Kernel] = []
        var needs: [ColumnNeeds] = []
        for (item, operand) in zip(items, itemOperands) {
            if let constant = operand.constant, constant.isNull(0) { continue }
            if let constant = operand.constant, constant.type == value.type { constants.append(constant) }
            tests.append(try comparison(.equal, shared, operand, node))
            needs.append(ColumnNeeds([value, item]))
        }
        let isHashable = value.type.childTypes.isEmpty && value.type != .double
        if tests.count > ExpressionCompiler.comparedItemsMax, constants.count == tests.count, isHashable {
            return ConstantListKernel(shared, constants)
        }
        guard let first = tests.first else { return ConstantKernel(Column.of(.boolean, [.boolean(false)])) }
        if tests.count == 1 { return first }
        return LogicKernel(isAnd: false, tests, needs: needs)
    }

    private func comparison(
        _ op: Expression.Comparison,
        _ left: Kernel,
        _ right: Kernel,
        _ node: Expression
    ) throws(ExpressionError) -> Kernel {
        guard let type = op.operandType(left.type, right.type) else {
            throw ExpressionError("\(left.type) \(op.rawValue) \(right.type) is not supported")
        }
        let leftIsNull = left.constant?.isNull(0) ?? false
        let rightIsNull = right.constant?.isNull(0) ?? false
        if leftIsNull || rightIsNull {
            guard op.isNullSafe else { return ConstantKernel(Column.of(.boolean, [.boolean(false)])) }
            return NullTest(leftIsNull ? right : left, isNull: op == .isNotDistinct)
        }
        if case .decimal = type, case (.decimal, .decimal) = (left.type, right.type) {
            if left.type.decimalScale != right.type.decimalScale || left.type.storage != right.type.storage {
                return DecimalComparison(op, left, right)
            }
            // Of the same scale wide ones are in the order of their bytes.
            return left.type.isWideDecimal ? TextComparison(op, left, right) : FixedComparison(op, left, right)
        }
        let a = try cast(left, type, node)
        let b = try cast(right, type, node)
        switch type {
        case .string, .bytes: return TextComparison(op, a, b)
        case .decimal where type.isWideDecimal: return TextComparison(op, a, b)
        case .array, .map, .structure: return DeepComparison(op, a, b)
        default: return FixedComparison(op, a, b)
        }
    }

    // MARK: - Values

    private func arithmetic(
        _ op: Expression.Arithmetic,
        _ left: Kernel,
        _ right: Kernel,
        _ type: SQLType,
        _ node: Expression
    ) throws(ExpressionError) -> Kernel {
        guard let natural = op.resultType(left.type, right.type) else {
            throw ExpressionError("\(left.type) \(op.rawValue) \(right.type) is not supported")
        }
        if natural == .string { return TextSum(left, right, source: node) }
        if left.constant?.isNull(0) ?? false || right.constant?.isNull(0) ?? false {
            return ConstantKernel(Column.of(type, [.null]))
        }
        let kernel: Kernel
        switch natural {
        case .integer: kernel = IntegerArithmetic(op, left, right, natural, source: node)
        case .bigint:
            kernel = IntegerArithmetic(
                op,
                try cast(left, natural, node),
                try cast(right, natural, node),
                natural,
                source: node
            )
        case .double: kernel = DoubleArithmetic(op, try cast(left, natural, node), try cast(right, natural, node))
        default:
            let (a, b) = (try exact(left, node), try exact(right, node))
            kernel =
                DecimalArithmetic.fits(op, a.type, b.type, natural)
                ? DecimalArithmetic(op, a, b, natural, source: node)
                : WideArithmetic(op, a, b, natural, source: node)
        }
        return try cast(kernel, type, node)
    }

    /// A whole number as DECIMAL; a DECIMAL as it is.
    private func exact(_ kernel: Kernel, _ node: Expression) throws(ExpressionError) -> Kernel {
        guard let digits = kernel.type.asDecimal else { return kernel }
        return try cast(kernel, .decimal(precision: digits.precision, scale: digits.scale), node)
    }

    private func cast(_ kernel: Kernel, _ type: SQLType, _ node: Expression) throws(ExpressionError) -> Kernel {
        if kernel.type == type { return kernel }
        guard kernel.type.canCast(to: type) else {
            throw ExpressionError("Cast of \(kernel.type) to \(type) is not supported")
        }
        let cast = CastKernel(kernel, type, source: node)
        guard let constant = kernel.constant else { return cast }
        var isGood = true
        let column = Cast(fail: { _, _ in isGood = false }).column(constant, to: type)
        return isGood ? ConstantKernel(column) : cast
    }

    private func call(
        _ function: ResolvedFunction,
        _ arguments: [Expression],
        _ node: Expression
    ) throws(ExpressionError) -> Kernel {
        guard arguments.count == function.argumentTypes.count else {
            throw ExpressionError("\(function.function.signature) takes another number of arguments")
        }
        var plain: [Kernel] = []
        var lambdas: [Lambda] = []
        for (argument, type) in zip(arguments, function.argumentTypes) {
            if case .lambda(let list, let body) = argument {
                let inner = ExpressionCompiler(parameters: parameters + list)
                let kernel = try inner.cast(inner.kernel(body), type, body)
                lambdas.append(Lambda(kernel, needs: ColumnNeeds([body])))
            } else {
                plain.append(try cast(kernel(argument), type, argument))
            }
        }
        return CallKernel(function, plain, lambdas: lambdas, source: node)
    }

    private func element(
        _ container: Expression,
        _ index: Expression,
        _ node: Expression
    ) throws(ExpressionError) -> Kernel {
        let key = try kernel(index)
        switch container.type {
        case .array:
            guard index.type == .integer || index.type == .bigint else {
                throw ExpressionError("an array index is a whole number, not \(index.type)")
            }
            return ArrayElement(try kernel(container), try cast(key, .bigint, node))
        case .map(let keyType, _): return MapElement(try kernel(container), try cast(key, keyType, node))
        default: throw ExpressionError("\(container.type) has no elements")
        }
    }
}
