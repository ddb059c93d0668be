import Runtime
import Values

/// One connection of a sink and what was found out over it: tables, progress, positions.
///
/// After any error a new one is made.
final class SinkSession {
    private let setup: SinkSetup
    private let connection: PostgresConnection
    private let writers: [TableWriter]
    private var progress: ProgressRow
    let reader: SinkReader
    /// The server and the tables, for the status.
    let target: String
    let tables: [String]

    /// Connects, checks the tables, and takes over or goes on with the progress row.
    /// - Parameter isOwner: true when the row was this sink's before, so that another owner is newer.
    init(_ setup: SinkSetup, interrupt: Interrupt, isOwner: Bool, report: SinkReport) throws {
        self.setup = setup
        connection = try PostgresConnection(setup.settings.parameters, interrupt: interrupt)
        target = connection.target
        try SinkSession.prepare(connection)
        var writers: [TableWriter] = []
        var tables: [String] = []
        for (number, layout) in setup.layouts.enumerated() {
            guard let table = try TableChecks(connection, layout, setup.settings).run(changing: true) else { continue }
            writers.append(TableWriter(connection, table, number: number))
            tables.append(table.name)
        }
        self.writers = writers
        self.tables = tables
        try ProgressRow.check(connection)
        var progress = ProgressRow(connection, setup)
        if isOwner { try progress.resume() } else { try progress.takeOver() }
        self.progress = progress
        reader = try SinkReader(setup, progress: progress, report: report)
    }

    /// Settings of a connection: times in UTC, no wait without an end, and a server that notices when we are gone.
    static func prepare(_ connection: PostgresConnection) throws(PostgresError) {
        try connection.execute(
            """
            SELECT set_config(name, value, false) FROM (VALUES
                ('timezone', 'UTC'), ('datestyle', 'ISO'), ('lock_timeout', '10s'), ('standard_conforming_strings', 'on'),
                ('idle_in_transaction_session_timeout', '60s'), ('client_min_messages', 'error'),
                ('tcp_keepalives_idle', '10'), ('tcp_keepalives_interval', '5'), ('tcp_keepalives_count', '4')
            ) s(name, value)
            """
        )
    }

    /// Transactions of the connector so far; the next one has the number behind it.
    var epoch: Int64 { progress.epoch }

    /// Throws when the server closed the connection.
    func checkAlive() throws(PostgresError) { try connection.checkAlive() }

    /// The outcome of a transaction that was committed.
    struct Written {
        var counts = SinkCounts()
        /// Records that were left out.
        var problems: [RecordProblem] = []
    }

    /// Writes records and moves the progress row, all or nothing.
    /// - Parameters:
    ///   - carefully: a row that is refused is looked for, so that it can be named or left out.
    ///   - aboutToCommit: called with what will have been done, just before nobody can tell whether it was.
    func write(
        _ records: SinkReader.Records,
        carefully: Bool,
        aboutToCommit: (Written) -> Void
    ) throws(PostgresError) -> Written {
        var written = Written()
        written.problems = records.bad
        written.counts.skipped =
            Set(records.bad.map { "\($0.topic ?? "")/\($0.partition ?? 0)/\($0.offset ?? 0)" }).count
        var splits: [RowSplit?] = []
        for (layout, batches) in zip(setup.layouts, records.batches) {
            guard !batches.isEmpty else {
                splits.append(nil)
                continue
            }
            let split = RowSplit(Batch.concatenated(batches), layout, connector: setup.name)
            written.counts.skipped += split.emptyCount
            for problem in split.refused { try refuse(problem, nil, &written) }
            splits.append(split)
        }
        try connection.execute("BEGIN")
        guard try progress.advance(to: records.next, of: records.incarnations) else {
            try connection.execute("ROLLBACK")
            // Throws when there is another owner; otherwise a transaction of unknown outcome was committed after all.
            try progress.resume()
            throw PostgresError(.server, "an earlier transaction was committed late", sqlstate: "40001")
        }
        if carefully { try connection.execute("SET CONSTRAINTS ALL IMMEDIATE") }
        for (index, split) in splits.enumerated() {
            guard let split else { continue }
            try write(split, index, carefully, &written)
        }
        aboutToCommit(written)
        try connection.execute("COMMIT")
        return written
    }

    private func write(
        _ split: RowSplit,
        _ index: Int,
        _ carefully: Bool,
        _ written: inout Written
    ) throws(PostgresError) {
        let writer = writers[index]
        guard carefully else {
            do throws(PostgresError) {
                try writer.delete(split.deletes)
                try writer.write(split.writes)
            } catch {
                throw error.kind == .server ? error.with(context: "table \(tables[index])") : error
            }
            written.counts.deleted += split.deletes.count
            written.counts.written += split.writes.count
            return
        }
        let deleted = try attempt(split.deletes, index, &written) { rows throws(PostgresError) in
            try writer.delete(rows)
        }
        let stored = try attempt(split.writes, index, &written) { rows throws(PostgresError) in
            try writer.writeArrays(rows)
        }
        written.counts.deleted += deleted
        written.counts.written += stored
    }

    /// Runs a statement on rows, and on halves of them where it is refused, until the refused rows stand alone.
    /// - Returns: the number of rows that passed.
    private func attempt(
        _ rows: Batch,
        _ index: Int,
        _ written: inout Written,
        _ statement: (Batch) throws(PostgresError) -> Void
    ) throws(PostgresError) -> Int {
        guard rows.count > 0 else { return 0 }
        try connection.execute("SAVEPOINT weir")
        do throws(PostgresError) {
            try statement(rows)
            try connection.execute("RELEASE SAVEPOINT weir")
            return rows.count
        } catch {
            guard error.isAboutRows else { throw error }
            try connection.execute("ROLLBACK TO SAVEPOINT weir")
            try connection.execute("RELEASE SAVEPOINT weir")
            guard rows.count > 1 else {
                let layout = setup.layouts[index]
                let reason = "\(error.message), in a statement on table \(tables[index])"
                let problem = RowSplit.problem(rows, 0, nil, reason, layout, setup.name)
                try refuse(problem, error, &written)
                return 0
            }
        }
        let half = Int32(rows.count / 2)
        let first = try attempt(rows.rows(0..<half), index, &written, statement)
        return first + (try attempt(rows.rows(half..<Int32(rows.count)), index, &written, statement))
    }

    /// Leaves a record out where that is wanted, and stops at it otherwise.
    private func refuse(
        _ problem: RecordProblem,
        _ cause: PostgresError?,
        _ written: inout Written
    ) throws(PostgresError) {
        guard setup.settings.skipsBadRows else {
            throw PostgresError(
                .record,
                problem.sentence,
                sqlstate: cause?.sqlstate,
                hint: cause?.hint ?? "correct the target, or create the connector with 'errors.tolerance' = 'all' "
                    + "to leave such records out"
            )
        }
        written.problems.append(problem)
        written.counts.skipped += 1
    }
}
