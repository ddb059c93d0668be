extension SQLWriter {
    /// An expression, in parentheses if it binds less tightly than its place needs.
    mutating func write(_ expression: Expression, _ minimum: Precedence = .or) {
        let needsParentheses = expression.kind.precedence < minimum
        if needsParentheses { write("(") }
        writeForm(expression.kind)
        if needsParentheses { write(")") }
    }

    private mutating func writeForm(_ kind: Expression.Kind) {
        switch kind {
        case .literal, .typedLiteral, .column, .timeUnit: writeLeaf(kind)
        case .field, .element, .atTimeZone: writePostfix(kind)
        case .unary, .binary, .comparison, .logical, .not: writeOperation(kind)
        case .isNull, .between, .inList, .like: writeTest(kind)
        case .cases(let operand, let branches, let otherwise): writeCases(operand, branches, otherwise)
        case .cast, .call, .lambda, .array, .map, .structure: writeCompound(kind)
        }
    }

    private mutating func writeLeaf(_ kind: Expression.Kind) {
        switch kind {
        case .literal(let literal):
            write(literal)
        case .typedLiteral(let type, let text):
            write(type.rawValue + " ")
            writeQuoted(text)
        case .column(let source, let name):
            if let source {
                write(source)
                write(".")
            }
            write(name)
        case .timeUnit(let unit):
            write(unit.rawValue)
        default:
            break
        }
    }

    private mutating func writePostfix(_ kind: Expression.Kind) {
        switch kind {
        case .field(let value, let name):
            write(value, .primary)
            write("->")
            write(name)
        case .element(let value, let index):
            write(value, .primary)
            write("[")
            write(index, .concatenation)
            write("]")
        case .atTimeZone(let value, let zone):
            write(value, .primary)
            write(" AT TIME ZONE ")
            writeQuoted(zone)
        default:
            break
        }
    }

    private mutating func writeOperation(_ kind: Expression.Kind) {
        switch kind {
        case .unary(let sign, let value):
            write(sign.rawValue)
            if case .unary = value.kind {
                // Two signs together would start a comment.
                write(" ")
                write(value, .sign)
            } else if value.kind.startsWithNumberOrSign {
                // A sign in front of a number would become part of it.
                write("(")
                write(value)
                write(")")
            } else {
                write(value, .sign)
            }
        case .binary(let operation, let left, let right):
            let level = operation.precedence
            write(left, level)
            write(" \(operation.rawValue) ")
            write(right, level.tighter)
        case .comparison(let operation, let left, let right):
            write(left, .concatenation)
            write(" \(operation.rawValue) ")
            write(right, .concatenation)
        case .logical(let operation, let operands):
            let level = kind.precedence
            for (place, operand) in operands.enumerated() {
                if place > 0 { write(" \(operation.rawValue) ") }
                write(operand, level.tighter)
            }
        case .not(let value):
            write("NOT ")
            write(value, .not)
        default:
            break
        }
    }

    private mutating func writeTest(_ kind: Expression.Kind) {
        switch kind {
        case .isNull(let value, let negated):
            write(value, .concatenation)
            write(negated ? " IS NOT NULL" : " IS NULL")
        case .between(let value, let low, let high, let negated):
            write(value, .concatenation)
            write(negated ? " NOT BETWEEN " : " BETWEEN ")
            write(low, .concatenation)
            write(" AND ")
            write(high, .concatenation)
        case .inList(let value, let items, let negated):
            write(value, .concatenation)
            write(negated ? " NOT IN (" : " IN (")
            writeList(items) { $0.write($1) }
            write(")")
        case .like(let value, let pattern, let escape, let negated):
            write(value, .concatenation)
            write(negated ? " NOT LIKE " : " LIKE ")
            write(pattern, .concatenation)
            if let escape {
                write(" ESCAPE ")
                writeQuoted(String(escape))
            }
        default:
            break
        }
    }

    private mutating func writeCases(_ operand: Expression?, _ branches: [CaseBranch], _ otherwise: Expression?) {
        write("CASE")
        if let operand {
            write(" ")
            write(operand, .concatenation)
        }
        for branch in branches {
            write(" WHEN ")
            write(branch.condition)
            write(" THEN ")
            write(branch.result)
        }
        if let otherwise {
            write(" ELSE ")
            write(otherwise)
        }
        write(" END")
    }

    private mutating func writeCompound(_ kind: Expression.Kind) {
        switch kind {
        case .cast(let value, let type):
            write("CAST(")
            write(value)
            write(" AS ")
            write(type)
            write(")")
        case .call(let call):
            write(call.name)
            write(call.isStar ? "(*" : "(")
            writeList(call.arguments) { $0.write($1) }
            write(")")
        case .lambda(let parameters, let body):
            if parameters.count == 1 { write(parameters[0]) } else { writeNames(parameters) }
            write(" => ")
            write(body)
        case .array(let elements):
            write("ARRAY[")
            writeList(elements) { $0.write($1) }
            write("]")
        case .map(let entries):
            write("MAP(")
            writeList(entries) { writer, entry in
                writer.write(entry.key)
                writer.write(" := ")
                writer.write(entry.value)
            }
            write(")")
        case .structure(let entries):
            write("STRUCT(")
            writeList(entries) { writer, entry in
                writer.write(entry.name)
                writer.write(" := ")
                writer.write(entry.value)
            }
            write(")")
        default:
            break
        }
    }
}

extension BinaryOperator {
    /// How tightly it binds.
    var precedence: Precedence {
        switch self {
        case .add, .subtract: .sum
        case .multiply, .divide, .remainder: .product
        case .concatenate: .concatenation
        }
    }
}

extension Expression.Kind {
    /// How tightly its outermost operator binds.
    var precedence: Precedence {
        switch self {
        case .logical(.or, _): .or
        case .logical(.and, _): .and
        case .not: .not
        case .comparison, .isNull, .between, .inList, .like: .predicate
        case .binary(let operation, _, _): operation.precedence
        case .unary: .sign
        case .literal where isNegativeNumber: .sign
        default: .primary
        }
    }

    private var isNegativeNumber: Bool {
        switch self {
        case .literal(.integer(let value)): value < 0
        case .literal(.bigint(let value)): value < 0
        case .literal(.double(let value)): value.sign == .minus
        case .literal(.decimal(let digits)): digits.hasPrefix("-") && digits.contains(".")
        default: false
        }
    }

    /// Whether its text starts with a digit, a point or a sign.
    fileprivate var startsWithNumberOrSign: Bool {
        switch self {
        case .unary, .literal(.integer), .literal(.bigint), .literal(.double): true
        case .literal(.decimal(let digits)): digits.contains(".")
        case .field(let value, _), .element(let value, _), .atTimeZone(let value, _): value.kind.startsWithNumberOrSign
        default: false
        }
    }
}
