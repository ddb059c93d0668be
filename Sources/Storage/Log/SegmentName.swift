/// The name of a segment file, which says what it holds.
///
/// `BASE.log` was appended to and holds every offset from BASE on. `BASE-NEXT-CLEANED-GENERATION.log` was written by
/// compaction in place of all files with offsets from BASE to NEXT and of lower generations: below CLEANED it holds the last
/// record of each key only. So one rename puts a compacted file in the place of several, and whatever of those a crash left
/// over is known by the names alone.
struct SegmentName: Equatable {
    let base: Int64
    /// The offset behind the file; nil for one that was appended to.
    let next: Int64?
    /// Below this offset no record is superseded by another one below it.
    let cleanedTo: Int64
    /// Counts how often the records were rewritten; 0 for a file that was appended to.
    let generation: Int

    /// Files that are being written by compaction end with this; a start removes them.
    static let unfinished = ".cleaning"
    private static let ending = ".log"

    init(base: Int64) {
        self.base = base
        next = nil
        cleanedTo = base
        generation = 0
    }

    init(base: Int64, next: Int64, cleanedTo: Int64, generation: Int) {
        self.base = base
        self.next = next
        self.cleanedTo = cleanedTo
        self.generation = generation
    }

    /// What the file `text` holds; nil when it is some other file.
    init?(_ text: String) {
        guard text.hasSuffix(Self.ending) else { return nil }
        let fields = text.dropLast(Self.ending.count).split(separator: "-", omittingEmptySubsequences: false)
        let numbers = fields.compactMap { Int64($0) }
        guard numbers.count == fields.count, numbers.allSatisfy({ $0 >= 0 }) else { return nil }
        if numbers.count == 1 {
            self.init(base: numbers[0])
        } else {
            guard numbers.count == 4, numbers[0] < numbers[1], (numbers[0]...numbers[1]).contains(numbers[2]),
                numbers[3] > 0
            else { return nil }
            self.init(base: numbers[0], next: numbers[1], cleanedTo: numbers[2], generation: Int(numbers[3]))
        }
        guard self.text == text else { return nil }
    }

    var text: String {
        guard let next else { return Self.digits(base) + Self.ending }
        return "\(Self.digits(base))-\(Self.digits(next))-\(Self.digits(cleanedTo))-\(generation)\(Self.ending)"
    }

    /// Twenty digits, so that names sort as their numbers do.
    private static func digits(_ number: Int64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(20 - digits.count, 0)) + digits
    }

    /// The files that count, ascending, and those that others were put in the place of.
    static func current(of names: [SegmentName]) -> (kept: [SegmentName], superseded: [SegmentName]) {
        var kept: [SegmentName] = []
        var superseded: [SegmentName] = []
        // A rewritten file covers whole files, so that the first of a base is the one that lasts.
        for name in names.sorted(by: { ($0.base, $1.generation) < ($1.base, $0.generation) }) {
            if let cover = kept.last, name.base < cover.next ?? cover.base + 1 {
                superseded.append(name)
            } else {
                kept.append(name)
            }
        }
        return (kept, superseded)
    }
}
