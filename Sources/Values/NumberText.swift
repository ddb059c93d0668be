/// Numbers as text, written straight into raw memory.
///
/// Every function writes at `out`, where the caller has reserved the stated room, and returns how many bytes it wrote.
/// They may scribble on the rest of that room.
public enum NumberText {
    /// Room that an integer needs.
    public static let integerRoom = 24
    /// Room that a DOUBLE needs.
    public static let doubleRoom = 32
    /// Room that a decimal needs: sign, point, leading zero, exponent, 39 digits, the zeros of the scale.
    @inlinable
    public static func decimalRoom(scale: Int) -> Int { 64 + max(scale, 0) }

    /// Decimal digits of an integer, with a minus where it is negative.
    @inlinable
    public static func write(_ value: Int64, to out: UnsafeMutableRawPointer) -> Int {
        guard value < 0 else { return write(UInt64(bitPattern: value), to: out) }
        out.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self)
        return 1 + write(value.magnitude, to: out + 1)
    }

    /// Decimal digits of an unsigned integer.
    @inlinable
    public static func write(_ value: UInt64, to out: UnsafeMutableRawPointer) -> Int {
        let digits = digitCount(value)
        write(value, digits: digits, to: out)
        return digits
    }

    /// Exactly `digits` decimal digits, zeros in front where the number is shorter; it must not be longer.
    @inlinable
    public static func write(_ value: UInt64, digits: Int, to out: UnsafeMutableRawPointer) {
        let table = UnsafeRawPointer(digitPairs.utf8Start)
        var rest = value
        var position = digits
        while position >= 2 {
            let quotient = rest / 100
            let pair = Int(truncatingIfNeeded: rest &- quotient &* 100)
            position &-= 2
            (out + position).storeBytes(
                of: table.loadUnaligned(fromByteOffset: pair &* 2, as: UInt16.self),
                as: UInt16.self
            )
            rest = quotient
        }
        if position == 1 { out.storeBytes(of: UInt8(truncatingIfNeeded: rest % 10) &+ 0x30, as: UInt8.self) }
    }

    /// How many decimal digits the number has; 1 for zero.
    @inlinable
    public static func digitCount(_ value: UInt64) -> Int {
        if value < 10_000 {
            if value < 100 { return value < 10 ? 1 : 2 }
            return value < 1_000 ? 3 : 4
        }
        if value < 100_000_000 {
            if value < 1_000_000 { return value < 100_000 ? 5 : 6 }
            return value < 10_000_000 ? 7 : 8
        }
        if value < 1_000_000_000_000 {
            if value < 10_000_000_000 { return value < 1_000_000_000 ? 9 : 10 }
            return value < 100_000_000_000 ? 11 : 12
        }
        if value < 10_000_000_000_000_000 {
            if value < 100_000_000_000_000 { return value < 10_000_000_000_000 ? 13 : 14 }
            return value < 1_000_000_000_000_000 ? 15 : 16
        }
        if value < 1_000_000_000_000_000_000 { return value < 100_000_000_000_000_000 ? 17 : 18 }
        return value < 10_000_000_000_000_000_000 ? 19 : 20
    }

    /// The digits of 00 to 99.
    @usableFromInline
    static let digitPairs: StaticString = """
        0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
        5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
        """
}

extension NumberText {
    /// The digits of a 128-bit magnitude.
    public static func write(magnitude: UInt128, to out: UnsafeMutableRawPointer) -> Int {
        guard magnitude > UInt128(UInt64.max) else { return write(UInt64(magnitude), to: out) }
        let block: UInt128 = 1_000_000_000_000_000_000
        let (high, low) = magnitude.quotientAndRemainder(dividingBy: block)
        let start = write(magnitude: high, to: out)
        write(UInt64(low), digits: 18, to: out + start)
        return start + 18
    }

    /// A decimal in plain notation with all digits of its scale, such as `-0.050`; room: ``decimalRoom(scale:)``.
    public static func write(unscaled: Int128, scale: Int, to out: UnsafeMutableRawPointer) -> Int {
        var start = out
        if unscaled < 0 {
            start.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self)
            start += 1
        }
        let digits = write(magnitude: unscaled.magnitude, to: start)
        guard scale > 0 else { return start - out + digits }
        if digits > scale {
            let point = start + (digits - scale)
            // Overlaps, so this is memmove's case, which copyMemory covers.
            (point + 1).copyMemory(from: point, byteCount: scale)
            point.storeBytes(of: UInt8(ascii: "."), as: UInt8.self)
            return start - out + digits + 1
        }
        let zeros = scale - digits + 2
        (start + zeros).copyMemory(from: start, byteCount: digits)
        start.initializeMemory(as: UInt8.self, repeating: 0x30, count: zeros)
        (start + 1).storeBytes(of: UInt8(ascii: "."), as: UInt8.self)
        return start - out + zeros + digits
    }

    /// A decimal as Java's `BigDecimal.toString` has it: plain, or scientific when very small, like `0E-7`.
    public static func writeScientific(unscaled: Int128, scale: Int, to out: UnsafeMutableRawPointer) -> Int {
        // Only the exponent of the first digit decides, and it is -7 at most only where the scale is 7 or more.
        guard scale >= 7 else { return write(unscaled: unscaled, scale: scale, to: out) }
        var start = out
        if unscaled < 0 {
            start.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self)
            start += 1
        }
        let digits = write(magnitude: unscaled.magnitude, to: start)
        let exponent = digits - 1 - scale
        guard exponent < -6 else { return write(unscaled: unscaled, scale: scale, to: out) }
        var end = start + digits
        if digits > 1 {
            (start + 2).copyMemory(from: start + 1, byteCount: digits - 1)
            (start + 1).storeBytes(of: UInt8(ascii: "."), as: UInt8.self)
            end += 1
        }
        end.storeBytes(of: UInt8(ascii: "E"), as: UInt8.self)
        return end + 1 + write(Int64(exponent), to: end + 1) - out
    }
}

extension ByteArena {
    /// Appends an integer's decimal digits.
    @inlinable
    public mutating func append(integer: Int64) {
        reserve(NumberText.integerRoom)
        advance(NumberText.write(integer, to: end))
    }

    /// Appends a DOUBLE as Java writes it.
    public mutating func append(double: Double) {
        reserve(NumberText.doubleRoom)
        advance(NumberText.write(double, to: end))
    }

    /// Appends a decimal in plain notation.
    public mutating func append(unscaled: Int128, scale: Int) {
        reserve(NumberText.decimalRoom(scale: scale))
        advance(NumberText.write(unscaled: unscaled, scale: scale, to: end))
    }
}
