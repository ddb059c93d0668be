import Dispatch

@testable import Server

/// One statement's way through the engine, without a connection.
final class GoldenRequest {
    let flow: RequestFlow
    private let channel: ReplyChannel
    private let signal = DispatchSemaphore(value: 0)
    private var lines: [String] = []
    private var ended = false

    init(number: UInt64) {
        let signal = self.signal
        channel = ReplyChannel(limits: SessionLimits()) { signal.signal() }
        flow = RequestFlow(id: RequestID(number), tag: "", credit: nil, channel: channel)
    }

    /// Waits for the last line.
    func wait() {
        collect()
        while !ended {
            signal.wait()
            collect()
        }
    }

    /// The lines since the last call.
    func takeLines() -> [String] {
        collect()
        defer { lines = [] }
        return lines
    }

    private func collect() {
        while true {
            let contents = channel.take(spare: [])
            if contents.isEmpty { return }
            // That a query is behind depends on the steps of the variant.
            lines += String(decoding: contents.bytes, as: UTF8.self).split(separator: "\n").map(String.init).filter {
                !$0.hasPrefix("*01000 no rows")
            }
            ended = ended || contents.events.contains { if case .ended = $0 { true } else { false } }
        }
    }
}
