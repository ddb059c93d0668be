import Glibc

/// Damage done on purpose, to show that a test of crash safety sees it; `WEIR_FAULT` in the environment chooses it.
enum KafkaFault {
    /// With `WEIR_FAULT=commit-offsets-last`, a commit is two transactions: output and changelog, then the offsets.
    static let commitsOffsetsLast = getenv("WEIR_FAULT").map { String(cString: $0) } == "commit-offsets-last"

    /// Commits what was written so far, leaves time to die, and opens a transaction for the rest.
    static func commitWithoutOffsets(_ producer: KafkaProducer, until deadline: Int) throws {
        try producer.commit(until: deadline)
        usleep(20_000)
        try producer.begin()
    }
}
