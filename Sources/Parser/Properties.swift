extension StatementParser {
    /// `WITH (name = literal, …)` if it is there.
    func optionalProperties() throws(Diagnostic) -> Properties {
        eat(.with) ? try propertyList() : .none
    }

    /// `(name = literal, …)`.
    func propertyList() throws(Diagnostic) -> Properties {
        let position = try expect(.leftParenthesis).position
        var names: Set<String> = []
        let properties = try list { (parser) throws(Diagnostic) in
            let property = try parser.property()
            guard names.insert(property.name.text.uppercased()).inserted else {
                throw Diagnostic(
                    "42601",
                    at: property.name.position,
                    width: property.name.spelling.unicodeScalars.count,
                    "property \(property.name.text) is given twice",
                    hint: "leave one of them out"
                )
            }
            return property
        }
        try expect(.rightParenthesis)
        return Properties(properties, position: position)
    }

    private func property() throws(Diagnostic) -> Property {
        let name: Identifier
        if at(.text) {
            let taken = advance()
            name = Identifier(unquoted(taken), isQuoted: true, position: taken.position)
        } else {
            name = try self.name("the name of a property")
        }
        try expect(.equal)
        let position = token.position
        return Property(name: name, value: try literal("a constant"), valuePosition: position)
    }

    /// `NULL`, `TRUE`, `FALSE`, a number with or without a sign, or a quoted text.
    func literal(_ what: String) throws(Diagnostic) -> Literal {
        if let constant = try optionalLiteral() { return constant }
        note(what)
        let hint: String? = atName ? "put quotes around a text: '\(text(of: token))'" : nil
        let plain = unexpected()
        throw Diagnostic(
            plain.code,
            at: plain.position,
            width: plain.width,
            plain.message,
            detail: plain.detail,
            hint: plain.hint ?? hint
        )
    }

    /// A constant if one starts here.
    func optionalLiteral() throws(Diagnostic) -> Literal? {
        switch token.kind {
        case .text:
            return .string(unquoted(advance()))
        case .wholeNumber, .decimalNumber, .doubleNumber:
            return try number(isNegative: false)
        case .minus where isUnsignedNumber(ahead(1)):
            advance()
            return try number(isNegative: true)
        case .word:
            switch keyword {
            case .null: advance(); return .null
            case .true: advance(); return .boolean(true)
            case .false: advance(); return .boolean(false)
            default: return nil
            }
        default:
            return nil
        }
    }

    /// Whether a token is a number without a sign; one that comes from a variable may have its own.
    private func isUnsignedNumber(_ token: Token) -> Bool {
        [.wholeNumber, .decimalNumber, .doubleNumber].contains(token.kind)
            && bytes[token.bytes.lowerBound] != UInt8(ascii: "-")
    }

    private func number(isNegative: Bool) throws(Diagnostic) -> Literal {
        let taken = advance()
        let digits = (isNegative ? "-" : "") + text(of: taken)
        switch taken.kind {
        case .wholeNumber:
            guard let value = Int64(digits) else { throw tooLarge(taken) }
            return Literal(whole: value)
        case .decimalNumber:
            return .decimal(digits)
        default:
            guard let value = Double(digits), value.isFinite else {
                throw Diagnostic(
                    "22003",
                    at: taken.position,
                    width: taken.width,
                    "this number does not fit DOUBLE",
                    detail: "the largest is \(Double.greatestFiniteMagnitude)"
                )
            }
            return .double(value)
        }
    }
}
