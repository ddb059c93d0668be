import Values

extension AggregateFunction {
    static let top: [AggregateFunction] = [
        AggregateFunction(
            "TOPK",
            "The k greatest values that are not NULL, in descending order; with more columns, the rows they come from.",
            [
                "TOPK(x INTEGER | BIGINT | DOUBLE | STRING, k INTEGER) -> ARRAY<x>",
                "TOPK(x INTEGER | BIGINT | DOUBLE | STRING, c ANY..., k INTEGER) -> ARRAY<STRUCT<sort_col x, col0 c, ...>>",
            ],
            example: AggregateExample(
                "TOPK(x, 2)",
                .bigint,
                [.bigint(4), .bigint(9), .null, .bigint(9)],
                literals: [.integer(2)],
                gives: .array([.bigint(9), .bigint(9)])
            )
        ) { (call: AggregateCall) throws(AggregateError) in
            guard call.count >= 2, isSortable(call.types[0]), let limit = try call.limit(call.count - 1) else {
                return nil
            }
            let columns = call.count - 1
            if columns == 1 {
                return AggregateBinding(.array(call.types[0]), TopValues(limit: limit, row: nil, type: call.types[0]))
            }
            let others = (1..<columns).map { StructField("col\($0 - 1)", call.types[$0]) }
            let row = SQLType.structure([StructField("sort_col", call.types[0])] + others)
            return AggregateBinding(
                .array(row),
                columns: columns,
                TopValues(limit: limit, row: row, type: call.types[0])
            )
        },
        AggregateFunction(
            "TOPKDISTINCT",
            "The k greatest different values that are not NULL, in descending order.",
            [
                "TOPKDISTINCT(x INTEGER | BIGINT | DOUBLE | DECIMAL | STRING | BYTES | DATE | TIME | TIMESTAMP, "
                    + "k INTEGER) -> ARRAY<x>"
            ],
            example: AggregateExample(
                "TOPKDISTINCT(x, 2)",
                .bigint,
                [.bigint(4), .bigint(9), .null, .bigint(9)],
                literals: [.integer(2)],
                gives: .array([.bigint(9), .bigint(4)])
            )
        ) { (call: AggregateCall) throws(AggregateError) in
            guard call.count == 2, let limit = try call.limit(1) else { return nil }
            switch call.types[0] {
            case .boolean, .array, .map, .structure: return nil
            default:
                return AggregateBinding(
                    .array(call.types[0]),
                    TopValues(limit: limit, row: nil, type: call.types[0], isDistinct: true)
                )
            }
        },
    ]
}

private func isSortable(_ type: SQLType) -> Bool {
    switch type {
    case .integer, .bigint, .double, .string: true
    default: false
    }
}

/// The greatest values in descending order: slot of an ``ElementList``.
///
/// An element is the length of the sort value (UInt32), the sort value, and the whole row where there is one. Equal
/// values stay in the order in which they came.
private struct TopValues: Accumulator {
    let limit: Int
    /// The STRUCT of a row; nil: the values alone.
    let row: SQLType?
    let type: SQLType
    var isDistinct = false
    var slotBytes: Int { 16 }
    var blobs: [Int] { [8] }

    func prepare(_ inputs: [Column]) -> [Column] {
        let count = inputs[0].count
        let sortKeys = KeyEncoder.encode([inputs[0]], count: count)
        guard let row else { return [sortKeys] }
        return [sortKeys, KeyEncoder.encode([Column(type: row, count: count, children: inputs)], count: count)]
    }

    func update(_ slots: SlotRun, _ inputs: [Column]) {
        var element: [UInt8] = []
        for index in 0..<slots.count {
            let row = Int(slots.rows[index])
            if inputs[0].isNull(row) { continue }
            let key = inputs[0].bytes(row)
            element.removeAll(keepingCapacity: true)
            withUnsafeBytes(of: UInt32(key.count)) { element.append(contentsOf: $0) }
            element.append(contentsOf: key)
            if inputs.count > 1 { element.append(contentsOf: inputs[1].bytes(row)) }
            element.withUnsafeBytes { add(ElementList(slots[index], slots.memory), $0) }
        }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<targets.count {
            let target = ElementList(targets[index], targets.memory)
            ElementList(sources[index], sources.memory).forEach { _, element in
                if let element { add(target, element) }
                return true
            }
        }
    }

    private func add(_ list: ElementList, _ element: UnsafeRawBufferPointer) {
        let key = TopValues.key(element)
        var place: Int?
        var last = 0
        var isKnown = false
        list.forEach { position, other in
            last = position
            guard let other else { return true }
            let order = compareBytes(key, TopValues.key(other))
            if order == 0, isDistinct { isKnown = true }
            if order > 0, place == nil { place = position }
            return !isKnown && (place == nil || isDistinct || list.count >= limit)
        }
        if isKnown { return }
        guard list.count >= limit else { return list.insert(element, at: place) }
        guard let place else { return }
        list.remove(at: last)
        list.insert(element, at: place)
    }

    /// The sort value of an element.
    private static func key(_ element: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let length = Int(element.loadUnaligned(as: UInt32.self))
        return UnsafeRawBufferPointer(rebasing: element[4..<(4 + length)])
    }

    func result(_ slots: SlotRun) -> Column {
        var count = 0
        for index in 0..<slots.count { count += ElementList(slots[index], slots.memory).count }
        let elements = ColumnBuilder(.bytes, capacity: count)
        let offsetBuffer = Buffer(capacity: (slots.count + 1) * 4)
        let offsets = offsetBuffer.base.assumingMemoryBound(to: Int32.self)
        offsets[0] = 0
        for index in 0..<slots.count {
            ElementList(slots[index], slots.memory).forEach { _, element in
                guard let element else { return true }
                let key = TopValues.key(element)
                elements.append(bytes: row == nil ? key : UnsafeRawBufferPointer(rebasing: element[(4 + key.count)...]))
                return true
            }
            offsets[index + 1] = Int32(elements.count)
        }
        let child = KeyDecoder.decode(elements.finish(), types: [row ?? type])[0]
        return Column(type: .array(row ?? type), count: slots.count, offsets: offsetBuffer, children: [child])
    }
}
