import Testing

/// One way to run all cases.
struct GoldenVariant: Hashable, Sendable, CustomTestStringConvertible {
    /// Rows that are processed together at the most.
    let batchRows: Int
    /// Partitions of every topic.
    let partitions: Int
    /// State in RocksDB with a cache of a few entries and topics in the embedded log; otherwise all in memory.
    let onDisk: Bool
    let steps: Steps
    /// Tables emit the last change per key and batch instead of every one.
    var emitsBatches = false
    /// Records of different topics and partitions are read together instead of in the file's order.
    var mixesInputs = false

    /// What the shares of queries do until there is nothing left to read.
    enum Steps: String, Hashable, Sendable {
        /// Every run is committed.
        case steady
        /// Several runs a commit.
        case lazy
        /// Every run is lost once before it is committed.
        case crashing
        /// Runs are lost together with others, and commits hold several.
        case crashingLate

        var pattern: [SteppedWorker.Step] {
            switch self {
            case .steady: [.commit]
            case .lazy: [.run, .run, .commit]
            case .crashing: [.run, .crash, .commit]
            case .crashingLate: [.run, .run, .crash, .run, .commit]
            }
        }

        var crashes: Bool { self == .crashing || self == .crashingLate }
    }

    /// The variant that the files' answers are written by; compared line by line.
    static let first = GoldenVariant(batchRows: 1, partitions: 1, onDisk: false, steps: .steady)

    var isFirst: Bool { self == .first }

    /// Batch size, partitions and storage in all combinations; crashes with each pair of them.
    static let all: [GoldenVariant] = {
        var all: [GoldenVariant] = []
        for (size, batchRows) in [1, 2, 4096].enumerated() {
            for partitions in [1, 4] {
                for onDisk in [false, true] {
                    // What is steady on disk with one partition crashes in memory, and the other way round with four.
                    let crashes = (partitions == 4) != onDisk
                    let steps: Steps =
                        size == 1 ? (crashes ? .crashingLate : .lazy) : (crashes ? .crashing : .steady)
                    all.append(
                        GoldenVariant(batchRows: batchRows, partitions: partitions, onDisk: onDisk, steps: steps)
                    )
                }
            }
        }
        for (partitions, mixes) in [(1, false), (4, false), (4, true)] {
            var variant = GoldenVariant(
                batchRows: mixes ? 4096 : 2 * partitions,
                partitions: partitions,
                onDisk: partitions == 4 && !mixes,
                steps: partitions == 4 ? .crashing : .lazy
            )
            variant.emitsBatches = true
            variant.mixesInputs = mixes
            all.append(variant)
        }
        return all
    }()

    var testDescription: String {
        "\(batchRows) rows, \(partitions) partitions, \(onDisk ? "disk" : "memory"), \(steps.rawValue)"
            + (emitsBatches ? ", batch" : "") + (mixesInputs ? ", mixed" : "")
    }
}
