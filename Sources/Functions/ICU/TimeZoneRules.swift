import CICU

/// A time zone: a fixed offset such as `+02:00`, or a name such as `Europe/Paris` with the rules behind it.
final class TimeZoneRules {
    /// As SQL wrote it.
    let name: String
    private let fixed: Int?
    private let handle: OpaquePointer?

    /// - Throws: ``FunctionError`` when there is no such zone.
    init(_ name: String) throws(FunctionError) {
        self.name = name
        fixed = TimeZoneRules.fixedOffset(name)
        handle = fixed == nil ? cicu_zone_open(name) : nil
        if fixed == nil, handle == nil { throw FunctionError("Unknown time zone: \(name)") }
    }

    deinit { if let handle { cicu_zone_close(handle) } }

    /// Milliseconds that local time is ahead of UTC at an instant.
    func offset(at instant: Int64) -> Int {
        if let fixed { return fixed }
        return handle.map { Int(cicu_zone_offset($0, instant)) } ?? 0
    }

    /// The instant of a local time in milliseconds since 1970.
    ///
    /// A time that occurs twice is the first of the two; one that is skipped is moved on by what was skipped.
    func instant(ofLocal local: Int64) -> Int64 {
        if let fixed { return local - Int64(fixed) }
        let day: Int64 = 86_400_000
        let earlier = Int64(offset(at: local - day))
        if offset(at: local - earlier) == Int(earlier) { return local - earlier }
        let later = Int64(offset(at: local + day))
        return offset(at: local - later) == Int(later) ? local - later : local - earlier
    }

    /// The name at an instant: short, such as `CET`, or long, such as `Central European Standard Time`.
    func displayName(at instant: Int64, isLong: Bool) -> String {
        guard let handle else { return name }
        var text = [CChar](repeating: 0, count: 64)
        cicu_zone_display_name(handle, instant, isLong, &text, 64)
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// `Z`, `UTC`, `GMT`, or any of the latter two or nothing before `+h`, `+hh`, `+hh:mm` or `+hhmm`.
    private static func fixedOffset(_ name: String) -> Int? {
        var rest = name[...]
        if rest == "Z" { return 0 }
        for prefix in ["UTC", "GMT", "UT"] where rest.hasPrefix(prefix) {
            rest = rest.dropFirst(prefix.count)
            break
        }
        if rest.isEmpty { return 0 }
        guard let sign = rest.first, sign == "+" || sign == "-" else { return nil }
        let digits = rest.dropFirst().filter { $0 != ":" }
        guard digits.count <= 4, let number = Int(digits), digits.allSatisfy(\.isNumber) else { return nil }
        let (hours, minutes) = digits.count <= 2 ? (number, 0) : (number / 100, number % 100)
        guard hours <= 18, minutes < 60 else { return nil }
        return (sign == "-" ? -1 : 1) * (hours * 3_600_000 + minutes * 60_000)
    }
}

extension FunctionCall {
    /// The time zones of an argument by row, each opened once.
    func zones(_ argument: Int) -> (Int) throws(FunctionError) -> TimeZoneRules {
        let texts = Text.Reader(arguments[argument])
        let site = site
        return eachOrConstant(argument) { (row: Int) throws(FunctionError) in
            let name = texts(row).string
            return try site.cached("zone " + name) { () throws(FunctionError) in try TimeZoneRules(name) }
        }
    }
}
