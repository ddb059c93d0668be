import Glibc
import Server

/// Deals the cases of a suite to some worker processes and collects their results.
struct CasePool {
    private let suite: TestSuite
    private let arguments: [String]
    private let jobs: Int

    /// A case that takes longer has failed.
    private static let millisecondsMax: Int64 = 20_000

    /// - Parameter arguments: with which this program is a worker for the same suite.
    init(_ suite: TestSuite, arguments: [String], jobs: Int) {
        self.suite = suite
        self.arguments = arguments
        self.jobs = min(jobs, max(suite.count, 1))
    }

    /// The results in the order of the suite.
    func run() throws -> [CaseResult] {
        var results = [CaseResult?](repeating: nil, count: suite.count)
        var next = 0
        var workers: [CaseWorker] = []
        defer { for worker in workers { worker.kill() } }
        func give(_ worker: CaseWorker) {
            guard next < suite.count else { return }
            worker.start(next, now: CasePool.now())
            next += 1
        }
        for _ in 0..<jobs {
            let worker = try CaseWorker(arguments: arguments)
            workers.append(worker)
            give(worker)
        }
        while workers.contains(where: { $0.current != nil }) {
            for position in readable(workers) {
                guard let (index, _) = workers[position].current else { continue }
                switch workers[position].read() {
                case .nothing: continue
                case .line(let bytes):
                    results[index] = result(index, bytes)
                case .ended(let reason):
                    results[index] = suite.result(index, .crash, reason)
                    workers[position] = try CaseWorker(arguments: arguments)
                }
                give(workers[position])
            }
            for (position, worker) in workers.enumerated() {
                guard let (index, since) = worker.current, CasePool.now() - since > CasePool.millisecondsMax else {
                    continue
                }
                results[index] = suite.result(index, .crash, "no answer within \(CasePool.millisecondsMax / 1000) s")
                worker.kill()
                workers[position] = try CaseWorker(arguments: arguments)
                give(workers[position])
            }
        }
        return results.enumerated().map { $1 ?? suite.result($0, .crash, "the answer could not be read") }
    }

    /// The result in an answer of a worker.
    private func result(_ index: Int, _ line: [UInt8]) -> CaseResult? {
        let json = JSONValue(line)
        guard let status = json?["status"]?.text.flatMap(CaseResult.Status.init) else { return nil }
        return suite.result(index, status, json?["difference"]?.text)
    }

    /// The workers that have something to read, after at most a fifth of a second.
    private func readable(_ workers: [CaseWorker]) -> [Int] {
        var descriptors = workers.map {
            pollfd(fd: $0.current == nil ? -1 : $0.output, events: Int16(POLLIN), revents: 0)
        }
        guard poll(&descriptors, nfds_t(descriptors.count), 200) > 0 else { return [] }
        return descriptors.indices.filter { descriptors[$0].revents != 0 }
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
