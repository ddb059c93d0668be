import Values

extension ScalarFunction {
    /// DATE, TIME and TIMESTAMP as numbers and as text.
    static let times: [ScalarFunction] =
        clocks + formatting + parsing + [
            ScalarFunction(
                "CONVERT_TZ",
                "The timestamp moved from the local time of one zone to that of another.",
                example: "CONVERT_TZ(TIMESTAMP '2020-05-11T21:58:33', 'America/Los_Angeles', 'America/New_York')"
                    → "TIMESTAMP '2020-05-12T00:58:33'",
                [.exact(.timestamp), .exact(.string), .exact(.string)],
                returns: .pattern(.exact(.timestamp))
            ) { call in
                let time = SQLTimestamp.Reader(call.arguments[0])
                let from = call.zones(1)
                let to = call.zones(2)
                return call.rows(SQLTimestamp.self, seesNull: [false, false, false]) { row in
                    let instant = time(row).milliseconds
                    let shift = try to(row).offset(at: instant) - from(row).offset(at: instant)
                    let (moved, isOutOfRange) = instant.addingReportingOverflow(Int64(shift))
                    if isOutOfRange { throw FunctionError.timeOutOfRange }
                    return SQLTimestamp(moved)
                }
            }
        ]

    private static let clocks: [ScalarFunction] = [
        ScalarFunction(
            "UNIX_TIMESTAMP",
            "The time now, in milliseconds since 1970.",
            [],
            returns: .pattern(.exact(.bigint)),
            nulls: .sees,
            isDeterministic: false
        ) { call in
            let now = call.site.clock()
            return call.rows(Int64.self, seesNull: []) { _ in now }
        },
        ScalarFunction(
            "UNIX_TIMESTAMP",
            "The timestamp in milliseconds since 1970.",
            example: "UNIX_TIMESTAMP(TIMESTAMP '1970-01-01T00:00:01')" → "1000"
        ) { (time: SQLTimestamp) -> Int64? in time.milliseconds },
        ScalarFunction(
            "UNIX_DATE",
            "The date today (UTC), in days since 1970.",
            [],
            returns: .pattern(.exact(.integer)),
            nulls: .sees,
            isDeterministic: false
        ) { call in
            let today = Int32(truncatingIfNeeded: floorDivide(Int(call.site.clock()), millisecondsPerDay))
            return call.rows(Int32.self, seesNull: []) { _ in today }
        },
        ScalarFunction(
            "UNIX_DATE",
            "The date in days since 1970.",
            example: "UNIX_DATE(DATE '1970-01-11')" → "10"
        ) { (date: SQLDate) -> Int32? in date.epochDay },
        ScalarFunction(
            "FROM_UNIXTIME",
            "The timestamp of milliseconds since 1970.",
            example: "FROM_UNIXTIME(1000)" → "TIMESTAMP '1970-01-01T00:00:01'"
        ) { (milliseconds: Int64) -> SQLTimestamp? in SQLTimestamp(milliseconds) },
        ScalarFunction(
            "FROM_DAYS",
            "The date of days since 1970.",
            example: "FROM_DAYS(10)" → "DATE '1970-01-11'"
        ) { (days: Int32) -> SQLDate? in SQLDate(days) },
    ]

    // MARK: - To text

    private static let formatting: [ScalarFunction] =
        writing(
            "FORMAT_TIMESTAMP",
            "The timestamp as text by a pattern of Java's DateTimeFormatter, in UTC or the given zone.",
            "FORMAT_TIMESTAMP(TIMESTAMP '2020-05-26T21:59', 'dd MMM yyyy HH:mm', 'Europe/Paris')"
                → "'26 May 2020 23:59'",
            .timestamp,
            hasZone: true
        )
        + writing(
            "TIMESTAMPTOSTRING",
            "Milliseconds since 1970 as text by a pattern of Java's DateTimeFormatter, in UTC or the given zone.",
            "TIMESTAMPTOSTRING(1590530399000, 'yyyy-MM-dd''T''HH:mm:ss')" → "'2020-05-26T21:59:59'",
            .bigint,
            hasZone: true
        )
        + writing(
            "FORMAT_DATE",
            "The date as text by a pattern of Java's DateTimeFormatter.",
            "FORMAT_DATE(DATE '2020-05-06', 'EEE d/M/yy')" → "'Wed 6/5/20'",
            .date
        )
        + writing(
            "DATETOSTRING",
            "Days since 1970 as text by a pattern of Java's DateTimeFormatter.",
            "DATETOSTRING(18408, 'yyyy-MM-dd')" → "'2020-05-26'",
            .integer
        )
        + writing(
            "FORMAT_TIME",
            "The time as text by a pattern of Java's DateTimeFormatter.",
            "FORMAT_TIME(TIME '21:59:30', 'h:mm a')" → "'9:59 PM'",
            .time
        )

    private static func writing(
        _ name: String,
        _ summary: String,
        _ example: FunctionExample,
        _ type: SQLType,
        hasZone: Bool = false
    ) -> [ScalarFunction] {
        let parameters: [ParameterType] = [.exact(type), .exact(.string)]
        let overloads = hasZone ? [parameters, parameters + [.exact(.string)]] : [parameters]
        return overloads.map { parameters in
            ScalarFunction(
                name,
                summary,
                example: parameters.count == overloads[overloads.count - 1].count || name == "TIMESTAMPTOSTRING"
                    ? example : nil,
                parameters,
                returns: .pattern(.exact(.string))
            ) { call in
                let patterns = call.datePatterns(1)
                let zones = call.arguments.count > 2 ? call.zones(2) : nil
                return call.texts(seesNull: call.arguments.map { _ in false }) { row, out in
                    let pattern = try patterns(row)
                    let zone = try zones.map { try $0(row) }
                    try pattern.write(try call.instant(row, pattern), zone, to: &out)
                    return true
                }
            }
        }
    }

    // MARK: - From text

    private static let parsing: [ScalarFunction] =
        [SQLType.timestamp, .bigint].flatMap { type in
            [false, true].map { hasZone in
                let name = type == .timestamp ? "PARSE_TIMESTAMP" : "STRINGTOTIMESTAMP"
                let value = type == .timestamp ? "TIMESTAMP '2020-05-26T21:59'" : "1590530340000"
                let arguments =
                    hasZone
                    ? "'26.5.2020 23:59', 'd.M.yyyy HH:mm', 'Europe/Paris'" : "'26.5.2020 21:59', 'd.M.yyyy HH:mm'"
                return ScalarFunction(
                    name,
                    "The instant that a text names by a pattern of Java's DateTimeFormatter, in UTC or the given zone.",
                    example: "\(name)(\(arguments))" → value,
                    Array(repeating: .exact(.string), count: hasZone ? 3 : 2),
                    returns: .pattern(.exact(type))
                ) { call in
                    let texts = Text.Reader(call.arguments[0])
                    let patterns = call.datePatterns(1)
                    let zones = hasZone ? call.zones(2) : nil
                    return call.rows(Int64.self, seesNull: call.arguments.map { _ in false }) { row in
                        let zone = try zones.map { try $0(row) }
                        return try patterns(row).instant(texts(row), zone)
                    }
                }
            }
        } + [
            reading("PARSE_DATE", "The date", "PARSE_DATE('26/05/2020', 'dd/MM/yyyy')" → "DATE '2020-05-26'", .date) {
                text,
                pattern in
                let (day, time) = try pattern.local(text, isLenient: true)
                if time != 0 { throw FunctionError("the text has a time of day: \(text.string.prefix(60))") }
                return day
            },
            reading(
                "STRINGTODATE",
                "The days since 1970",
                "STRINGTODATE('2020-05-26', 'yyyy-MM-dd')" → "18408",
                .integer
            ) {
                text,
                pattern in try pattern.local(text).day
            },
            reading("PARSE_TIME", "The time", "PARSE_TIME('09:59 pm', 'hh:mm a')" → "TIME '21:59'", .time) {
                text,
                pattern in
                if pattern.hasDate { throw FunctionError("the pattern of a time has fields of a date") }
                return try pattern.local(text).time
            },
        ]

    private static func reading(
        _ name: String,
        _ what: String,
        _ example: FunctionExample,
        _ type: SQLType,
        _ read: @escaping @Sendable (Text, DatePattern) throws -> Int
    ) -> ScalarFunction {
        ScalarFunction(
            name,
            "\(what) that a text names by a pattern of Java's DateTimeFormatter.",
            example: example,
            [.exact(.string), .exact(.string)],
            returns: .pattern(.exact(type))
        ) { call in
            let texts = Text.Reader(call.arguments[0])
            let patterns = call.datePatterns(1)
            return call.rows(Int32.self, seesNull: [false, false]) { row in
                Int32(exactly: try read(texts(row), patterns(row)))
            }
        }
    }
}

extension FunctionCall {
    /// The first argument as an instant.
    fileprivate func instant(_ row: Int, _ pattern: DatePattern) throws(FunctionError) -> Int64 {
        let index = row & arguments[0].mask
        let column = arguments[0].column
        switch column.type {
        case .date, .integer:
            if pattern.hasTime { throw FunctionError("the pattern of a date has fields of a time") }
            return Int64(column.values(as: Int32.self)[index]) * Int64(millisecondsPerDay)
        case .time:
            if pattern.hasDate { throw FunctionError("the pattern of a time has fields of a date") }
            return Int64(column.values(as: Int32.self)[index])
        default: return column.values(as: Int64.self)[index]
        }
    }
}
