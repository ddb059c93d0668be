import Values

/// EXPLODE: a row for each element of a list.
struct Explode: TableFunction {
    let name = "EXPLODE"
    let summary = "Makes a row of each element of an array, NULLs included; none of an empty or missing array."
    let signature = "EXPLODE(list ARRAY<T>) -> T"
    let failure = "never"
    let example = TableFunctionExample(
        call: "EXPLODE(ARRAY['a', NULL, 'b'])",
        argument: .array([.string("a"), .null, .string("b")]),
        type: .array(.string),
        results: [.string("a"), .null, .string("b")]
    )

    func resultType(_ arguments: [SQLType]) -> SQLType? {
        guard arguments.count == 1, case .array(let element) = arguments[0] else { return nil }
        return element
    }

    func counts(_ arguments: [Column], count: Int, into counts: UnsafeMutablePointer<Int32>) {
        let list = arguments[0]
        let offsets = list.offsets
        for row in 0..<count { counts[row] = offsets[row + 1] &- offsets[row] }
        guard let words = list.validityWords else { return }
        for row in 0..<count where !Bitmap.get(words, row) { counts[row] = 0 }
    }

    func values(
        _ arguments: [Column],
        rows: UnsafePointer<Int32>,
        positions: UnsafePointer<Int32>,
        count: Int
    ) -> Column {
        let offsets = arguments[0].offsets
        let places = Buffer(capacity: count * 4)
        let elements = places.base.assumingMemoryBound(to: Int32.self)
        var isMissing = false
        for index in 0..<count {
            let position = positions[index]
            isMissing = isMissing || position < 0
            elements[index] = position < 0 ? -1 : offsets[Int(rows[index])] &+ position
        }
        return arguments[0].children[0].gather(elements, count: count, mayBeMissing: isMissing)
    }
}

/// CUBE_EXPLODE: a row for each way to replace elements of a list by NULL.
///
/// With the list's elements that are not NULL as the bits of a number, the first element the highest, the rows come in
/// ascending order of that number: first all NULL, at last the list itself.
struct CubeExplode: TableFunction {
    let name = "CUBE_EXPLODE"
    let summary = "Makes a row of each way to replace elements of an array by NULL, from all NULL to the array itself."
    let signature = "CUBE_EXPLODE(list ARRAY<T>) -> ARRAY<T>"
    let failure = "CUBE_EXPLODE takes at most \(CubeExplode.elementsMax) elements, which give 2 to that power rows"
    let example = TableFunctionExample(
        call: "CUBE_EXPLODE(ARRAY[1, 2])",
        argument: .array([.integer(1), .integer(2)]),
        type: .array(.integer),
        results: [
            .array([.null, .null]), .array([.null, .integer(2)]), .array([.integer(1), .null]),
            .array([.integer(1), .integer(2)]),
        ]
    )
    private static let elementsMax = 20

    func resultType(_ arguments: [SQLType]) -> SQLType? {
        guard arguments.count == 1, case .array = arguments[0] else { return nil }
        return arguments[0]
    }

    func counts(_ arguments: [Column], count: Int, into counts: UnsafeMutablePointer<Int32>) {
        let list = arguments[0]
        let offsets = list.offsets
        let words = list.validityWords
        for row in 0..<count {
            if let words, !Bitmap.get(words, row) {
                counts[row] = 0
            } else if offsets[row + 1] - offsets[row] > CubeExplode.elementsMax {
                counts[row] = -1
            } else {
                counts[row] = 1 << Int32(present(list, row).nonzeroBitCount)
            }
        }
    }

    /// The elements of a row that are not NULL, the last one as the lowest bit.
    private func present(_ list: Column, _ row: Int) -> UInt32 {
        var bits: UInt32 = 0
        let elements = list.children[0]
        for element in list.offsets[row]..<list.offsets[row + 1] {
            bits = bits << 1 | (elements.isNull(Int(element)) ? 0 : 1)
        }
        return bits
    }

    func values(
        _ arguments: [Column],
        rows: UnsafePointer<Int32>,
        positions: UnsafePointer<Int32>,
        count: Int
    ) -> Column {
        let list = arguments[0]
        let from = list.offsets
        let offsets = Buffer(capacity: (count + 1) * 4)
        let to = offsets.base.assumingMemoryBound(to: Int32.self)
        let validity = Bitmap.buffer(count, allSet: true)
        to[0] = 0
        for index in 0..<count {
            let row = Int(rows[index])
            let isMissing = positions[index] < 0
            if isMissing { Bitmap.clear(validity.base.assumingMemoryBound(to: UInt64.self), index) }
            to[index + 1] = to[index] + (isMissing ? 0 : from[row + 1] - from[row])
        }
        let places = Buffer(capacity: Int(to[count]) * 4)
        let elements = places.base.assumingMemoryBound(to: Int32.self)
        for index in 0..<count where positions[index] >= 0 {
            let row = Int(rows[index])
            var number = positions[index]
            var bits = present(list, row)
            var place = Int(to[index + 1])
            // From the last element on, which is the lowest bit.
            for element in (from[row]..<from[row + 1]).reversed() {
                place -= 1
                elements[place] = -1
                if bits & 1 != 0 {
                    if number & 1 != 0 { elements[place] = element }
                    number >>= 1
                }
                bits >>= 1
            }
        }
        let children = [list.children[0].gather(elements, count: Int(to[count]), mayBeMissing: true)]
        return Column(type: list.type, count: count, validity: validity, offsets: offsets, children: children)
    }
}
