extension DatePattern {
    /// What a text said, field by field; what it did not say is 1970-01-01T00:00.
    struct Fields {
        var year = 1970
        var isBeforeChrist = false
        var month = 1
        var day = 1
        var dayOfYear: Int?
        var hour = 0
        var hourOfHalf: Int?
        var isAfternoon = false
        var minute = 0
        var second = 0
        /// Of the second.
        var millisecond = 0
        var millisecondOfDay: Int?
        /// Milliseconds ahead of UTC.
        var offset: Int?
        var zone: TimeZoneRules?

        /// Days since 1970.
        fileprivate func epochDay() throws(FunctionError) -> Int {
            let calendarYear = isBeforeChrist ? 1 - year : year
            if let dayOfYear { return CivilDate(year: calendarYear, month: 1, day: 1).epochDay + dayOfYear - 1 }
            let date = CivilDate(year: calendarYear, month: month, day: day)
            guard date.isValid else {
                throw FunctionError("there is no day \(day) in month \(month) of \(calendarYear)")
            }
            return date.epochDay
        }

        fileprivate var timeOfDay: Int {
            if let millisecondOfDay { return millisecondOfDay }
            let hours = hourOfHalf.map { $0 % 12 + (isAfternoon ? 12 : 0) } ?? hour
            return hours * 3_600_000 + minute * 60_000 + second * 1000 + millisecond
        }
    }

    /// The instant that a text names.
    /// - Parameter zone: that of texts without one; nil is UTC.
    func instant(_ text: Text, _ zone: TimeZoneRules?) throws -> Int64 {
        let fields = try read(text)
        let day = try fields.epochDay()
        guard day.magnitude <= epochDayMax else { throw FunctionError.timeOutOfRange }
        let local = Int64(day * millisecondsPerDay + fields.timeOfDay)
        if let offset = fields.offset { return local - Int64(offset) }
        return (fields.zone ?? zone).map { $0.instant(ofLocal: local) } ?? local
    }

    /// Days since 1970 and milliseconds of the day, without regard to zones.
    /// - Parameter isLenient: a number may have fewer or more digits than its letters, unless another one follows.
    func local(_ text: Text, isLenient: Bool = false) throws -> (day: Int, time: Int) {
        let fields = try read(text, isLenient: isLenient)
        return (try fields.epochDay(), fields.timeOfDay)
    }

    private func read(_ text: Text, isLenient: Bool = false) throws(FunctionError) -> Fields {
        var reader = DateTextReader(text.bytes, isLenient: isLenient)
        var index = 0
        guard reader.read(tokens, &index, isOption: false), reader.isAtEnd else {
            let place = reader.place + 1
            throw FunctionError("'\(text.string.prefix(60))' does not fit the pattern from character \(place) on")
        }
        return reader.fields
    }
}

/// Reads the fields of a pattern from text.
private struct DateTextReader {
    private(set) var fields = DatePattern.Fields()
    /// The byte to read next.
    private(set) var place = 0
    private let text: UnsafeRawBufferPointer
    private let isLenient: Bool

    init(_ text: UnsafeRawBufferPointer, isLenient: Bool) {
        self.text = text
        self.isLenient = isLenient
    }

    var isAtEnd: Bool { place == text.count }

    /// Reads tokens from `index` on up to the end of the pattern or of the option; false on a mismatch.
    mutating func read(_ tokens: [DatePattern.Token], _ index: inout Int, isOption: Bool) -> Bool {
        while index < tokens.count {
            let token = tokens[index]
            index += 1
            switch token {
            case .literal(let bytes):
                guard take(bytes) else { return false }
            case .field(let field, let width):
                guard read(field, width, isPacked: isDigits(tokens, index)) else { return false }
            case .optionStart: readOption(tokens, &index)
            case .optionEnd: if isOption { return true }
            }
        }
        return true
    }

    /// Reads an option; what does not match is as if it were not there.
    private mutating func readOption(_ tokens: [DatePattern.Token], _ index: inout Int) {
        let start = self
        var inner = index
        if read(tokens, &inner, isOption: true) {
            index = inner
            return
        }
        self = start
        var depth = 1
        while index < tokens.count, depth > 0 {
            if tokens[index] == .optionStart { depth += 1 }
            if tokens[index] == .optionEnd { depth -= 1 }
            index += 1
        }
    }

    /// True when the token is a number, whose digits a number before it must not take.
    private func isDigits(_ tokens: [DatePattern.Token], _ index: Int) -> Bool {
        guard index < tokens.count, case .field(let field, let width) = tokens[index] else { return false }
        switch field {
        case .month: return width < 3
        case .era, .weekday, .half, .zoneID, .zoneName, .offsetX, .offsetLowerX, .offsetZ: return false
        default: return true
        }
    }

    private mutating func take(_ bytes: [UInt8]) -> Bool {
        guard place + bytes.count <= text.count else { return false }
        for (index, byte) in bytes.enumerated() where lower(text[place + index]) != lower(byte) { return false }
        place += bytes.count
        return true
    }

    private func lower(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }

    private mutating func number(_ least: Int, _ most: Int) -> Int? {
        let start = place
        var value = 0
        while place < text.count, place - start < most, case let digit = text[place] &- 0x30, digit < 10 {
            let (product, isTooLong) = value.multipliedReportingOverflow(by: 10)
            let (sum, isTooLarge) = product.addingReportingOverflow(Int(digit))
            if isTooLong || isTooLarge { return nil }
            value = sum
            place += 1
        }
        return place - start >= least ? value : nil
    }

    /// One of the names, full or short; its place in the list.
    private mutating func name(_ names: [String], short: Bool) -> Int? {
        for (index, name) in names.enumerated() where take(Array((short ? String(name.prefix(3)) : name).utf8)) {
            return index
        }
        return nil
    }

    private mutating func read(_ field: DatePattern.Field, _ letters: Int, isPacked: Bool) -> Bool {
        // Two letters or more ask for exactly so many digits; one takes what there is.
        let isFree = isLenient && !isPacked && (letters < 3 || field == .year)
        let most = isFree ? 9 : letters == 1 && !isPacked ? 2 : letters
        let width = isFree && field != .year ? 1 : letters
        switch field {
        case .era, .year, .month, .day, .dayOfYear, .weekday, .weekdayNumber, .weekYear, .weekOfYear, .weekOfMonth,
            .quarter:
            return readDate(field, width, most, isPacked)
        case .half:
            guard let half = name(["AM", "PM"], short: false) else { return false }
            fields.isAfternoon = half == 1
            return true
        case .hour: return store(number(width, most), 0...23, \.hour)
        case .hourFromOne:
            guard store(number(width, most), 1...24, \.hour) else { return false }
            fields.hour %= 24
            return true
        case .hourOfHalf, .hourOfHalfFromZero:
            guard let value = number(width, most), value <= 12 else { return false }
            fields.hourOfHalf = value
            return true
        case .minute: return store(number(width, most), 0...59, \.minute)
        case .second: return store(number(width, most), 0...59, \.second)
        case .fraction: return readFraction(width)
        case .nanosecond:
            guard let value = number(1, 9) else { return false }
            fields.millisecond = value / 1_000_000
            return true
        case .millisecondOfDay:
            guard let value = number(1, 8) else { return false }
            fields.millisecondOfDay = value
            return value < millisecondsPerDay
        case .zoneID, .zoneName: return readZone()
        case .offsetX, .offsetLowerX, .offsetZ: return readOffset()
        }
    }

    private mutating func store(
        _ value: Int?,
        _ range: ClosedRange<Int>,
        _ target: WritableKeyPath<DatePattern.Fields, Int>
    ) -> Bool {
        guard let value, range.contains(value) else { return false }
        fields[keyPath: target] = value
        return true
    }

    private mutating func readDate(_ field: DatePattern.Field, _ width: Int, _ most: Int, _ isPacked: Bool) -> Bool {
        switch field {
        case .era:
            guard let era = name(["BC", "AD"], short: false) else { return false }
            fields.isBeforeChrist = era == 0
            return true
        case .year, .weekYear: return readYear(isLenient && !isPacked && width > 2 ? 1 : width, isPacked)
        case .month:
            if width < 3 { return store(number(width, most), 1...12, \.month) }
            return store(name(DatePattern.months, short: width == 3).map { $0 + 1 }, 1...12, \.month)
        case .day: return store(number(width, most), 1...31, \.day)
        case .dayOfYear:
            guard let value = number(width, max(most, 3)), (1...366).contains(value) else { return false }
            fields.dayOfYear = value
            return true
        case .weekday: return name(DatePattern.weekdays, short: width < 4) != nil
        case .weekdayNumber, .weekOfMonth: return number(1, 1) != nil
        case .weekOfYear: return number(width, most) != nil
        default:
            _ = take([0x51])
            return number(1, 2) != nil
        }
    }

    private mutating func readYear(_ width: Int, _ isPacked: Bool) -> Bool {
        if width == 2 {
            guard let value = number(2, 2) else { return false }
            fields.year = 2000 + value
            return true
        }
        let isNegative = take([0x2D])
        if !isNegative { _ = take([0x2B]) }
        guard let value = number(min(width, 4), isPacked ? width : 9), value <= 999_999_999 else { return false }
        fields.year = isNegative ? -value : value
        return true
    }

    private mutating func readFraction(_ width: Int) -> Bool {
        guard var value = number(width, width) else { return false }
        for _ in 3..<max(width, 3) { value /= 10 }
        for _ in width..<max(width, 3) { value *= 10 }
        fields.millisecond = value
        return true
    }

    private mutating func readOffset() -> Bool {
        if take([0x5A]) {
            fields.offset = 0
            return true
        }
        _ = take(Array("GMT".utf8))
        let isNegative = take([0x2D])
        guard isNegative || take([0x2B]), let hours = number(1, 2) else { return false }
        _ = take([0x3A])
        let minutes = number(2, 2) ?? 0
        guard hours <= 18, minutes < 60 else { return false }
        fields.offset = (isNegative ? -1 : 1) * (hours * 3_600_000 + minutes * 60_000)
        return true
    }

    private mutating func readZone() -> Bool {
        let start = place
        while place < text.count, isZoneByte(text[place]) { place += 1 }
        let name = String(decoding: text.part(start..<place), as: UTF8.self)
        guard !name.isEmpty, let zone = try? TimeZoneRules(name) else { return false }
        fields.zone = zone
        return true
    }

    private func isZoneByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x41...0x5A, 0x61...0x7A, 0x30...0x39, 0x2F, 0x5F, 0x2B, 0x2D, 0x3A: true
        default: false
        }
    }
}
