import Values

/// A serialisation format of keys or values: JSON, DELIMITED, KAFKA, NONE, …
/// .
public protocol Format: Sendable {
    /// As SQL writes it, upper case.
    var name: String { get }
    /// Checks that the format can hold the columns.
    /// - Throws: ``FormatError`` that names the column and what would do.
    func check(_ fields: [Schema.Field], isKey: Bool, properties: FormatProperties) throws
    /// A reader that fills the `wanted` ones of `fields`. Used by one thread.
    func makeReader(_ fields: [Schema.Field], wanted: [Int], properties: FormatProperties) throws -> any FormatReader
    /// A writer for `fields`. Used by one thread.
    func makeWriter(_ fields: [Schema.Field], properties: FormatProperties) throws -> any FormatWriter
}

/// Options of a format from the WITH clause.
public struct FormatProperties: Hashable, Sendable {
    /// False: the only column is the payload itself.
    ///
    /// Multi-column payloads are always wrapped.
    public var wrapsSingle: Bool
    /// DELIMITED's separator.
    public var delimiter: UInt8

    public init(wrapsSingle: Bool = true, delimiter: UInt8 = UInt8(ascii: ",")) {
        self.wrapsSingle = wrapsSingle
        self.delimiter = delimiter
    }
}

/// Decodes payloads into columns.
public protocol FormatReader: AnyObject {
    /// Decodes every payload of a BYTES column. A NULL payload gives a row of NULLs.
    /// - Parameter bad: gets the rows that could not be decoded, each once with field, value and reason; their columns
    ///   hold NULLs and the caller drops the rows.
    /// - Returns: one column per wanted field, each with as many rows as `payloads`.
    func read(_ payloads: Column, bad: inout [BadPayload]) throws -> [Column]
}

/// A payload that could not be decoded.
public struct BadPayload: Sendable {
    public let row: Int
    public let field: String?
    public let value: String?
    public let reason: String

    public init(row: Int, field: String?, value: String?, reason: String) {
        self.row = row
        self.field = field
        self.value = value
        self.reason = reason
    }
}

/// Encodes columns into payloads.
public protocol FormatWriter: AnyObject {
    /// Encodes `count` rows; row i is NULL in the result where `absent` (a byte a row, not zero: no payload) says so.
    /// - Parameter bad: gets rows that the format cannot hold; they are NULL in the result and the caller drops them.
    func write(_ columns: [Column], count: Int, absent: Buffer?, bad: inout [BadPayload]) throws -> Column
}

/// Why a format cannot hold some columns.
public struct FormatError: Error, CustomStringConvertible {
    public let message: String
    public let hint: String?

    public init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    public var description: String { message }
}

/// The formats that an engine knows, by name.
public struct FormatRegistry: Sendable {
    private let formats: [String: any Format]

    public init(_ formats: [any Format]) {
        self.formats = Dictionary(uniqueKeysWithValues: formats.map { ($0.name, $0) })
    }

    /// The format `name`, in any case; nil when there is none.
    public subscript(_ name: String) -> (any Format)? { formats[name.uppercased()] }

    public var names: [String] { formats.keys.sorted() }
}
