import Values

/// A Swift type that a function's closure may take; it stands for one SQL type.
protocol FunctionInput: SendableMetatype {
    associatedtype Reader: RowReader where Reader.Element == Self
    static var parameter: ParameterType { get }
    /// True when the closure sees NULL instead of being skipped.
    static var acceptsNull: Bool { get }
}

extension FunctionInput {
    static var acceptsNull: Bool { false }
}

/// Reads the rows of an argument as a Swift type.
protocol RowReader: SendableMetatype {
    associatedtype Element
    init(_ argument: FunctionCall.Argument)
    func callAsFunction(_ row: Int) -> Element
}

/// Reads values that lie in the column as they are.
struct FixedReader<Element: BitwiseCopyable>: RowReader {
    private let base: UnsafePointer<Element>
    private let mask: Int

    @inline(__always)
    init(_ argument: FunctionCall.Argument) {
        base = UnsafePointer(argument.column.values(as: Element.self))
        mask = argument.mask
    }

    @inline(__always)
    func callAsFunction(_ row: Int) -> Element { base[row & mask] }
}

extension Int32: FunctionInput {
    typealias Reader = FixedReader<Int32>
    static var parameter: ParameterType { .exact(.integer) }
}

extension Int64: FunctionInput {
    typealias Reader = FixedReader<Int64>
    static var parameter: ParameterType { .exact(.bigint) }
}

extension Double: FunctionInput {
    typealias Reader = FixedReader<Double>
    static var parameter: ParameterType { .exact(.double) }
}

extension Bool: FunctionInput {
    static var parameter: ParameterType { .exact(.boolean) }

    struct Reader: RowReader {
        private let bytes: FixedReader<UInt8>

        @inline(__always)
        init(_ argument: FunctionCall.Argument) { bytes = FixedReader(argument) }

        @inline(__always)
        func callAsFunction(_ row: Int) -> Bool { bytes(row) != 0 }
    }
}

/// A DATE: days since 1970-01-01.
struct SQLDate: FunctionInput, BitwiseCopyable {
    typealias Reader = FixedReader<SQLDate>
    static var parameter: ParameterType { .exact(.date) }
    let epochDay: Int32

    init(_ epochDay: Int32) { self.epochDay = epochDay }
}

/// A TIME: milliseconds of the day.
struct SQLTime: FunctionInput, BitwiseCopyable {
    typealias Reader = FixedReader<SQLTime>
    static var parameter: ParameterType { .exact(.time) }
    let milliseconds: Int32

    init(_ milliseconds: Int32) { self.milliseconds = milliseconds }
}

/// A TIMESTAMP: milliseconds since 1970-01-01T00:00:00Z.
struct SQLTimestamp: FunctionInput, BitwiseCopyable {
    typealias Reader = FixedReader<SQLTimestamp>
    static var parameter: ParameterType { .exact(.timestamp) }
    let milliseconds: Int64

    init(_ milliseconds: Int64) { self.milliseconds = milliseconds }
}

extension Decimal: FunctionInput {
    static var parameter: ParameterType { .decimal }

    struct Reader: RowReader {
        private let column: Column
        private let mask: Int
        private let narrowScale: Int?

        init(_ argument: FunctionCall.Argument) {
            column = argument.column
            mask = argument.mask
            if case .decimal(_, let scale) = column.type, !column.type.isWideDecimal {
                narrowScale = scale
            } else {
                narrowScale = nil
            }
        }

        @inline(__always)
        func callAsFunction(_ row: Int) -> Decimal {
            guard let narrowScale else { return column.decimal(row & mask) }
            return Decimal(unscaled: column.values(as: Int128.self)[row & mask], scale: narrowScale)
        }
    }
}

/// The UTF-8 bytes of a STRING, in place: valid while the function runs.
struct Text: FunctionInput {
    static var parameter: ParameterType { .exact(.string) }
    let bytes: UnsafeRawBufferPointer

    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The text as a String of its own.
    var string: String { String(decoding: bytes, as: UTF8.self) }

    /// Whether the text is the word in upper or lower case.
    /// - Parameter word: in ASCII and upper case.
    func equals(_ word: StaticString) -> Bool {
        guard bytes.count == word.utf8CodeUnitCount else { return false }
        return bytes.indices.allSatisfy { index in
            let byte = bytes[index]
            return (0x61...0x7A).contains(byte) ? byte & 0xDF == word.utf8Start[index] : byte == word.utf8Start[index]
        }
    }

    struct Reader: RowReader {
        private let base: UnsafePointer<UInt8>
        private let offsets: UnsafePointer<Int32>
        private let mask: Int

        @inline(__always)
        init(_ argument: FunctionCall.Argument) {
            base = UnsafePointer(argument.column.arena)
            offsets = UnsafePointer(argument.column.offsets)
            mask = argument.mask
        }

        @inline(__always)
        func callAsFunction(_ row: Int) -> Text {
            let index = row & mask
            let start = Int(offsets[index])
            return Text(UnsafeRawBufferPointer(start: base + start, count: Int(offsets[index + 1]) - start))
        }
    }
}

extension String: FunctionInput {
    static var parameter: ParameterType { .exact(.string) }

    struct Reader: RowReader {
        private let text: Text.Reader

        init(_ argument: FunctionCall.Argument) { text = Text.Reader(argument) }

        @inline(__always)
        func callAsFunction(_ row: Int) -> String { text(row).string }
    }
}

/// The bytes of a BYTES value, in place: valid while the function runs.
struct ByteRun: FunctionInput {
    static var parameter: ParameterType { .exact(.bytes) }
    let bytes: UnsafeRawBufferPointer

    struct Reader: RowReader {
        private let text: Text.Reader

        @inline(__always)
        init(_ argument: FunctionCall.Argument) { text = Text.Reader(argument) }

        @inline(__always)
        func callAsFunction(_ row: Int) -> ByteRun { ByteRun(bytes: text(row).bytes) }
    }
}

extension Optional: FunctionInput where Wrapped: FunctionInput {
    static var parameter: ParameterType { Wrapped.parameter }
    static var acceptsNull: Bool { true }

    struct Reader: RowReader {
        private let argument: FunctionCall.Argument
        private let wrapped: Wrapped.Reader

        init(_ argument: FunctionCall.Argument) {
            self.argument = argument
            wrapped = Wrapped.Reader(argument)
        }

        @inline(__always)
        func callAsFunction(_ row: Int) -> Wrapped? { argument.isNull(row) ? nil : wrapped(row) }
    }
}

/// A unit keyword.
extension TimeUnit: FunctionInput {
    static var parameter: ParameterType { .timeUnit }

    struct Reader: RowReader {
        private let text: Text.Reader

        init(_ argument: FunctionCall.Argument) { text = Text.Reader(argument) }

        func callAsFunction(_ row: Int) -> TimeUnit { TimeUnit(rawValue: text(row).string) ?? .milliseconds }
    }
}

/// A length of time, as SQL names it.
enum TimeUnit: String {
    case milliseconds = "MILLISECONDS"
    case seconds = "SECONDS"
    case minutes = "MINUTES"
    case hours = "HOURS"
    case days = "DAYS"
    case weeks = "WEEKS"
    case months = "MONTHS"
    case years = "YEARS"
}
