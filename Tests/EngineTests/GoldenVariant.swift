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

    static let all: [GoldenVariant] = {
        var all: [GoldenVariant] = []
        for batchRows in [1, 2, 4096] {
            for partitions in [1, 4] {
                for onDisk in [false, true] {
                    let steps: [Steps] =
                        batchRows == 1
                        ? [.steady, .crashing] : batchRows == 2 ? [.lazy, .crashingLate] : [.steady, .crashing]
                    for each in steps {
                        all.append(
                            GoldenVariant(batchRows: batchRows, partitions: partitions, onDisk: onDisk, steps: each)
                        )
                    }
                }
            }
        }
        all.append(GoldenVariant(batchRows: 4096, partitions: 1, onDisk: false, steps: .steady, emitsBatches: true))
        all.append(GoldenVariant(batchRows: 4096, partitions: 4, onDisk: true, steps: .crashing, emitsBatches: true))
        all.append(GoldenVariant(batchRows: 2, partitions: 1, onDisk: true, steps: .crashingLate, emitsBatches: true))
        all.append(
            GoldenVariant(
                batchRows: 4096,
                partitions: 4,
                onDisk: false,
                steps: .crashing,
                emitsBatches: true,
                mixesInputs: true
            )
        )
        return all
    }()

    var testDescription: String {
        "\(batchRows) rows, \(partitions) partitions, \(onDisk ? "disk" : "memory"), \(steps.rawValue)"
            + (emitsBatches ? ", batch" : "") + (mixesInputs ? ", mixed" : "")
    }
}
