import Runtime
import Values

/// The runs whose memory a producer sends from: librdkafka does not copy small messages, so their memory stays until
/// none of them is under way any more.
///
/// Its client holds it as well, because messages end with the client at the latest. Used by one thread at a time.
final class KafkaLoan {
    private var runs: [OutgoingRun] = []
    private var bytes = 0

    /// What a long transaction may hold beside the messages that wait; above it librdkafka makes copies.
    private static let bytesMax = 64 << 20

    /// Keeps a run, or says that its messages must be copied.
    func keep(_ run: OutgoingRun) -> Bool {
        guard run.count > 0, bytes < KafkaLoan.bytesMax else { return false }
        bytes += Int(run.values.offsets[run.count] - run.values.offsets[0])
        runs.append(run)
        return true
    }

    /// To be called when no message is under way.
    func release() {
        runs.removeAll(keepingCapacity: true)
        bytes = 0
    }
}
