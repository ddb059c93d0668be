import Values

/// How the values of a column are spelled.
enum Spelling: UInt8 {
    case boolean, int32, int64, double
    /// As Java's `BigDecimal.toString`.
    case decimalNumber
    /// Plain digits in quotes.
    case decimalText
    case string, base64, isoDate, isoTime, isoTimestamp
    case list, map, structure
}

/// For whom values are written: other programs that read the topic, or a client that reads replies.
enum Dialect {
    /// As ksqlDB writes JSON: times are integers, decimals are numbers.
    case topic
    /// Times in ISO 8601, decimals as strings.
    case reply
    /// The same with decimals as numbers.
    case replyWithDecimalNumbers

    func spelling(of type: SQLType) -> Spelling {
        switch type {
        case .boolean: .boolean
        case .integer: .int32
        case .bigint: .int64
        case .double: .double
        case .decimal: self == .reply ? .decimalText : .decimalNumber
        case .string: .string
        case .bytes: .base64
        case .date: self == .topic ? .int32 : .isoDate
        case .time: self == .topic ? .int32 : .isoTime
        case .timestamp: self == .topic ? .int64 : .isoTimestamp
        case .array: .list
        case .map: .map
        case .structure: .structure
        }
    }
}

/// A column of the batch at hand, ready to be written value by value.
///
/// Columns of a tree lie in preorder, so that a hot loop walks plain memory without reference counts.
struct SpelledColumn {
    let spelling: Spelling
    let scale: Int
    /// Of a wide DECIMAL; the values are bytes then.
    let isWide: Bool
    /// Bytes in front of a value: a bracket or comma, and the member's name.
    let prefix: UnsafeRawPointer
    let prefixLength: Int
    /// This column and those below it.
    let subtreeCount: Int
    let childCount: Int
    var values: UnsafeRawPointer?
    var offsets: UnsafePointer<Int32>?
    var validity: UnsafePointer<UInt64>?

    mutating func bind(_ column: Column) {
        values = column.data.map { UnsafeRawPointer($0.base) }
        offsets = column.offsetBuffer.map { UnsafePointer($0.base.assumingMemoryBound(to: Int32.self)) }
        validity = column.validityWords.map { UnsafePointer($0) }
    }

    @inline(__always)
    func isNull(_ row: Int) -> Bool {
        guard let validity else { return false }
        return !Bitmap.get(validity, row)
    }

    @inline(__always)
    func load<T: BitwiseCopyable>(_ row: Int, as _: T.Type) -> T {
        values.unsafelyUnwrapped.load(fromByteOffset: row &* MemoryLayout<T>.stride, as: T.self)
    }
}

/// Columns as JSON values; made once for some types, bound to the columns of each batch.
final class ColumnSpeller {
    /// All columns in preorder.
    private let columns: UnsafeMutableBufferPointer<SpelledColumn>
    /// The bytes of all prefixes, each readable 16 bytes beyond its end.
    private let prefixes: Buffer
    /// Index of each top-level column.
    let roots: [Int]

    /// - Parameter prefix: the bytes in front of the value of top-level column i.
    init(_ types: [SQLType], _ dialect: Dialect, prefix: (Int) -> [UInt8]) {
        var drafts: [(type: SQLType, prefix: [UInt8], subtree: Int)] = []
        var roots: [Int] = []
        for (index, type) in types.enumerated() {
            roots.append(drafts.count)
            ColumnSpeller.collect(type, prefix(index), into: &drafts)
        }
        self.roots = roots
        prefixes = Buffer(capacity: drafts.reduce(0) { $0 + $1.prefix.count })
        columns = UnsafeMutableBufferPointer.allocate(capacity: drafts.count)
        var used = 0
        for (index, draft) in drafts.enumerated() {
            let start = prefixes.base + used
            draft.prefix.withUnsafeBytes { bytes in
                if let source = bytes.baseAddress { start.copyMemory(from: source, byteCount: bytes.count) }
            }
            used += draft.prefix.count
            var scale = 0
            if case .decimal(_, let digits) = draft.type { scale = digits }
            columns.initializeElement(
                at: index,
                to: SpelledColumn(
                    spelling: dialect.spelling(of: draft.type),
                    scale: scale,
                    isWide: draft.type.isWideDecimal,
                    prefix: UnsafeRawPointer(start),
                    prefixLength: draft.prefix.count,
                    subtreeCount: draft.subtree,
                    childCount: draft.type.childTypes.count
                )
            )
        }
    }

    deinit { columns.deallocate() }

    /// Points at the columns of a batch, which must live as long as they are written.
    func bind(_ batch: [Column]) {
        for (root, column) in zip(roots, batch) { bind(column, root) }
    }

    /// The columns in preorder.
    var spelled: UnsafePointer<SpelledColumn>? { columns.baseAddress.map { UnsafePointer($0) } }

    private func bind(_ column: Column, _ index: Int) {
        columns[index].bind(column)
        var child = index + 1
        for below in column.children {
            bind(below, child)
            child += columns[child].subtreeCount
        }
    }

    private static func collect(
        _ type: SQLType,
        _ prefix: [UInt8],
        into drafts: inout [(type: SQLType, prefix: [UInt8], subtree: Int)]
    ) {
        let own = drafts.count
        drafts.append((type, prefix, 1))
        if case .structure(let fields) = type {
            for (index, field) in fields.enumerated() {
                collect(field.type, memberPrefix(index == 0 ? "{" : ",", field.name), into: &drafts)
            }
        } else {
            for child in type.childTypes { collect(child, [], into: &drafts) }
        }
        drafts[own].subtree = drafts.count - own
    }

    /// `lead`, then the name as a JSON string and a colon.
    static func memberPrefix(_ lead: String, _ name: String) -> [UInt8] {
        var arena = ByteArena(capacity: name.utf8.count + 32)
        arena.append(string: lead)
        JSONString.append(name, to: &arena)
        arena.append(UInt8(ascii: ":"))
        return [UInt8](arena.bytes)
    }
}
