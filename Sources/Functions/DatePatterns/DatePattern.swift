/// A pattern of Java's DateTimeFormatter, such as `yyyy-MM-dd'T'HH:mm:ss.SSS`, as tokens.
final class DatePattern {
    /// A run of one letter, or text that stands for itself.
    enum Token: Equatable {
        case field(Field, width: Int)
        case literal([UInt8])
        /// `[`: what follows up to the matching end may be missing when text is read.
        case optionStart
        case optionEnd
    }

    /// What a letter means.
    enum Field: Character {
        case era = "G"
        case year = "y"
        case month = "M"
        case day = "d"
        case dayOfYear = "D"
        case weekday = "E"
        case weekdayNumber = "e"
        /// The year that a week belongs to, whose first week is the one with the first of January.
        case weekYear = "Y"
        case weekOfYear = "w"
        case weekOfMonth = "W"
        case quarter = "Q"
        case half = "a"
        /// 1 to 12.
        case hourOfHalf = "h"
        /// 0 to 11.
        case hourOfHalfFromZero = "K"
        case hour = "H"
        /// 1 to 24.
        case hourFromOne = "k"
        case minute = "m"
        case second = "s"
        case fraction = "S"
        case nanosecond = "n"
        case millisecondOfDay = "A"
        case zoneID = "V"
        case zoneName = "z"
        /// With `Z` for zero.
        case offsetX = "X"
        case offsetLowerX = "x"
        case offsetZ = "Z"

        var isDate: Bool {
            switch self {
            case .era, .year, .month, .day, .dayOfYear, .weekday, .weekdayNumber, .weekYear, .weekOfYear,
                .weekOfMonth, .quarter:
                true
            default: false
            }
        }

        var isTime: Bool { !isDate && !isZone }

        var isZone: Bool {
            switch self {
            case .zoneID, .zoneName, .offsetX, .offsetLowerX, .offsetZ: true
            default: false
            }
        }
    }

    let tokens: [Token]

    /// - Throws: ``FunctionError`` that names the letter that has no meaning.
    init(_ pattern: String) throws(FunctionError) {
        var tokens: [Token] = []
        var rest = pattern[...]
        while let first = rest.first {
            if first == "'" {
                tokens.append(.literal(try DatePattern.quoted(&rest, pattern)))
            } else if first.isASCII, first.isLetter {
                let run = rest.prefix { $0 == first }
                rest = rest.dropFirst(run.count)
                guard let field = DatePattern.field(first) else {
                    throw FunctionError("Unknown pattern letter '\(first)' in '\(pattern)'")
                }
                tokens.append(.field(field, width: run.count))
            } else {
                rest.removeFirst()
                switch first {
                case "[": tokens.append(.optionStart)
                case "]": tokens.append(.optionEnd)
                default: tokens.append(.literal(Array(String(first).utf8)))
                }
            }
        }
        self.tokens = tokens
    }

    /// Text in quotes; two quotes are one, inside or outside.
    private static func quoted(_ rest: inout Substring, _ pattern: String) throws(FunctionError) -> [UInt8] {
        rest.removeFirst()
        if rest.first == "'" {
            rest.removeFirst()
            return [0x27]
        }
        var text: [UInt8] = []
        while let next = rest.popFirst() {
            if next != "'" {
                text += String(next).utf8
            } else if rest.first == "'" {
                rest.removeFirst()
                text.append(0x27)
            } else {
                return text
            }
        }
        throw FunctionError("the pattern '\(pattern)' has a quote without its end")
    }

    private static func field(_ letter: Character) -> Field? {
        switch letter {
        case "u": .year
        case "L": .month
        case "q": .quarter
        case "c": .weekdayNumber
        case "v", "O": .zoneName
        default: Field(rawValue: letter)
        }
    }

    var hasTime: Bool { fields.contains { $0.isTime } }
    var hasDate: Bool { fields.contains { $0.isDate } }

    private var fields: [Field] {
        tokens.compactMap { token in
            if case .field(let field, _) = token { return field }
            return nil
        }
    }

    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    static let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
}

extension FunctionCall {
    /// The patterns of an argument by row; a constant one is compiled once, others are remembered by their text.
    func datePatterns(_ argument: Int) -> (Int) throws(FunctionError) -> DatePattern {
        let texts = Text.Reader(arguments[argument])
        let site = site
        return eachOrConstant(argument) { (row: Int) throws(FunctionError) in
            let pattern = texts(row).string
            return try site.cached("date " + pattern) { () throws(FunctionError) in try DatePattern(pattern) }
        }
    }

    /// What `make` makes of an argument in a row; of a constant it is made only once.
    func eachOrConstant<Thing>(
        _ argument: Int,
        _ make: @escaping (Int) throws(FunctionError) -> Thing
    ) -> (Int) throws(FunctionError) -> Thing {
        // An argument that is not valid complains in every row.
        guard arguments[argument].isConstant, !arguments[argument].isNull(0), let thing = try? make(0) else {
            return make
        }
        return { _ in thing }
    }
}
