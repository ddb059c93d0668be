import Runtime
import Values

/// The row of `weir_progress` that says who writes for a connector, and up to which offsets the target has its records.
///
/// Every transaction changes it, on condition that owner and epoch are still the ones that the sink knows: two owners
/// cannot both write, and a transaction of unknown outcome is found out by reading the row.
struct ProgressRow {
    private let connection: PostgresConnection
    private let service: String
    private let connector: String
    private let owner: String
    /// How often the connector changed hands.
    private(set) var ownerEpoch: Int64 = 0
    /// Transactions since the row is there.
    private(set) var epoch: Int64 = 0
    /// The next offset of each partition that was ever written.
    private(set) var offsets: [TopicPartition: Int64] = [:]
    /// Which topic of its name the offsets belong to, where that is known; see ``Broker/incarnation(of:)``.
    private(set) var incarnations: [String: String] = [:]

    private static let incarnationKey = "incarnation"

    private static let creation = """
        CREATE TABLE IF NOT EXISTS weir_progress (service text NOT NULL, connector text NOT NULL, \
        owner text NOT NULL, owner_epoch bigint NOT NULL, epoch bigint NOT NULL, offsets jsonb NOT NULL, \
        changed_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (service, connector)) WITH (fillfactor = 50)
        """

    init(_ connection: PostgresConnection, _ setup: SinkSetup) {
        self.connection = connection
        service = setup.serviceID
        connector = setup.name
        owner = setup.owner
    }

    /// Checks that the table is there with its rights, or may be made.
    static func check(_ connection: PostgresConnection) throws(PostgresError) {
        let found = try connection.execute(
            """
            SELECT to_regclass('weir_progress') IS NOT NULL,
                coalesce(has_table_privilege(to_regclass('weir_progress'), 'SELECT')
                    AND has_table_privilege(to_regclass('weir_progress'), 'INSERT')
                    AND has_table_privilege(to_regclass('weir_progress'), 'UPDATE'), false),
                coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
                quote_ident(current_user), current_schema()
            """
        )
        let role = found.text(0, 3) ?? "CURRENT_USER"
        if found.flag(0, 0) {
            guard found.flag(0, 1) else {
                throw PostgresError(
                    .target,
                    "no right to SELECT, INSERT, UPDATE on table weir_progress",
                    sqlstate: "42501",
                    hint: "GRANT SELECT, INSERT, UPDATE ON weir_progress TO \(role);"
                )
            }
        } else if !found.flag(0, 2) {
            throw PostgresError(
                .target,
                "no right to create table weir_progress in schema \(found.text(0, 4) ?? "(none)")",
                sqlstate: "42501",
                hint: "as the schema's owner: \(creation); GRANT SELECT, INSERT, UPDATE ON weir_progress TO \(role);"
            )
        }
    }

    /// Makes the table where it is missing, and this sink the owner of its row.
    mutating func takeOver() throws(PostgresError) {
        let there = try connection.execute("SELECT to_regclass('weir_progress') IS NOT NULL")
        if !there.flag(0, 0) { try connection.execute(ProgressRow.creation) }
        let taken = try connection.execute(
            """
            INSERT INTO weir_progress AS p (service, connector, owner, owner_epoch, epoch, offsets)
            VALUES ($1, $2, $3, 1, 1, '{}')
            ON CONFLICT (service, connector) DO UPDATE SET owner = EXCLUDED.owner, owner_epoch = p.owner_epoch + 1,
                epoch = p.epoch + 1, changed_at = now()
            RETURNING owner_epoch, epoch
            """,
            [service, connector, owner]
        )
        ownerEpoch = taken.integer(0, 0)
        epoch = taken.integer(0, 1)
        try readOffsets()
    }

    /// Reads the row again after a lost connection.
    /// - Throws: ``PostgresError`` of kind `fenced` when the row has another owner, or is gone.
    mutating func resume() throws(PostgresError) {
        // FOR UPDATE waits for a transaction of ours that the server has not ended yet.
        let row = try connection.execute(
            """
            SELECT owner, owner_epoch, epoch, changed_at FROM weir_progress
            WHERE service = $1 AND connector = $2 FOR UPDATE
            """,
            [service, connector]
        )
        guard row.rowCount == 1 else {
            throw PostgresError(
                .fenced,
                "the connector's row of table weir_progress was removed",
                hint: "DROP CONNECTOR and CREATE SINK CONNECTOR start from the beginning of the topics"
            )
        }
        guard row.text(0, 0) == owner else {
            throw PostgresError(
                .fenced,
                "another server took the connector over (owner \(row.integer(0, 1)), last change \(row.text(0, 3) ?? ""))",
                hint: "this one stopped writing; give each server its own service id if both should write"
            )
        }
        ownerEpoch = row.integer(0, 1)
        epoch = row.integer(0, 2)
        try readOffsets()
    }

    private mutating func readOffsets() throws(PostgresError) {
        let rows = try connection.execute(
            """
            SELECT t.key, p.key, p.value FROM weir_progress w, jsonb_each(w.offsets) t, jsonb_each_text(t.value) p
            WHERE w.service = $1 AND w.connector = $2
            """,
            [service, connector]
        )
        offsets = [:]
        incarnations = [:]
        for row in 0..<rows.rowCount {
            if let topic = rows.text(row, 0), rows.text(row, 1) == ProgressRow.incarnationKey {
                incarnations[topic] = rows.text(row, 2)
            }
            guard let topic = rows.text(row, 0), let partition = rows.text(row, 1).flatMap({ Int32($0) }) else {
                continue
            }
            offsets[TopicPartition(topic, partition)] = rows.integer(row, 2)
        }
    }

    /// Moves the row to new offsets, inside of the transaction that writes their records.
    /// - Returns: false when owner or epoch are others: nothing may be written.
    mutating func advance(
        to next: [TopicPartition: Int64],
        of topics: [String: String]
    ) throws(PostgresError) -> Bool {
        let changed = try connection.execute(
            """
            UPDATE weir_progress SET epoch = epoch + 1, offsets = offsets || $1::jsonb, changed_at = now()
            WHERE service = $2 AND connector = $3 AND owner = $4 AND epoch = $5
            """,
            [ProgressRow.json(next, topics), service, connector, owner, "\(epoch)"]
        )
        guard changed.affected == 1 else { return false }
        epoch += 1
        offsets = next
        incarnations = topics
        return true
    }

    /// The statement that makes a connector begin anew.
    func reset() -> String {
        func literal(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
        return "DELETE FROM weir_progress WHERE service = \(literal(service)) AND connector = \(literal(connector));"
    }

    /// The offsets as `{"topic":{"incarnation":"…","0":17}}`.
    private static func json(_ offsets: [TopicPartition: Int64], _ incarnations: [String: String]) -> String {
        var arena = ByteArena(capacity: offsets.count * 32 + 64)
        var last: String?
        arena.append(UInt8(ascii: "{"))
        for (partition, offset) in offsets.sorted(by: { $0.key < $1.key }) {
            if partition.topic == last {
                arena.append(UInt8(ascii: ","))
            } else {
                if last != nil { arena.append("},") }
                JSONString.append(partition.topic, to: &arena)
                arena.append(":{")
                if let incarnation = incarnations[partition.topic] {
                    JSONString.append(incarnationKey, to: &arena)
                    arena.append(":")
                    JSONString.append(incarnation, to: &arena)
                    arena.append(",")
                }
                last = partition.topic
            }
            arena.append(string: "\"\(partition.partition)\":\(offset)")
        }
        if last != nil { arena.append(UInt8(ascii: "}")) }
        arena.append(UInt8(ascii: "}"))
        return String(decoding: arena.bytes, as: UTF8.self)
    }
}
