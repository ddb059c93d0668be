import Values

extension FunctionCall {
    /// The elements of an ARRAY, or the entries of a MAP, that an argument has in a row.
    @inline(__always)
    func elements(_ argument: Int, _ row: Int) -> Range<Int> {
        let index = row & arguments[argument].mask
        let offsets = arguments[argument].column.offsets
        return Int(offsets[index])..<Int(offsets[index + 1])
    }

    /// The column below an ARRAY argument, or one of the two below a MAP.
    func child(_ argument: Int, _ index: Int = 0) -> Column { arguments[argument].column.children[index] }

    /// A column of ARRAYs or MAPs: `body` appends a row's elements to the builder's children and returns false for NULL.
    func lists(strict: Bool = true, _ body: (Int, ColumnBuilder) throws -> Bool) -> Column {
        let builder = ColumnBuilder(result, capacity: count)
        for row in 0..<count {
            if strict, arguments.contains(where: { $0.isNull(row) }) {
                builder.appendNull()
                continue
            }
            do {
                if try body(row, builder) { builder.appendComposite() } else { builder.appendNull() }
            } catch {
                site.fail(row, "\(error)")
                builder.appendNull()
            }
        }
        return builder.finish()
    }

    /// A column of one element of an ARRAY argument each, or NULL.
    func picked(from argument: Int, _ choice: (Int) -> Int?) -> Column {
        var indices = [Int32](repeating: -1, count: count)
        for row in 0..<count {
            if let element = choice(row) { indices[row] = Int32(truncatingIfNeeded: element) }
        }
        return indices.withUnsafeBufferPointer { list in
            list.baseAddress.map { child(argument).gather($0, count: count, mayBeMissing: true) }
                ?? Column.of(result, [])
        }
    }
}

/// The different elements of a list so far, found by hash.
struct ElementSet {
    private var places: [UInt64: [Int]] = [:]
    private var columns: [Column] = []

    /// Adds an element; false when one like it is there.
    mutating func insert(_ column: Column, _ row: Int) -> Bool {
        let hash = ElementSet.hash(column, row)
        if holds(column, row, hash) { return false }
        if columns.last !== column { columns.append(column) }
        places[hash, default: []].append((columns.count - 1) << 40 | row)
        return true
    }

    /// True when an element like it is there.
    func contains(_ column: Column, _ row: Int) -> Bool { holds(column, row, ElementSet.hash(column, row)) }

    private func holds(_ column: Column, _ row: Int, _ hash: UInt64) -> Bool {
        places[hash]?.contains { place in
            columns[place >> 40].holdsSame(place & (1 << 40 - 1), as: column, row)
        } ?? false
    }

    private static func hash(_ column: Column, _ row: Int) -> UInt64 {
        if column.isNull(row) { return 1 }
        switch column.type.storage {
        // Two zeros are equal whatever their sign.
        case .fixed(8) where column.type == .double && column.values(as: Double.self)[row] == 0: return 2
        case .fixed(let width):
            guard let data = column.data else { return 0 }
            return Hash.of(data.base + row * width, width)
        case .variable:
            let bytes = column.bytes(row)
            return bytes.baseAddress.map { Hash.of($0, bytes.count) } ?? 3
        case .list, .structure: return 0
        }
    }
}
