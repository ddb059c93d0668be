import Functions
import Values

/// `array[index]`: 1-based, negative from the end; NULL outside of the array.
final class ArrayElement: Kernel {
    private let array: Kernel
    private let index: Kernel

    /// - Parameter index: a BIGINT.
    init(_ array: Kernel, _ index: Kernel) {
        self.array = array
        self.index = index
        super.init(array.type.childTypes[0])
    }

    override func evaluate(_ frame: Frame) -> Column {
        let lists = array.guarded(frame)
        let position = index.guardedOperand(frame)
        let positions = position.column.values(as: Int64.self)
        let offsets = lists.offsets
        var picked = [Int32](repeating: -1, count: frame.count)
        for row in 0..<frame.count where !lists.isNull(row) && !position.isNull(row) {
            let length = Int64(offsets[row + 1] - offsets[row])
            let wanted = positions[row & position.mask]
            let zeroBased = wanted > 0 ? wanted - 1 : length + wanted
            guard wanted != 0, zeroBased >= 0, zeroBased < length else { continue }
            picked[row] = offsets[row] + Int32(truncatingIfNeeded: zeroBased)
        }
        return lists.children[0].picking(picked)
    }
}

/// `map[key]`; NULL when the map has no such key.
final class MapElement: Kernel {
    private let map: Kernel
    private let key: Kernel

    /// - Parameter key: of the map's key type.
    init(_ map: Kernel, _ key: Kernel) {
        self.map = map
        self.key = key
        super.init(map.type.childTypes[1])
    }

    override func evaluate(_ frame: Frame) -> Column {
        let maps = map.guarded(frame)
        let wanted = key.guardedOperand(frame)
        let keys = maps.children[0]
        let offsets = maps.offsets
        var picked = [Int32](repeating: -1, count: frame.count)
        for row in 0..<frame.count where !maps.isNull(row) && !wanted.isNull(row) {
            for entry in offsets[row]..<offsets[row + 1]
            where keys.holdsSame(Int(entry), as: wanted.column, row & wanted.mask) {
                picked[row] = entry
                break
            }
        }
        return maps.children[1].picking(picked)
    }
}

/// A field of a STRUCT; NULL in a NULL struct.
final class FieldKernel: Kernel {
    private let structure: Kernel
    private let index: Int
    override var isTotal: Bool { structure.isTotal }

    init(_ structure: Kernel, _ index: Int) {
        self.structure = structure
        self.index = index
        super.init(structure.type.childTypes[index])
    }

    override func evaluate(_ frame: Frame) -> Column {
        let column = structure.guarded(frame)
        return column.children[index].masked(by: column.validity)
    }
}

/// ARRAY[…].
final class ArrayConstructor: Kernel {
    private let elements: [Kernel]

    init(_ elements: [Kernel], element: SQLType) {
        self.elements = elements
        super.init(.array(element))
    }

    override func evaluate(_ frame: Frame) -> Column {
        let columns = elements.map { $0.guardedOperand(frame) }
        let child = ColumnBuilder(type.childTypes[0], capacity: frame.count * columns.count)
        let offsets = Buffer(capacity: (frame.count + 1) * 4)
        for row in 0..<frame.count {
            for column in columns { child.append(rowOf: column.column, row & column.mask) }
        }
        let ends = offsets.base.assumingMemoryBound(to: Int32.self)
        for row in 0...frame.count { ends[row] = Int32(truncatingIfNeeded: row * columns.count) }
        return Column(type: type, count: frame.count, offsets: offsets, children: [child.finish()])
    }
}

/// MAP(k := v, …): the last of equal keys wins, at the place of the first; entries whose key is NULL are left out.
final class MapConstructor: Kernel {
    private let keys: [Kernel]
    private let values: [Kernel]

    init(_ entries: [(key: Kernel, value: Kernel)], _ type: SQLType) {
        keys = entries.map(\.key)
        values = entries.map(\.value)
        super.init(type)
    }

    override func evaluate(_ frame: Frame) -> Column {
        let keyColumns = keys.map { $0.guardedOperand(frame) }
        let valueColumns = values.map { $0.guardedOperand(frame) }
        let builder = ColumnBuilder(type, capacity: frame.count)
        for row in 0..<frame.count {
            for (index, key) in keyColumns.enumerated() where !key.isNull(row) {
                let isSame = { (other: Operand) in
                    key.column.holdsSame(row & key.mask, as: other.column, row & other.mask)
                }
                if keyColumns[..<index].contains(where: isSame) { continue }
                let last = keyColumns.lastIndex(where: isSame) ?? index
                builder.children[0].append(rowOf: key.column, row & key.mask)
                builder.children[1].append(rowOf: valueColumns[last].column, row & valueColumns[last].mask)
            }
            builder.appendComposite()
        }
        return builder.finish()
    }
}

/// STRUCT(n := v, …).
final class StructConstructor: Kernel {
    private let fields: [Kernel]
    override var isTotal: Bool { fields.allSatisfy(\.isTotal) }

    init(_ fields: [Kernel], _ type: SQLType) {
        self.fields = fields
        super.init(type)
    }

    override func evaluate(_ frame: Frame) -> Column {
        Column(type: type, count: frame.count, children: fields.map { $0.guarded(frame) })
    }
}

extension Column {
    /// The rows `indices`, where -1 gives NULL.
    func picking(_ indices: [Int32]) -> Column {
        indices.withUnsafeBufferPointer { list in
            list.baseAddress.map { gather($0, count: list.count, mayBeMissing: true) } ?? Column.of(type, [])
        }
    }
}
