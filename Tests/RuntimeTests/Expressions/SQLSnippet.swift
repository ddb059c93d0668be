import Functions
import Runtime
import Values

/// Just enough SQL for the examples of functions: calls, constants, ARRAY, MAP, STRUCT, CAST and lambdas.
struct SQLSnippet {
    struct Failure: Error {
        let text: String
    }

    private var rest: Substring
    private let source: String
    private var parameters: [Expression.Parameter] = []

    static func expression(_ text: String) throws -> Expression {
        var snippet = SQLSnippet(rest: text[...], source: text)
        let expression = try snippet.sum()
        snippet.skip()
        guard snippet.rest.isEmpty else { throw snippet.failure() }
        return expression
    }

    private func failure() -> Failure { Failure(text: "\(source) at: \(rest)") }

    private mutating func skip() { rest = rest.drop { $0 == " " } }

    private mutating func take(_ sign: String) -> Bool {
        skip()
        guard rest.hasPrefix(sign) else { return false }
        rest = rest.dropFirst(sign.count)
        return true
    }

    private mutating func expect(_ sign: String) throws { if !take(sign) { throw failure() } }

    private mutating func word() -> String {
        skip()
        let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        rest = rest.dropFirst(word.count)
        return String(word)
    }

    /// `a + b`, `a * b` and `a > b` without precedence, for the bodies of lambdas.
    private mutating func sum() throws -> Expression {
        let left = try value()
        if take(">") { return .comparison(.greater, left, try value()) }
        for op in [Expression.Arithmetic.add, .multiply] where take(op.rawValue) {
            let right = try sum()
            guard let type = op.resultType(left.type, right.type) else { throw failure() }
            return .arithmetic(op, left, right, type)
        }
        return left
    }

    private mutating func value() throws -> Expression {
        skip()
        guard let first = rest.first else { throw failure() }
        if first == "'" { return .literal(.string(try text()), .string) }
        if first.isNumber || first == "-" { return try number() }
        let name = word()
        if let parameter = parameters.last(where: { $0.name == name }) { return .parameter(name, parameter.type) }
        switch name {
        case "NULL": return .literal(.null, .integer)
        case "TRUE", "FALSE": return .literal(.boolean(name == "TRUE"), .boolean)
        case "Infinity": return .literal(.double(.infinity), .double)
        case "ARRAY": return try array()
        case "MAP": return try map()
        case "STRUCT": return try structure()
        case "DATE": return .cast(.literal(.string(try text()), .string), .date)
        case "TIME": return .cast(.literal(.string(try text()), .string), .time)
        case "TIMESTAMP": return .cast(.literal(.string(try text()), .string), .timestamp)
        case "BYTES": return .cast(.literal(.string(try text()), .string), .bytes)
        case "CAST": return try cast()
        default: return try call(name)
        }
    }

    /// The only cast in examples: BYTES have no literal.
    private mutating func cast() throws -> Expression {
        try expect("(")
        let value = try value()
        try expect("AS")
        try expect("BYTES")
        try expect(")")
        return .cast(value, .bytes)
    }

    private mutating func text() throws -> String {
        try expect("'")
        var text = ""
        while let next = rest.popFirst() {
            if next != "'" {
                text.append(next)
            } else if rest.first == "'" {
                text.append(rest.removeFirst())
            } else {
                return text
            }
        }
        throw failure()
    }

    private mutating func number() throws -> Expression {
        let digits = rest.prefix { $0.isNumber || "-.eE".contains($0) }
        rest = rest.dropFirst(digits.count)
        if let value = Int32(digits) { return .literal(.integer(value), .integer) }
        if let value = Int64(digits) { return .literal(.bigint(value), .bigint) }
        if !digits.contains("E"), let value = Decimal(String(digits)) {
            return .literal(.decimal(value), .decimal(precision: max(value.precision, value.scale), scale: value.scale))
        }
        guard let value = Double(digits) else { throw failure() }
        return .literal(.double(value), .double)
    }

    private mutating func array() throws -> Expression {
        try expect("[")
        var parts: [Expression] = []
        while !take("]") {
            if !parts.isEmpty { try expect(",") }
            parts.append(try value())
        }
        let type = parts.first { !$0.isNull }?.type ?? .string
        return .array(parts.map { $0.isNull ? null(type) : $0 }, element: type)
    }

    private mutating func map() throws -> Expression {
        try expect("(")
        var entries: [Expression.Entry] = []
        while !take(")") {
            if !entries.isEmpty { try expect(",") }
            let key = try value()
            try expect(":=")
            entries.append(.init(key, try value()))
        }
        let type = entries.first { !$0.value.isNull }?.value.type ?? .string
        let typed = entries.map { $0.value.isNull ? Expression.Entry($0.key, null(type)) : $0 }
        return .map(typed, key: entries.first?.key.type ?? .string, value: type)
    }

    private mutating func structure() throws -> Expression {
        try expect("(")
        var fields: [Expression.Field] = []
        while !take(")") {
            if !fields.isEmpty { try expect(",") }
            let name = word()
            try expect(":=")
            fields.append(.init(name, try value()))
        }
        return .structure(fields)
    }

    // MARK: - Calls

    private enum Argument {
        case value(Expression)
        case unit(String)
        case lambda([String], body: Substring)
    }

    private static let units = [
        "MILLISECONDS", "SECONDS", "MINUTES", "HOURS", "DAYS", "WEEKS", "MONTHS", "YEARS",
    ]

    private mutating func call(_ name: String) throws -> Expression {
        try expect("(")
        var arguments: [Argument] = []
        while !take(")") {
            if !arguments.isEmpty { try expect(",") }
            arguments.append(try argument())
        }
        let shapes = arguments.map { argument -> ArgumentType in
            switch argument {
            case .value(let value): value.isNull ? .null : .value(value.type)
            case .unit: .timeUnit
            case .lambda(let names, _): .lambda(arity: names.count, result: nil)
            }
        }
        var types = try FunctionLibrary.builtin.lambdaParameters(name, shapes)
        let parts = try arguments.map { argument -> Expression in
            switch argument {
            case .value(let value): return value
            case .unit(let unit): return .literal(.string(unit), .string)
            case .lambda(let names, let body):
                let list = zip(names, types.removeFirst()).map { Expression.Parameter($0, $1) }
                var inner = SQLSnippet(rest: body, source: source, parameters: parameters + list)
                return .lambda(list, body: try inner.sum())
            }
        }
        let function = try FunctionLibrary.builtin.resolve(
            name,
            zip(shapes, parts).map { shape, part in
                if case .lambda(let arity, _) = shape { return .lambda(arity: arity, result: part.type) }
                return shape
            }
        )
        return .call(
            function,
            zip(parts, function.argumentTypes).map { part, type in
                if case .lambda = part { return part }
                return part.isNull ? null(type) : part.type == type ? part : .cast(part, type)
            }
        )
    }

    private mutating func argument() throws -> Argument {
        skip()
        let start = rest
        if let lambda = try lambda() { return lambda }
        rest = start
        let name = word()
        if SQLSnippet.units.contains(name) { return .unit(name) }
        rest = start
        return .value(try sum())
    }

    /// `(x, y) => body` or `x => body`; the body is read again once the types are known.
    private mutating func lambda() throws -> Argument? {
        var names: [String] = []
        if take("(") {
            repeat { names.append(word()) } while take(",")
            guard take(")") else { return nil }
        } else {
            names = [word()]
        }
        guard take("=>") else { return nil }
        let body = rest
        var depth = 0
        while let next = rest.first, depth > 0 || (next != "," && next != ")") {
            depth += next == "(" || next == "[" ? 1 : next == ")" || next == "]" ? -1 : 0
            rest.removeFirst()
        }
        return .lambda(names, body: body[..<rest.startIndex])
    }

    private init(rest: Substring, source: String, parameters: [Expression.Parameter] = []) {
        self.rest = rest
        self.source = source
        self.parameters = parameters
    }
}

extension Expression {
    fileprivate var isNull: Bool {
        if case .literal(.null, _) = self { return true }
        return false
    }
}

extension Value {
    /// The value as SQL, without regard to the width of numbers.
    var sqlText: String {
        switch self {
        case .null: "NULL"
        case .boolean(let flag): flag ? "TRUE" : "FALSE"
        case .integer(let number): "\(number)"
        case .bigint(let number): "\(number)"
        case .double(let number): "\(number)"
        case .decimal(let number): "\(number)"
        case .string(let text): "'\(text)'"
        case .bytes(let bytes): "BYTES \(bytes)"
        case .time(let time): "TIME \(time)"
        case .date(let day): "DATE \(day)"
        case .timestamp(let time): "TIMESTAMP \(time)"
        case .array(let values): "ARRAY[\(values.map(\.sqlText).joined(separator: ", "))]"
        case .map(let entries):
            "MAP(\(entries.map { "\($0.key.sqlText) := \($0.value.sqlText)" }.sorted().joined(separator: ", ")))"
        case .structure(let fields): "STRUCT(\(fields.map(\.sqlText).joined(separator: ", ")))"
        }
    }
}
