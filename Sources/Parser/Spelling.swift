/// Finds the word somebody probably meant.
public enum Spelling {
    /// The candidate closest to a word, without regard to case; nil if none is close enough to be worth naming.
    ///
    /// One edit in three letters is close; a beginning of at least three letters is close too.
    public static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let letters = Array(word.uppercased().unicodeScalars.prefix(64))
        guard !letters.isEmpty else { return nil }
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let other = Array(candidate.uppercased().unicodeScalars.prefix(64))
            let limit = min(best.map { $0.distance - 1 } ?? .max, max(1, (min(letters.count, other.count) + 1) / 3))
            let isBeginning = letters.count >= 3 && other.starts(with: letters)
            let distance = isBeginning ? 1 : distance(letters, other)
            if distance <= limit, distance < max(letters.count, other.count) { best = (candidate, distance) }
        }
        return best?.candidate
    }

    /// The least number of letters inserted, deleted, replaced or swapped with a neighbour.
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1] + [Int](repeating: 0, count: right.count)
            for (column, other) in right.enumerated() {
                let replaced = last[column] + (letter == other ? 0 : 1)
                current[column + 1] = min(replaced, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    current[column + 1] = min(current[column + 1], beforeLast[column - 1] + 1)
                }
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
