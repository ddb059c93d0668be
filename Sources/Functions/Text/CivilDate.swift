/// A day of the proleptic Gregorian calendar.
struct CivilDate: Equatable {
    var year: Int
    /// 1 to 12.
    var month: Int
    /// 1 to 31.
    var day: Int

    init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The day that many days after 1970-01-01.
    init(epochDay: Int) {
        // Years that start in March make the leap day the last of its year; an era has 400 of them.
        let shifted = epochDay + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970-01-01.
    var epochDay: Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    var isLeapYear: Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    /// Days of the month.
    var monthLength: Int {
        switch month {
        case 2: isLeapYear ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// 1 to 366.
    var dayOfYear: Int { epochDay - CivilDate(year: year, month: 1, day: 1).epochDay + 1 }

    /// 1 (Monday) to 7.
    var dayOfWeek: Int { floorModulo(epochDay + 3, 7) + 1 }

    /// The week's year and number in it: weeks start on Sunday, and the first one has the first of January.
    var week: (year: Int, number: Int) {
        let next = CivilDate(year: year + 1, month: 1, day: 1)
        if next.epochDay - next.dayOfWeek % 7 <= epochDay { return (year + 1, 1) }
        let first = CivilDate(year: year, month: 1, day: 1)
        return (year, (dayOfYear - 1 + first.dayOfWeek % 7) / 7 + 1)
    }

    /// The number of the week, which starts on Sunday, in the month.
    var weekOfMonth: Int {
        let first = CivilDate(year: year, month: month, day: 1)
        return (day - 1 + first.dayOfWeek % 7) / 7 + 1
    }

    /// True when month and day exist.
    var isValid: Bool { (1...12).contains(month) && day >= 1 && day <= monthLength }
}

/// Milliseconds of a day.
let millisecondsPerDay = 86_400_000

/// Days before or after 1970 whose milliseconds are a BIGINT, with a few days left for times and zones.
let epochDayMax = 106_751_991_160

/// Division that rounds towards minus infinity.
@inline(__always)
func floorDivide(_ value: Int, _ divisor: Int) -> Int {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
}

/// The remainder of ``floorDivide(_:_:)``, never negative.
@inline(__always)
func floorModulo(_ value: Int, _ divisor: Int) -> Int {
    let rest = value % divisor
    return rest < 0 ? rest + divisor : rest
}
