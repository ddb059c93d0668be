import Values

extension DatePattern {
    /// A moment as the fields of a calendar in one zone.
    private struct Moment {
        let date: CivilDate
        /// Milliseconds of the day.
        let time: Int
        let instant: Int64
        let offset: Int
        let zone: TimeZoneRules?
    }

    /// Writes an instant as it is called in a zone (nil: UTC).
    /// - Throws: ``FunctionError`` when the local time is out of range.
    func write(_ instant: Int64, _ zone: TimeZoneRules?, to out: inout ByteWriter) throws(FunctionError) {
        let offset = zone?.offset(at: instant) ?? 0
        let (local, isOutOfRange) = Int(instant).addingReportingOverflow(offset)
        if isOutOfRange { throw .timeOutOfRange }
        let moment = Moment(
            date: CivilDate(epochDay: floorDivide(local, millisecondsPerDay)),
            time: floorModulo(local, millisecondsPerDay),
            instant: instant,
            offset: offset,
            zone: zone
        )
        for token in tokens {
            switch token {
            case .literal(let bytes): bytes.withUnsafeBytes { out.append($0) }
            case .field(let field, let width): write(field, width, moment, to: &out)
            case .optionStart, .optionEnd: continue
            }
        }
    }

    private func write(_ field: Field, _ width: Int, _ moment: Moment, to out: inout ByteWriter) {
        let time = moment.time
        let hour = time / 3_600_000
        switch field {
        case .era, .year, .month, .day, .dayOfYear, .weekday, .weekdayNumber, .weekYear, .weekOfYear, .weekOfMonth,
            .quarter:
            writeDate(field, width, moment.date, to: &out)
        case .half: out.append(hour < 12 ? "AM" : "PM")
        case .hourOfHalf: out.append(Int64((hour + 11) % 12 + 1), width: width)
        case .hourOfHalfFromZero: out.append(Int64(hour % 12), width: width)
        case .hour: out.append(Int64(hour), width: width)
        case .hourFromOne: out.append(Int64((hour + 23) % 24 + 1), width: width)
        case .minute: out.append(Int64(time / 60_000 % 60), width: width)
        case .second: out.append(Int64(time / 1000 % 60), width: width)
        case .fraction:
            // Three digits are known; more are zeros.
            for digit in 0..<width {
                let divisor = digit == 0 ? 100 : digit == 1 ? 10 : 1
                out.append(digit < 3 ? 0x30 + UInt8(truncatingIfNeeded: time % 1000 / divisor % 10) : 0x30)
            }
        case .nanosecond: out.append(Int64(time % 1000 * 1_000_000), width: width)
        case .millisecondOfDay: out.append(Int64(time), width: width)
        case .zoneID: out.append(moment.zone?.name ?? "GMT")
        case .zoneName:
            let isLong = width == 4
            out.append(moment.zone?.displayName(at: moment.instant, isLong: isLong) ?? zoneOfGreenwich(isLong))
        case .offsetX: write(offset: moment.offset, width, zero: "Z", to: &out)
        case .offsetLowerX: write(offset: moment.offset, width, zero: nil, to: &out)
        case .offsetZ:
            if width == 4 { out.append("GMT") }
            write(offset: moment.offset, width < 4 ? 2 : 3, zero: width == 5 ? "Z" : nil, to: &out)
        }
    }

    private func writeDate(_ field: Field, _ width: Int, _ date: CivilDate, to out: inout ByteWriter) {
        switch field {
        case .era: out.append(date.year > 0 ? "AD" : "BC")
        case .year: write(year: date.year, width, to: &out)
        case .month: write(DatePattern.months, date.month - 1, width, to: &out)
        case .day: out.append(Int64(date.day), width: width)
        case .dayOfYear: out.append(Int64(date.dayOfYear), width: width)
        case .weekday: write(DatePattern.weekdays, date.dayOfWeek - 1, max(width, 3), to: &out)
        // Weeks start on Sunday, as in the United States.
        case .weekdayNumber where width < 3: out.append(Int64(date.dayOfWeek % 7 + 1), width: width)
        case .weekdayNumber: write(DatePattern.weekdays, date.dayOfWeek - 1, width, to: &out)
        case .weekYear: write(year: date.week.year, width, to: &out)
        case .weekOfYear: out.append(Int64(date.week.number), width: width)
        case .weekOfMonth: out.append(Int64(date.weekOfMonth), width: width)
        default:
            if width > 2 { out.append("Q") }
            out.append(Int64((date.month + 2) / 3), width: width == 2 ? 2 : 1)
        }
    }

    private func write(year: Int, _ width: Int, to out: inout ByteWriter) {
        if width == 2 {
            out.append(Int64(floorModulo(year, 100)), width: 2)
        } else {
            if year > 9999, width >= 4 { out.append(0x2B) }
            out.append(Int64(year), width: width)
        }
    }

    private func zoneOfGreenwich(_ isLong: Bool) -> String { isLong ? "Greenwich Mean Time" : "GMT" }

    /// A name: a number up to two letters, then short, full, or its first letter.
    private func write(_ names: [String], _ index: Int, _ width: Int, to out: inout ByteWriter) {
        switch width {
        case 1, 2: out.append(Int64(index + 1), width: width)
        case 3: out.append(String(names[index].prefix(3)))
        case 4: out.append(names[index])
        default: out.append(String(names[index].prefix(1)))
        }
    }

    /// Width 1: `+02` or `+0230`; 2: `+0200`; 3: `+02:00`.
    private func write(offset: Int, _ width: Int, zero: String?, to out: inout ByteWriter) {
        if offset == 0, let zero {
            out.append(zero)
            return
        }
        let minutes = offset.magnitude / 60_000
        out.append(offset < 0 ? 0x2D : 0x2B)
        out.append(Int64(minutes / 60), width: 2)
        if width == 1, minutes % 60 == 0 { return }
        if width == 3 || width == 5 { out.append(0x3A) }
        out.append(Int64(minutes % 60), width: 2)
    }
}
