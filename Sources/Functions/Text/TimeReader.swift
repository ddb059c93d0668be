/// Reads DATE, TIME and TIMESTAMP from ISO text, of which the end may be missing.
public enum TimeReader {
    /// Milliseconds since 1970 from `2020`, `2020-05`, `2020-05-26`, `…T23`, `…T23:59`, `…T23:59:58` or
    /// `…T23:59:58.123`, then optionally `Z`, `+02:00` or `+0200`; without a zone it is UTC.
    ///
    /// A blank may stand for the T.
    public static func timestamp(_ text: UnsafeRawBufferPointer) -> Int64? {
        var cursor = Cursor(TextReader.trimmed(text))
        guard let date = cursor.date() else { return nil }
        var milliseconds = 0
        if cursor.take(0x54) || cursor.take(0x20) {
            guard let time = cursor.time(hourAlone: true) else { return nil }
            milliseconds = time
        }
        guard let offset = cursor.zone(), cursor.isAtEnd, date.epochDay.magnitude <= epochDayMax else { return nil }
        return Int64(date.epochDay * millisecondsPerDay + milliseconds - offset)
    }

    /// Days since 1970 from `2020`, `2020-05` or `2020-05-26`.
    public static func date(_ text: UnsafeRawBufferPointer) -> Int32? {
        var cursor = Cursor(TextReader.trimmed(text))
        guard let date = cursor.date(), cursor.isAtEnd else { return nil }
        return Int32(exactly: date.epochDay)
    }

    /// Milliseconds of the day from `HH:mm`, `HH:mm:ss` or `HH:mm:ss.fff`.
    public static func time(_ text: UnsafeRawBufferPointer) -> Int32? {
        var cursor = Cursor(TextReader.trimmed(text))
        guard let time = cursor.time(hourAlone: false), cursor.isAtEnd else { return nil }
        return Int32(exactly: time)
    }

    /// A place in the text.
    private struct Cursor {
        private let text: UnsafeRawBufferPointer
        private var index = 0
        var isAtEnd: Bool { index == text.count }

        init(_ text: UnsafeRawBufferPointer) { self.text = text }

        mutating func take(_ byte: UInt8) -> Bool {
            guard index < text.count, text[index] == byte else { return false }
            index += 1
            return true
        }

        /// A number of `least` to `most` digits.
        private mutating func number(_ least: Int, _ most: Int) -> Int? {
            let start = index
            var value = 0
            while index < text.count, index - start < most, case let digit = text[index] &- 0x30, digit < 10 {
                value = value * 10 + Int(digit)
                index += 1
            }
            return index - start >= least ? value : nil
        }

        mutating func date() -> CivilDate? {
            let isNegative = take(0x2D)
            if !isNegative { _ = take(0x2B) }
            guard let year = number(1, 9) else { return nil }
            var date = CivilDate(year: isNegative ? -year : year, month: 1, day: 1)
            guard take(0x2D) else { return date }
            guard let month = number(1, 2) else { return nil }
            date.month = month
            guard take(0x2D) else { return date.isValid ? date : nil }
            guard let day = number(1, 2) else { return nil }
            date.day = day
            return date.isValid ? date : nil
        }

        mutating func time(hourAlone: Bool) -> Int? {
            guard let hour = number(1, 2), hour < 24 else { return nil }
            guard take(0x3A) else { return hourAlone ? hour * 3_600_000 : nil }
            guard let minute = number(1, 2), minute < 60 else { return nil }
            guard take(0x3A) else { return hour * 3_600_000 + minute * 60_000 }
            guard let second = number(1, 2), second < 60 else { return nil }
            var fraction = 0
            if take(0x2E) {
                let start = index
                guard let digits = number(1, 9) else { return nil }
                fraction = digits
                // Digits beyond milliseconds are cut off, missing ones are zero.
                for _ in 0..<max(0, index - start - 3) { fraction /= 10 }
                for _ in 0..<max(0, 3 - (index - start)) { fraction *= 10 }
            }
            return hour * 3_600_000 + minute * 60_000 + second * 1000 + fraction
        }

        /// The offset from UTC in milliseconds; 0 when there is none.
        mutating func zone() -> Int? {
            if isAtEnd || take(0x5A) || take(0x7A) { return 0 }
            let isNegative = take(0x2D)
            guard isNegative || take(0x2B), let hours = number(2, 2) else { return nil }
            _ = take(0x3A)
            let minutes = isAtEnd ? 0 : number(2, 2)
            guard let minutes, hours <= 18, minutes < 60 else { return nil }
            return (isNegative ? -1 : 1) * (hours * 3_600_000 + minutes * 60_000)
        }
    }
}
