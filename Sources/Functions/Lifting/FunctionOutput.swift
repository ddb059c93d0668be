import Values

/// A Swift type that a function's closure may return; it stands for one SQL type.
protocol FunctionOutput: SendableMetatype {
    associatedtype Writer: RowWriter where Writer.Element == Self
    static var result: ParameterType { get }
}

/// Builds a column of a known number of rows, one row after the other.
protocol RowWriter: SendableMetatype {
    associatedtype Element
    init(rows: Int, type: SQLType)
    /// - Throws: for a value that the column's type does not hold.
    mutating func append(_ value: Element) throws
    mutating func appendNull()
    consuming func finish() -> Column
}

/// Writes values that lie in the column as they are.
struct FixedWriter<Element: BitwiseCopyable>: RowWriter {
    private let type: SQLType
    private let rows: Int
    private let data: Buffer
    private let target: UnsafeMutablePointer<Element>
    private var row = 0
    private var validity: Buffer?

    init(rows: Int, type: SQLType) {
        self.type = type
        self.rows = rows
        data = Buffer(capacity: rows * MemoryLayout<Element>.stride)
        target = data.base.assumingMemoryBound(to: Element.self)
    }

    @inline(__always)
    mutating func append(_ value: Element) {
        target[row] = value
        row += 1
    }

    mutating func appendNull() {
        let bitmap = validity ?? Bitmap.buffer(rows, allSet: true)
        validity = bitmap
        Bitmap.clear(bitmap.base.assumingMemoryBound(to: UInt64.self), row)
        UnsafeMutableRawPointer(target + row).initializeMemory(
            as: UInt8.self,
            repeating: 0,
            count: MemoryLayout<Element>.stride
        )
        row += 1
    }

    consuming func finish() -> Column { Column(type: type, count: rows, validity: validity, data: data) }
}

extension Int32: FunctionOutput {
    typealias Writer = FixedWriter<Int32>
    static var result: ParameterType { .exact(.integer) }
}

extension Int64: FunctionOutput {
    typealias Writer = FixedWriter<Int64>
    static var result: ParameterType { .exact(.bigint) }
}

extension Double: FunctionOutput {
    typealias Writer = FixedWriter<Double>
    static var result: ParameterType { .exact(.double) }
}

extension SQLDate: FunctionOutput {
    typealias Writer = FixedWriter<SQLDate>
    static var result: ParameterType { .exact(.date) }
}

extension SQLTime: FunctionOutput {
    typealias Writer = FixedWriter<SQLTime>
    static var result: ParameterType { .exact(.time) }
}

extension SQLTimestamp: FunctionOutput {
    typealias Writer = FixedWriter<SQLTimestamp>
    static var result: ParameterType { .exact(.timestamp) }
}

extension Bool: FunctionOutput {
    static var result: ParameterType { .exact(.boolean) }

    struct Writer: RowWriter {
        private var bytes: FixedWriter<UInt8>

        init(rows: Int, type: SQLType) { bytes = FixedWriter(rows: rows, type: type) }

        @inline(__always)
        mutating func append(_ value: Bool) { bytes.append(value ? 1 : 0) }

        mutating func appendNull() { bytes.appendNull() }

        consuming func finish() -> Column { bytes.finish() }
    }
}

extension Decimal: FunctionOutput {
    static var result: ParameterType { .decimal }

    /// Rounds to the column's scale.
    struct Writer: RowWriter {
        private let builder: ColumnBuilder

        init(rows: Int, type: SQLType) { builder = ColumnBuilder(type, capacity: rows) }

        mutating func append(_ value: Decimal) throws {
            if case .decimal(let precision, let scale) = builder.type,
                value.fitted(precision: precision, scale: scale) == nil
            {
                throw FunctionError("numeric overflow: the result does not fit DECIMAL(\(precision), \(scale))")
            }
            builder.append(decimal: value)
        }

        mutating func appendNull() { builder.appendNull() }

        consuming func finish() -> Column { builder.finish() }
    }
}

extension String: FunctionOutput {
    static var result: ParameterType { .exact(.string) }

    struct Writer: RowWriter {
        private var text: TextBuilder

        init(rows: Int, type: SQLType) { text = TextBuilder(rows: rows, type: type) }

        mutating func append(_ value: String) {
            text.bytes.append(value)
            text.endRow()
        }

        mutating func appendNull() { text.endNull() }

        consuming func finish() -> Column { text.finish() }
    }
}

/// A list of STRINGs or NULLs.
extension Array: FunctionOutput where Element == String {
    static var result: ParameterType { .array(.exact(.string)) }

    struct Writer: RowWriter {
        typealias Element = [String]
        private let builder: ColumnBuilder

        init(rows: Int, type: SQLType) { builder = ColumnBuilder(type, capacity: rows) }

        mutating func append(_ value: [String]) {
            for text in value { builder.children[0].append(string: text) }
            builder.appendComposite()
        }

        mutating func appendNull() { builder.appendNull() }

        consuming func finish() -> Column { builder.finish() }
    }
}
