import Dispatch
import Glibc
import Parser
import Runtime

extension Engine {
    /// Answers ASSERT TOPIC: at once when it holds, else when it does or when its time is over.
    func assertTopic(_ assertion: AssertTopic, _ reply: ReplyStream) throws {
        let wanted = try TopicExpectation(assertion)
        let (broker, clock) = (broker, services.clock)
        let end = clock.monotonicMilliseconds() + (assertion.timeout?.milliseconds ?? 1000)
        readers.async {
            do {
                while let problem = wanted.problem(try broker.describe(assertion.topic)) {
                    if let reason = reply.cancelReason { return reply.fail(.cancelled(reason)) }
                    guard clock.monotonicMilliseconds() < end else { return reply.fail(problem) }
                    usleep(20_000)
                }
                reply.finish("OK topic \(assertion.topic) \(assertion.exists ? "exists" : "does not exist")")
            } catch {
                reply.fail(ReplyError(describing: error))
            }
        }
    }
}

/// What ASSERT TOPIC says about a topic.
private struct TopicExpectation: Sendable {
    private let assertion: AssertTopic
    private var partitions: Int?
    private var replicas: Int?

    init(_ assertion: AssertTopic) throws(ReplyError) {
        self.assertion = assertion
        for property in assertion.properties.list {
            let name = property.name.text.uppercased()
            guard name == "PARTITIONS" || name == "REPLICAS" else {
                throw TopicExpectation.error(
                    "42P17",
                    "ASSERT TOPIC has no property \(name)",
                    property.name.position,
                    hint: "it has PARTITIONS and REPLICAS"
                )
            }
            guard let number = TopicExpectation.count(property.value) else {
                throw TopicExpectation.error(
                    "42P17",
                    "property \(name) must be a whole number above 0",
                    property.valuePosition
                )
            }
            if name == "PARTITIONS" { partitions = number } else { replicas = number }
        }
    }

    private static func count(_ value: Literal) -> Int? {
        switch value {
        case .integer(let number) where number > 0: Int(number)
        case .string(let text): Int(text).flatMap { $0 > 0 ? $0 : nil }
        default: nil
        }
    }

    /// Why the assertion does not hold now; nil when it does.
    func problem(_ found: TopicSettings?) -> ReplyError? {
        let (topic, position) = (assertion.topic, assertion.topicPosition)
        guard let found else {
            guard assertion.exists else { return nil }
            return TopicExpectation.error("42704", "topic \(topic) does not exist", position, hint: "SHOW TOPICS;")
        }
        var differences: [String] = []
        if let partitions, found.partitions != partitions {
            differences.append("\(found.partitions) partitions, not \(partitions)")
        }
        if let replicas, found.replicas != replicas {
            differences.append("\(found.replicas) replicas, not \(replicas)")
        }
        if !assertion.exists {
            // With properties it is said that there is no such topic with them.
            return differences.isEmpty ? TopicExpectation.error("42710", "topic \(topic) exists", position) : nil
        }
        guard !differences.isEmpty else { return nil }
        return TopicExpectation.error(
            "55000",
            "topic \(topic) has \(differences.joined(separator: " and "))",
            position
        )
    }

    private static func error(
        _ code: String,
        _ text: String,
        _ position: SourcePosition,
        hint: String? = nil
    ) -> ReplyError {
        ReplyError(code, text, line: position.line, column: position.column, hint: hint)
    }
}
