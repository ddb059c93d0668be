import Values

extension ScalarFunction {
    /// DATE, TIME and TIMESTAMP plus or minus a number of units.
    static let timeArithmetic: [ScalarFunction] = [
        ScalarFunction(
            "TIMESTAMPADD",
            "The timestamp so many units later.",
            example: "TIMESTAMPADD(HOURS, 2, TIMESTAMP '2020-05-26T23:00')" → "TIMESTAMP '2020-05-27T01:00'"
        ) { (unit: TimeUnit, count: Int32, time: SQLTimestamp) -> SQLTimestamp? in
            SQLTimestamp(try unit.shift(time.milliseconds, by: Int64(count)))
        },
        ScalarFunction(
            "TIMESTAMPSUB",
            "The timestamp so many units earlier.",
            example: "TIMESTAMPSUB(DAYS, 1, TIMESTAMP '2020-03-01T00:00')" → "TIMESTAMP '2020-02-29'"
        ) { (unit: TimeUnit, count: Int32, time: SQLTimestamp) -> SQLTimestamp? in
            SQLTimestamp(try unit.shift(time.milliseconds, by: -Int64(count)))
        },
        ScalarFunction(
            "DATEADD",
            "The date so many units later; parts of a day are dropped.",
            example: "DATEADD(DAYS, 10, DATE '2020-05-26')" → "DATE '2020-06-05'"
        ) { (unit: TimeUnit, count: Int32, date: SQLDate) -> SQLDate? in try unit.shift(date, by: Int64(count)) },
        ScalarFunction(
            "DATESUB",
            "The date so many units earlier; parts of a day are dropped.",
            example: "DATESUB(DAYS, 7, DATE '2020-05-26')" → "DATE '2020-05-19'"
        ) { (unit: TimeUnit, count: Int32, date: SQLDate) -> SQLDate? in try unit.shift(date, by: -Int64(count)) },
        ScalarFunction(
            "TIMEADD",
            "The time so many units later, past midnight from 00:00 on.",
            example: "TIMEADD(MINUTES, 90, TIME '23:00')" → "TIME '00:30'"
        ) { (unit: TimeUnit, count: Int32, time: SQLTime) -> SQLTime? in try unit.shift(time, by: Int64(count)) },
        ScalarFunction(
            "TIMESUB",
            "The time so many units earlier, before midnight down from 24:00.",
            example: "TIMESUB(SECONDS, 30, TIME '00:00:10')" → "TIME '23:59:40'"
        ) { (unit: TimeUnit, count: Int32, time: SQLTime) -> SQLTime? in try unit.shift(time, by: -Int64(count)) },
    ]
}

extension TimeUnit {
    /// Milliseconds of a unit that is always as long; nil for months and years.
    private var milliseconds: Int64? {
        switch self {
        case .milliseconds: 1
        case .seconds: 1000
        case .minutes: 60_000
        case .hours: 3_600_000
        case .days: 86_400_000
        case .weeks: 7 * 86_400_000
        case .months, .years: nil
        }
    }

    /// The instant `count` units later; a day that the month does not have is its last.
    fileprivate func shift(_ instant: Int64, by count: Int64) throws(FunctionError) -> Int64 {
        if let milliseconds {
            let (span, isTooLong) = count.multipliedReportingOverflow(by: milliseconds)
            let (sum, isTooFar) = instant.addingReportingOverflow(span)
            if isTooLong || isTooFar { throw .timeOutOfRange }
            return sum
        }
        // A count is an INTEGER: the months, and the days of so many months, are far from the end of 64 bits.
        var date = CivilDate(epochDay: floorDivide(Int(instant), millisecondsPerDay))
        let months = date.year * 12 + date.month - 1 + Int(count) * (self == .years ? 12 : 1)
        date = CivilDate(year: floorDivide(months, 12), month: floorModulo(months, 12) + 1, day: date.day)
        date.day = min(date.day, date.monthLength)
        let (midnight, isTooFar) = date.epochDay.multipliedReportingOverflow(by: millisecondsPerDay)
        let (sum, isTooLate) = midnight.addingReportingOverflow(floorModulo(Int(instant), millisecondsPerDay))
        if isTooFar || isTooLate { throw .timeOutOfRange }
        return Int64(sum)
    }

    fileprivate func shift(_ date: SQLDate, by count: Int64) throws(FunctionError) -> SQLDate? {
        let instant = try shift(Int64(date.epochDay) * Int64(millisecondsPerDay), by: count)
        guard let day = Int32(exactly: instant / Int64(millisecondsPerDay)) else { throw .timeOutOfRange }
        return SQLDate(day)
    }

    fileprivate func shift(_ time: SQLTime, by count: Int64) throws(FunctionError) -> SQLTime? {
        let instant = try shift(Int64(time.milliseconds), by: count)
        return SQLTime(Int32(truncatingIfNeeded: floorModulo(Int(instant), millisecondsPerDay)))
    }
}
