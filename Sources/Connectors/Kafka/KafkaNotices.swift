import Foundation
import Synchronization

/// Who wants to hear of new messages, and the thread that reminds them while there is anybody: other programs write to
/// the cluster as well, and a question every tenth of a second is cheaper than a fetch held open per subscriber.
final class KafkaNotices: Sendable {
    private struct State {
        var subscribers: [Int: @Sendable () -> Void] = [:]
        var next = 0
        var isTicking = false
        var isRepeating = false
    }

    private let state = Mutex(State())
    private let interval: TimeInterval

    init(intervalMilliseconds: Int) { interval = Double(max(intervalMilliseconds, 1)) / 1000 }

    /// Calls every subscriber, now and once more a little later.
    ///
    /// The markers of a transaction are written after its commit has returned.
    func announce() {
        call()
        let mustRepeat = state.withLock { state in
            defer { state.isRepeating = state.isRepeating || !state.subscribers.isEmpty }
            return !state.isRepeating && !state.subscribers.isEmpty
        }
        guard mustRepeat else { return }
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(10)) { [weak self] in
            self?.state.withLock { $0.isRepeating = false }
            self?.call()
        }
    }

    private func call() {
        for notify in state.withLock({ Array($0.subscribers.values) }) { notify() }
    }

    /// - Returns: what ends the subscription.
    func subscribe(_ notify: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
        let (id, mustTick) = state.withLock { state in
            state.next += 1
            state.subscribers[state.next] = notify
            defer { state.isTicking = true }
            return (state.next, !state.isTicking)
        }
        if mustTick { Thread.detachNewThread { [weak self] in KafkaNotices.tick { self } } }
        return { [weak self] in self?.state.withLock { _ = $0.subscribers.removeValue(forKey: id) } }
    }

    private static func tick(_ notices: () -> KafkaNotices?) {
        while let notices = notices() {
            let goesOn = notices.state.withLock { state in
                state.isTicking = !state.subscribers.isEmpty
                return state.isTicking
            }
            guard goesOn else { return }
            notices.call()
            Thread.sleep(forTimeInterval: notices.interval)
        }
    }
}
