import Values

extension AggregateFunction {
    static let collecting: [AggregateFunction] = [
        AggregateFunction(
            "COLLECT_LIST",
            "All values in an array, NULLs included, in the order in which they came.",
            ["COLLECT_LIST(x ANY) -> ARRAY<x>"],
            example: AggregateExample(
                "COLLECT_LIST(x)",
                .bigint,
                [.bigint(2), .null, .bigint(2)],
                gives: .array([.bigint(2), .null, .bigint(2)])
            )
        ) { call in
            call.single.map {
                AggregateBinding(
                    .array($0),
                    ElementListAccumulator(type: $0, limit: call.limits.collectList, dropsFirst: false, canUndo: true)
                )
            }
        },
        AggregateFunction(
            "COLLECT_SET",
            "The different values in an array, NULL included, in the order in which they first came.",
            ["COLLECT_SET(x ANY) -> ARRAY<x>"],
            example: AggregateExample(
                "COLLECT_SET(x)",
                .bigint,
                [.bigint(2), .bigint(1), .bigint(2)],
                gives: .array([.bigint(2), .bigint(1)])
            )
        ) { call in
            call.single.map { AggregateBinding(.array($0), SetOfValues(type: $0, limit: call.limits.collectSet)) }
        },
        AggregateFunction(
            "HISTOGRAM",
            "How often each value that is not NULL came, for the first 1000 values.",
            ["HISTOGRAM(x STRING) -> MAP<STRING, BIGINT>"],
            example: AggregateExample(
                "HISTOGRAM(x)",
                .string,
                [.string("a"), .string("b"), .string("a")],
                gives: .map([MapEntry(.string("a"), .bigint(2)), MapEntry(.string("b"), .bigint(1))])
            )
        ) { call in
            call.single == .string ? AggregateBinding(.map(key: .string, value: .bigint), HistogramOfValues()) : nil
        },
        AggregateFunction(
            "ATTR",
            "The value when all rows have the same, NULL otherwise; NULL counts as a value.",
            ["ATTR(x ANY) -> x"],
            example: AggregateExample("ATTR(x)", .bigint, [.bigint(2), .bigint(2)], gives: .bigint(2))
        ) { call in call.single.map { AggregateBinding($0, OnlyValue(type: $0)) } },
    ]
}

/// COLLECT_SET: slot of a ``CountedList`` whose numbers mean nothing.
private struct SetOfValues: Accumulator {
    let type: SQLType
    let limit: Int
    var slotBytes: Int { CountedList.slotBytes }
    var blobs: [Int] { CountedList.blobs }

    func prepare(_ inputs: [Column]) -> [Column] { [KeyEncoder.encode(inputs, count: inputs[0].count)] }

    func update(_ slots: SlotRun, _ inputs: [Column]) {
        let input = inputs[0]
        for index in 0..<slots.count {
            let row = Int(slots.rows[index])
            add(CountedList(slots[index], slots.memory), input.isNull(row) ? nil : input.bytes(row))
        }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<targets.count {
            let target = CountedList(targets[index], targets.memory)
            CountedList(sources[index], sources.memory).forEach { _, value in add(target, value) }
        }
    }

    private func add(_ list: CountedList, _ value: UnsafeRawBufferPointer?) {
        if list.count < limit, list.find(value) == nil { list.append(value, number: 1) }
    }

    func result(_ slots: SlotRun) -> Column {
        let (values, _, offsets) = listed(slots)
        let child = KeyDecoder.decode(values, types: [type])[0]
        return Column(type: .array(type), count: slots.count, offsets: offsets, children: [child])
    }
}

/// The values and numbers of counted lists one after the other, and where each list starts.
private func listed(_ slots: SlotRun) -> (values: Column, numbers: Column, offsets: Buffer) {
    let values = ColumnBuilder(.bytes, capacity: slots.count * 4)
    let numbers = ColumnBuilder(.bigint, capacity: slots.count * 4)
    let offsetBuffer = Buffer(capacity: (slots.count + 1) * 4)
    let offsets = offsetBuffer.base.assumingMemoryBound(to: Int32.self)
    offsets[0] = 0
    for index in 0..<slots.count {
        let list = CountedList(slots[index], slots.memory)
        list.forEach { position, value in
            if let value { values.append(bytes: value) } else { values.appendNull() }
            numbers.append(list.number(position))
        }
        offsets[index + 1] = Int32(values.count)
    }
    return (values.finish(), numbers.finish(), offsetBuffer)
}

/// HISTOGRAM: slot of a ``CountedList``.
private struct HistogramOfValues: Accumulator {
    var slotBytes: Int { CountedList.slotBytes }
    var blobs: [Int] { CountedList.blobs }
    var canUndo: Bool { true }
    private static let valuesMax = 1000

    func update(_ slots: SlotRun, _ inputs: [Column]) { add(slots, inputs[0], 1) }
    func undo(_ slots: SlotRun, _ inputs: [Column]) { add(slots, inputs[0], -1) }

    private func add(_ slots: SlotRun, _ input: Column, _ step: Int64) {
        for index in 0..<slots.count {
            let row = Int(slots.rows[index])
            if input.isNull(row) { continue }
            add(CountedList(slots[index], slots.memory), input.bytes(row), step)
        }
    }

    private func add(_ list: CountedList, _ value: UnsafeRawBufferPointer?, _ step: Int64) {
        if let position = list.find(value) {
            let number = list.number(position) + step
            if number > 0 { list.setNumber(position, number) } else { list.remove(position) }
        } else if step > 0, list.count < HistogramOfValues.valuesMax {
            list.append(value, number: step)
        }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<targets.count {
            let target = CountedList(targets[index], targets.memory)
            let source = CountedList(sources[index], sources.memory)
            source.forEach { position, value in add(target, value, source.number(position)) }
        }
    }

    func result(_ slots: SlotRun) -> Column {
        let (values, numbers, offsets) = listed(slots)
        return Column(
            type: .map(key: .string, value: .bigint),
            count: slots.count,
            offsets: offsets,
            children: [values.retyped(.string), numbers]
        )
    }
}

/// ATTR: slot of a ``CountedList`` whose numbers are of rows.
private struct OnlyValue: Accumulator {
    let type: SQLType
    var slotBytes: Int { CountedList.slotBytes }
    var blobs: [Int] { CountedList.blobs }
    var canUndo: Bool { true }

    func prepare(_ inputs: [Column]) -> [Column] { [KeyEncoder.encode(inputs, count: inputs[0].count)] }

    func update(_ slots: SlotRun, _ inputs: [Column]) { add(slots, inputs[0], 1) }
    func undo(_ slots: SlotRun, _ inputs: [Column]) { add(slots, inputs[0], -1) }

    private func add(_ slots: SlotRun, _ input: Column, _ step: Int64) {
        for index in 0..<slots.count {
            let row = Int(slots.rows[index])
            add(CountedList(slots[index], slots.memory), input.isNull(row) ? nil : input.bytes(row), step)
        }
    }

    private func add(_ list: CountedList, _ value: UnsafeRawBufferPointer?, _ step: Int64) {
        guard let position = list.find(value) else {
            if step > 0 { list.append(value, number: step) }
            return
        }
        let number = list.number(position) + step
        if number > 0 { list.setNumber(position, number) } else { list.remove(position) }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<targets.count {
            let target = CountedList(targets[index], targets.memory)
            let source = CountedList(sources[index], sources.memory)
            source.forEach { position, value in add(target, value, source.number(position)) }
        }
    }

    func result(_ slots: SlotRun) -> Column {
        let values = ColumnBuilder(.bytes, capacity: slots.count)
        for index in 0..<slots.count {
            let list = CountedList(slots[index], slots.memory)
            var only: UnsafeRawBufferPointer?
            if list.count == 1 { list.forEach { _, value in only = value } }
            if let only { values.append(bytes: only) } else { values.appendNull() }
        }
        return KeyDecoder.decode(values.finish(), types: [type])[0]
    }
}
