import CSimdJSON
import Functions
import Glibc
import Runtime
import Values

/// Decodes runs of JSON payloads with one call into the C++ decoder, which fills the columns' buffers.
///
/// Everything about the wanted columns is checked. Of the rest of a payload only the structure is: brackets, names,
/// strings and UTF-8, but not the spelling of numbers and literals that nobody wants.
final class JSONReader: FormatReader {
    private let fields: [Schema.Field]
    private let isWrapped: Bool
    private let decoder: OpaquePointer
    /// Type and path of each column of the decoder, in preorder.
    private let nodes: [JSONNodeName]

    init(_ fields: [Schema.Field], isWrapped: Bool) throws {
        self.fields = fields
        self.isWrapped = isWrapped
        var nodes: [JSONNodeName] = []
        for field in fields { JSONNodeName.collect(field.type, name: field.name, path: field.name, into: &nodes) }
        self.nodes = nodes
        // The decoder allocates in C++, which says when the machine has no more.
        guard let decoder = JSONReader.makeDecoder(nodes, isWrapped: isWrapped) else {
            throw FormatError("no memory for a JSON reader")
        }
        self.decoder = decoder
    }

    deinit { weir_json_decoder_free(decoder) }

    func read(_ payloads: Column, bad: inout [BadPayload]) throws -> [Column] {
        guard !fields.isEmpty || isWrapped else { return [] }
        guard payloads.count > 0, let data = payloads.data else {
            return fields.map { Column.constant($0.type, .null, count: payloads.count) }
        }
        let arena = UnsafePointer(data.base.assumingMemoryBound(to: UInt8.self))
        let refused = weir_json_decode(
            decoder,
            arena,
            payloads.offsets,
            payloads.validityWords,
            Int32(payloads.count)
        )
        guard refused >= 0 else { throw FormatError("no memory to decode \(payloads.count) JSON payloads") }
        if refused > 0 { report(Int(refused), arena, into: &bad) }
        var node: Int32 = 0
        return fields.map { takeColumn($0.type, &node) }
    }

    private func takeColumn(_ type: SQLType, _ node: inout Int32) -> Column {
        let own = node
        node += 1
        let children = type.childTypes.map { takeColumn($0, &node) }
        let column = Column(
            type: type,
            count: Int(weir_json_rows(decoder, own)),
            validity: takeBuffer(own, WEIR_JSON_VALIDITY),
            data: takeBuffer(own, WEIR_JSON_VALUES),
            offsets: takeBuffer(own, WEIR_JSON_OFFSETS),
            children: children
        )
        return type.isWideDecimal ? numbers(column) : column
    }

    /// The numbers whose unscaled digits the decoder wrote.
    private func numbers(_ digits: Column) -> Column {
        let builder = ColumnBuilder(digits.type, capacity: digits.count)
        for row in 0..<digits.count {
            if digits.isNull(row) {
                builder.appendNull()
                continue
            }
            let text = digits.bytes(row)
            let isNegative = text.first == UInt8(ascii: "-")
            builder.append(unscaled: BigInteger(isNegative: isNegative, digits: text.dropFirst(isNegative ? 1 : 0)))
        }
        return builder.finish()
    }

    private func takeBuffer(_ node: Int32, _ part: some BinaryInteger) -> Buffer? {
        var capacity = 0
        guard let base = weir_json_take(decoder, node, Int32(part), &capacity) else { return nil }
        return Buffer(borrowing: base, capacity: capacity, owner: AllocatedBlock(base))
    }

    private func report(_ count: Int, _ arena: UnsafePointer<UInt8>, into bad: inout [BadPayload]) {
        let errors = UnsafeBufferPointer(start: weir_json_errors(decoder), count: count)
        for error in errors.sorted(by: { $0.row < $1.row }) {
            let shown = UnsafeBufferPointer(start: arena + Int(error.start), count: min(Int(error.length), 200))
            let text = String(decoding: shown, as: UTF8.self)
            let node = error.node >= 0 ? nodes[Int(error.node)] : nil
            let reason = JSONReason(code: Int(error.reason), text: text, type: node?.type)
            bad.append(
                BadPayload(row: Int(error.row), field: node?.path, value: text, reason: reason.description)
            )
        }
    }

    private static func makeDecoder(_ nodes: [JSONNodeName], isWrapped: Bool) -> OpaquePointer? {
        let names = nodes.map { strdup($0.name) }
        defer { for name in names { free(name) } }
        let list = zip(nodes, names).map { node, name in
            var entry = weir_json_node()
            entry.kind = node.type.jsonKind
            if case .decimal(let precision, let scale) = node.type {
                entry.precision = Int32(precision)
                entry.scale = Int32(scale)
            }
            entry.children = Int32(node.type.childTypes.count)
            entry.name = UnsafePointer(name)
            entry.name_length = Int32(node.name.utf8.count)
            return entry
        }
        return weir_json_decoder_new(list, Int32(list.count), isWrapped) { kind, text, length, result in
            guard let time = JSONReader.time(kind, UnsafeRawBufferPointer(start: text, count: length)) else {
                return false
            }
            result?.pointee = time
            return true
        }
    }

    /// A time in ISO 8601, as replies have it.
    private static func time(_ kind: Int32, _ text: UnsafeRawBufferPointer) -> Int64? {
        switch kind {
        case SQLType.date.jsonKind: TimeReader.date(text).map(Int64.init)
        case SQLType.time.jsonKind: TimeReader.time(text).map(Int64.init)
        default: TimeReader.timestamp(text)
        }
    }
}

/// Memory that was allocated in C.
private final class AllocatedBlock {
    private let base: UnsafeMutablePointer<UInt8>

    init(_ base: UnsafeMutablePointer<UInt8>) { self.base = base }

    deinit { free(base) }
}

/// What a column of the decoder is called: its name as a member, and its path in messages.
struct JSONNodeName {
    let type: SQLType
    let name: String
    let path: String

    static func collect(_ type: SQLType, name: String, path: String, into nodes: inout [JSONNodeName]) {
        nodes.append(JSONNodeName(type: type, name: name, path: path))
        switch type {
        case .array(let element):
            collect(element, name: "", path: path + "[*]", into: &nodes)
        case .map(let key, let value):
            collect(key, name: "", path: path, into: &nodes)
            collect(value, name: "", path: path + "[*]", into: &nodes)
        case .structure(let fields):
            for field in fields {
                collect(field.type, name: field.name, path: path + "." + field.name, into: &nodes)
            }
        default: break
        }
    }
}

extension SQLType {
    fileprivate var jsonKind: Int32 {
        let kind =
            switch self {
            case .boolean: WEIR_JSON_BOOLEAN
            case .integer: WEIR_JSON_INTEGER
            case .bigint: WEIR_JSON_BIGINT
            case .double: WEIR_JSON_DOUBLE
            case .decimal: isWideDecimal ? WEIR_JSON_DIGITS : WEIR_JSON_DECIMAL
            case .string: WEIR_JSON_STRING
            case .bytes: WEIR_JSON_BYTES
            case .time: WEIR_JSON_TIME
            case .date: WEIR_JSON_DATE
            case .timestamp: WEIR_JSON_TIMESTAMP
            case .array: WEIR_JSON_ARRAY
            case .map: WEIR_JSON_MAP
            case .structure: WEIR_JSON_STRUCT
            }
        return Int32(kind)
    }
}
