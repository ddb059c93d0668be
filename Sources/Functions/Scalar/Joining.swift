import Values

extension ScalarFunction {
    /// Texts put together, filled up, searched and cut apart.
    static let joining: [ScalarFunction] =
        concatenation + padding + [
            ScalarFunction("INSTR", instrSummary, example: "INSTR('corporate floor', 'or')" → "2") {
                (text: Text?, part: Text?) -> Int32? in position(text, part, 1, 1)
            },
            ScalarFunction("INSTR", instrSummary, example: "INSTR('corporate floor', 'or', -4)" → "5") {
                (text: Text?, part: Text?, start: Int32?) -> Int32? in position(text, part, start, 1)
            },
            ScalarFunction("INSTR", instrSummary, example: "INSTR('corporate floor', 'or', 4, 2)" → "14") {
                (text: Text?, part: Text?, start: Int32?, occurrence: Int32?) -> Int32? in
                position(text, part, start, occurrence)
            },
            ScalarFunction(
                "SPLIT",
                "The parts of a text between delimiters; its characters when the delimiter is empty.",
                example: "SPLIT('a,b,,c', ',')" → "ARRAY['a', 'b', '', 'c']",
                [.exact(.string), .exact(.string)],
                returns: .pattern(.array(.exact(.string))),
                evaluate: split
            ),
            ScalarFunction(
                "SPLIT",
                "The parts of BYTES between delimiters.",
                [.exact(.bytes), .exact(.bytes)],
                returns: .pattern(.array(.exact(.bytes))),
                evaluate: split
            ),
            ScalarFunction(
                "FIELD",
                "The position of the first argument among the others, from 1 on; 0 when it is none of them.",
                example: "FIELD('b', 'a', 'b')" → "2",
                [.exact(.string), .exact(.string)],
                variadic: true,
                returns: .pattern(.exact(.integer)),
                nulls: .sees
            ) { call in
                call.rows(Int32.self, seesNull: call.arguments.map { _ in true }) { row in
                    let wanted = call.arguments[0]
                    if wanted.isNull(row) { return 0 }
                    let hit = call.arguments.dropFirst().firstIndex { argument in
                        !argument.isNull(row) && wanted.bytes(row).elementsEqual(argument.bytes(row))
                    }
                    return Int32(truncatingIfNeeded: hit ?? 0)
                }
            },
            ScalarFunction(
                "ELT",
                "The text at a position of the list, from 1 on; NULL outside of it.",
                example: "ELT(2, 'a', 'b')" → "'b'",
                [.exact(.integer), .exact(.string)],
                variadic: true,
                returns: .pattern(.exact(.string)),
                nulls: .sees
            ) { call in
                let index = Int32.Reader(call.arguments[0])
                return call.texts(seesNull: call.arguments.indices.map { $0 > 0 }) { row, out in
                    let wanted = Int(index(row))
                    guard wanted >= 1, wanted < call.arguments.count, !call.arguments[wanted].isNull(row) else {
                        return false
                    }
                    out.append(call.arguments[wanted].bytes(row))
                    return true
                }
            },
        ]

    private static let instrSummary =
        "The position of a part in a text, from 1 on, 0 when it is not there; a negative start searches backwards."

    // MARK: - Concatenation

    private static let concatenation: [ScalarFunction] = [SQLType.string, .bytes].flatMap { type in
        [
            ScalarFunction(
                "CONCAT",
                "All arguments one after the other; NULLs are left out.",
                example: type == .string ? "CONCAT('a', NULL, 'b')" → "'ab'" : nil,
                [.exact(type)],
                variadic: true,
                returns: .pattern(.exact(type)),
                nulls: .sees
            ) { call in
                let parts = call.arguments.map(PresentText.init)
                return call.texts(seesNull: call.arguments.map { _ in true }) { row, out in
                    for part in parts { if let bytes = part(row) { out.append(bytes) } }
                    return true
                }
            },
            ScalarFunction(
                "CONCAT_WS",
                "The arguments behind the first, with the first between them; NULLs are left out.",
                example: type == .string ? "CONCAT_WS('-', 'a', NULL, 'b')" → "'a-b'" : nil,
                [.exact(type), .exact(type), .exact(type)],
                variadic: true,
                returns: .pattern(.exact(type)),
                nulls: .sees
            ) { call in
                let separators = Text.Reader(call.arguments[0])
                let parts = call.arguments.dropFirst().map(PresentText.init)
                return call.texts(seesNull: call.arguments.indices.map { $0 > 0 }) { row, out in
                    var isFirst = true
                    for part in parts {
                        guard let bytes = part(row) else { continue }
                        if !isFirst { out.append(separators(row).bytes) }
                        isFirst = false
                        out.append(bytes)
                    }
                    return true
                }
            },
        ]
    }

    // MARK: - Padding

    private static let padding: [ScalarFunction] = [
        ScalarFunction(
            writing: "LPAD",
            "The text filled up on the left, or cut, to a length.",
            example: "LPAD('7', 3, '0')" → "'007'"
        ) { (text: Text, length: Int32, pad: Text, out: inout ByteWriter) in
            writePadded(text.bytes, Int(length), pad.bytes, onLeft: true, isText: true, to: &out)
        },
        ScalarFunction(
            writing: "RPAD",
            "The text filled up on the right, or cut, to a length.",
            example: "RPAD('ab', 5, 'xy')" → "'abxyx'"
        ) { (text: Text, length: Int32, pad: Text, out: inout ByteWriter) in
            writePadded(text.bytes, Int(length), pad.bytes, onLeft: false, isText: true, to: &out)
        },
        ScalarFunction(writing: "LPAD", "The bytes filled up on the left, or cut, to a length.", returns: .bytes) {
            (bytes: ByteRun, length: Int32, pad: ByteRun, out: inout ByteWriter) in
            writePadded(bytes.bytes, Int(length), pad.bytes, onLeft: true, isText: false, to: &out)
        },
        ScalarFunction(writing: "RPAD", "The bytes filled up on the right, or cut, to a length.", returns: .bytes) {
            (bytes: ByteRun, length: Int32, pad: ByteRun, out: inout ByteWriter) in
            writePadded(bytes.bytes, Int(length), pad.bytes, onLeft: false, isText: false, to: &out)
        },
    ]
}

/// Reads the bytes of an argument that may be NULL, without touching its column object.
private struct PresentText {
    private let text: Text.Reader
    private let validity: UnsafePointer<UInt64>?
    private let mask: Int

    init(_ argument: FunctionCall.Argument) {
        text = Text.Reader(argument)
        validity = argument.column.validityWords.map { UnsafePointer($0) }
        mask = argument.mask
    }

    @inline(__always)
    func callAsFunction(_ row: Int) -> UnsafeRawBufferPointer? {
        if let validity, !Bitmap.get(validity, row & mask) { return nil }
        return text(row).bytes
    }
}

/// Characters a padded text may have: more than a column should hold in one row.
private let paddedLengthMax = 1 << 24

/// A negative length or an empty padding has no answer.
private func writePadded(
    _ text: UnsafeRawBufferPointer,
    _ length: Int,
    _ pad: UnsafeRawBufferPointer,
    onLeft: Bool,
    isText: Bool,
    to out: inout ByteWriter
) -> Bool {
    guard length >= 0, length <= paddedLengthMax, !pad.isEmpty else { return false }
    let present = isText ? TextUnits.count(text) : text.count
    if present >= length {
        out.append(text.part(0..<(isText ? TextUnits.byteOffset(length, in: text) : length)))
        return true
    }
    if !onLeft { out.append(text) }
    let padUnits = isText ? TextUnits.count(pad) : pad.count
    var missing = length - present
    while missing >= padUnits {
        out.append(pad)
        missing -= padUnits
    }
    out.append(pad.part(0..<(isText ? TextUnits.byteOffset(missing, in: pad) : missing)))
    if onLeft { out.append(text) }
    return true
}

/// The place of the n-th occurrence, counted in UTF-16 units from 1 on; 0 when there is none.
private func position(_ text: Text?, _ part: Text?, _ start: Int32?, _ occurrence: Int32?) -> Int32? {
    guard let text = text?.bytes, let part = part?.bytes, let start = start.map(Int.init), start != 0,
        var left = occurrence.map(Int.init), left >= 1
    else { return 0 }
    var hit: Int?
    if start > 0 {
        var index = TextUnits.byteOffset(start - 1, in: text)
        while left > 0, let next = ByteSearch.first(part, in: text, from: index) {
            hit = next
            left -= 1
            index = next + 1
        }
    } else {
        var index = TextUnits.byteOffset(max(TextUnits.count(text) + start, 0), in: text)
        if TextUnits.count(text) + start < 0 { return 0 }
        while left > 0, index >= 0 {
            if index + part.count <= text.count, text.part(index..<index + part.count).elementsEqual(part) {
                hit = index
                left -= 1
            }
            index -= 1
        }
    }
    guard left == 0, let hit else { return 0 }
    return Int32(truncatingIfNeeded: TextUnits.count(text.part(0..<hit)) + 1)
}

@Sendable
private func split(_ call: FunctionCall) -> Column {
    let isText = call.result == .array(.string)
    let texts = PresentText(call.arguments[0])
    let delimiters = PresentText(call.arguments[1])
    var bytes = ByteWriter(capacity: call.arguments[0].column.arenaBytes)
    var ends: [Int32] = [0]
    let offsets = Buffer(capacity: (call.count + 1) * 4)
    let lists = offsets.base.assumingMemoryBound(to: Int32.self)
    lists[0] = 0
    var validity: Buffer?
    for row in 0..<call.count {
        if let text = texts(row), let delimiter = delimiters(row) {
            forEachPart(of: text, delimiter, isText: isText) { part in
                bytes.append(part)
                ends.append(Int32(truncatingIfNeeded: bytes.count))
            }
        } else {
            let bitmap = validity ?? Bitmap.buffer(call.count, allSet: true)
            validity = bitmap
            Bitmap.clear(bitmap.base.assumingMemoryBound(to: UInt64.self), row)
        }
        lists[row + 1] = Int32(truncatingIfNeeded: ends.count - 1)
    }
    let partOffsets = Buffer(capacity: ends.count * 4)
    ends.withUnsafeBytes {
        if let start = $0.baseAddress { partOffsets.base.copyMemory(from: start, byteCount: $0.count) }
    }
    let parts = Column(
        type: isText ? .string : .bytes,
        count: ends.count - 1,
        data: bytes.finish(),
        offsets: partOffsets
    )
    return Column(type: call.result, count: call.count, validity: validity, offsets: offsets, children: [parts])
}

@inline(__always)
private func forEachPart(
    of text: UnsafeRawBufferPointer,
    _ delimiter: UnsafeRawBufferPointer,
    isText: Bool,
    _ body: (UnsafeRawBufferPointer) -> Void
) {
    var index = 0
    // Nothing to cut: an empty text is its own only part.
    if delimiter.isEmpty, !text.isEmpty {
        while index < text.count {
            let length = isText ? TextUnits.characterLength(text, index) : 1
            body(text.part(index..<index + length))
            index += length
        }
        return
    }
    while !delimiter.isEmpty, let hit = ByteSearch.first(delimiter, in: text, from: index) {
        body(text.part(index..<hit))
        index = hit + delimiter.count
    }
    body(text.part(index..<text.count))
}

extension Column {
    /// Bytes of all rows of a STRING or BYTES column.
    fileprivate var arenaBytes: Int { Int(offsets[count] - offsets[0]) }
}
