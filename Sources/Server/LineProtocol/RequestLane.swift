/// The requests of one tag, or the untagged ones: one runs, the others wait for their turn.
struct RequestLane {
    /// What can wait.
    enum Item {
        case statement(StatementRequest, bulk: BulkInsertParts?)
        /// The answer to a verb, which has taken effect already but must not be seen before its turn.
        case answer([UInt8])
    }

    /// The request that runs.
    struct Running {
        let id: RequestID
        var isPush = false
    }

    var running: Running?
    /// The window set by `CREDIT` before its request came.
    var credit: Int?
    private var waiting: [Item] = []
    private var next = 0

    /// Whether nothing runs or waits.
    var isIdle: Bool { running == nil && next == waiting.count }

    /// Adds to the end of the line.
    mutating func append(_ item: Item) {
        waiting.append(item)
    }

    /// Takes the next item unless something runs.
    mutating func takeNext() -> Item? {
        guard running == nil, next < waiting.count else { return nil }
        let item = waiting[next]
        next += 1
        if next == waiting.count {
            waiting.removeAll(keepingCapacity: waiting.capacity <= 64)
            next = 0
        } else if next >= 1024 {
            waiting.removeFirst(next)
            next = 0
        }
        return item
    }

    /// Makes every statement that waits an answer instead.
    mutating func replaceStatements(with line: [UInt8]) {
        for index in next..<waiting.count {
            if case .statement = waiting[index] { waiting[index] = .answer(line) }
        }
    }
}

extension RequestLane.Item {
    /// The bytes it holds while it waits, for the limit on what may wait.
    var byteCount: Int {
        switch self {
        case .statement(let request, _): request.text.utf8.count
        case .answer(let line): line.count
        }
    }
}
