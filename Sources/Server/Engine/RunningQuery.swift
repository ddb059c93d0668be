import Dispatch
import Planner
import Runtime

/// A query that stream threads work on.
struct RunningQuery: Sendable {
    let id: String
    let sql: String
    let topology: Topology
    let status: QueryStatus
    let stores: StoreNumbers
    /// What its tasks read.
    let inputs: [TopicPartition]
    /// The threads that have a share.
    let threads: [any StreamWorker]
    /// Milliseconds since the epoch.
    let startedAt: Int64
    /// The plan, when the query is persistent.
    let plan: PersistentQueryPlan?

    /// Stops every share and waits until nothing of the query runs any more.
    func stop() {
        let group = DispatchGroup()
        for thread in threads {
            group.enter()
            thread.remove(id) { group.leave() }
        }
        group.wait()
    }

    /// The ids of every task's stores, given the partitions of a subtopology.
    func storeIDs(partitions: (Subtopology) throws -> Int) rethrows -> [StoreID] {
        var ids: [StoreID] = []
        for subtopology in topology.subtopologies {
            let names = subtopology.nodes.flatMap(\.spec.stores).map(\.name)
            guard !names.isEmpty else { continue }
            for partition in 0..<(try partitions(subtopology)) {
                ids += names.map { stores.id($0, partition: Int32(partition)) }
            }
        }
        return ids
    }
}
