/// Dates and times as ISO 8601 text, written straight into raw memory.
///
/// Every function writes at `out`, where the caller has reserved ``room`` bytes, and returns how many bytes it wrote.
public enum TimeText {
    /// Room that each of the functions needs.
    public static let room = 40

    /// Days since 1970-01-01 as `2026-08-01`; years beyond four digits get a sign.
    public static func write(date days: Int64, to out: UnsafeMutableRawPointer) -> Int {
        let (year, month, day) = civil(days)
        let length = write(year: year, to: out)
        put("-", at: out + length)
        NumberText.write(UInt64(month), digits: 2, to: out + length + 1)
        put("-", at: out + length + 3)
        NumberText.write(UInt64(day), digits: 2, to: out + length + 4)
        return length + 6
    }

    /// Milliseconds of the day as `12:00:03.000`; what is outside of a day counts on into the days around it.
    public static func write(time: Int64, to out: UnsafeMutableRawPointer) -> Int {
        let rest = time % 86_400_000
        let milliseconds = rest < 0 ? rest + 86_400_000 : rest
        let seconds = milliseconds / 1000
        NumberText.write(UInt64(seconds / 3600), digits: 2, to: out)
        put(":", at: out + 2)
        NumberText.write(UInt64(seconds / 60 % 60), digits: 2, to: out + 3)
        put(":", at: out + 5)
        NumberText.write(UInt64(seconds % 60), digits: 2, to: out + 6)
        put(".", at: out + 8)
        NumberText.write(UInt64(milliseconds % 1000), digits: 3, to: out + 9)
        return 12
    }

    /// Milliseconds since 1970 as `2026-08-01T12:00:03.000Z`.
    public static func write(timestamp milliseconds: Int64, to out: UnsafeMutableRawPointer) -> Int {
        var (days, time) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        if time < 0 {
            days -= 1
            time += 86_400_000
        }
        var length = write(date: days, to: out)
        put("T", at: out + length)
        length += 1 + write(time: time, to: out + length + 1)
        put("Z", at: out + length)
        return length + 1
    }

    private static func write(year: Int64, to out: UnsafeMutableRawPointer) -> Int {
        if year >= 0, year <= 9999 {
            NumberText.write(UInt64(year), digits: 4, to: out)
            return 4
        }
        put(year < 0 ? "-" : "+", at: out)
        let digits = max(NumberText.digitCount(year.magnitude), 4)
        NumberText.write(year.magnitude, digits: digits, to: out + 1)
        return digits + 1
    }

    /// The proleptic Gregorian date of a day; years counted from March, so that leap days come last.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func put(_ character: Unicode.Scalar, at out: UnsafeMutableRawPointer) {
        out.storeBytes(of: UInt8(truncatingIfNeeded: character.value), as: UInt8.self)
    }
}
