import Runtime

/// Lets a task that joins a table read the table to its present end before it reads anything else, so that the first
/// stream rows find their table rows.
struct TableBootstrap {
    private let tasks: [StreamTask]
    private var ends: [TopicPartition: Int64] = [:]
    /// The inputs that are held back.
    private(set) var held: Set<TopicPartition> = []

    /// True while some inputs are still held back.
    private(set) var isActive: Bool

    init(_ tasks: [StreamTask]) {
        self.tasks = tasks.filter { !$0.tableInputs.isEmpty }
        isActive = !self.tasks.isEmpty
    }

    /// Notes how far each table has to be read and holds the other inputs back.
    mutating func begin(_ broker: any Broker) throws {
        guard isActive else { return }
        for task in tasks {
            for input in task.tableInputs { ends[input] = try broker.offsets(of: input).upperBound }
        }
        update([:])
    }

    /// Releases the inputs of tasks whose tables have been read.
    /// - Parameter passed: offsets before which a partition holds nothing more than what was read.
    mutating func update(_ passed: [TopicPartition: Int64]) {
        held = []
        for task in tasks {
            let waiting = task.tableInputs.contains { input in
                max(task.positions[input] ?? 0, passed[input] ?? 0) < (ends[input] ?? 0)
            }
            if waiting { held.formUnion(Set(task.inputs).subtracting(task.tableInputs)) }
        }
        isActive = !held.isEmpty
    }
}
