import Values

extension ByteArena {
    /// Appends a number of any size as PostgreSQL receives a numeric, behind its length: groups of four decimal digits
    /// around the point, without zeros at both ends.
    mutating func append(numeric number: Decimal) {
        var digits = number.unscaled.digits
        digits.append(contentsOf: repeatElement(0x30, count: (4 - number.scale % 4) % 4))
        digits.insert(contentsOf: repeatElement(0x30, count: (4 - digits.count % 4) % 4), at: 0)
        var groups = stride(from: 0, to: digits.count, by: 4).map { start in
            digits[start..<(start + 4)].reduce(Int16(0)) { $0 * 10 + Int16($1 - 0x30) }
        }[...]
        var weight = groups.count - (number.scale + 3) / 4 - 1
        while groups.first == 0 {
            groups.removeFirst()
            weight -= 1
        }
        while groups.last == 0 { groups.removeLast() }
        appendWord(Int32(8 + groups.count * 2))
        appendWord(Int16(groups.count))
        appendWord(Int16(groups.isEmpty ? 0 : weight))
        appendWord(number.unscaled.isNegative ? Int16(0x4000) : 0)
        appendWord(Int16(number.scale))
        for group in groups { appendWord(group) }
    }
}
