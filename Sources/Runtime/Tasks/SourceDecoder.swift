import Values

/// Turns the messages of one source topic into batches; belongs to one task.
final class SourceDecoder {
    private let spec: SourceSpec
    private let query: String
    private let log: any ProcessingLog
    let metrics: OperatorMetrics
    private let records: RecordDecoder?
    private let rowsMax: Int
    private let settings: TaskSettings

    init(
        _ spec: SourceSpec,
        formats: FormatRegistry,
        query: String,
        log: any ProcessingLog,
        settings: TaskSettings
    ) throws {
        self.spec = spec
        self.query = query
        self.log = log
        self.settings = settings
        rowsMax = max(settings.batchRowsMax, 1)
        metrics = OperatorMetrics()
        switch spec.payload {
        case .batches: records = nil
        case .records(let layout):
            records = try RecordDecoder(spec: spec, layout: layout, formats: formats)
        }
    }

    /// The rows of a run, without the ones that could not be decoded, in batches of at most the task's row limit.
    func decode(_ run: MessageRun) throws -> [Batch] {
        metrics.rowsIn.add(run.count)
        let whole: [Batch]
        if let records {
            whole = [try decodeRecords(run, records)]
        } else {
            whole = try decodeBatches(run)
        }
        return whole.flatMap(split)
    }

    /// The rows of a run in pieces that can be committed one by one: messages that carry batches, or the whole run, after
    /// each of whose rows a commit can tell where to go on.
    func units(_ run: MessageRun) throws -> [HeldRows.Unit] {
        metrics.rowsIn.add(run.count)
        if let records {
            let batches = split(try decodeRecords(run, records))
            return [HeldRows.Unit(batches: batches, start: nil, end: run.nextOffset)]
        }
        let offsets = run.offsets.values(as: Int64.self)
        var units: [HeldRows.Unit] = []
        for row in 0..<run.count where !run.values.isNull(row) {
            let batch = try BatchCodec.decode(run.values.bytes(row), spec.output)
            metrics.rowsOut.add(batch.count)
            units.append(HeldRows.Unit(batches: split(batch), start: offsets[row], end: offsets[row] + 1))
        }
        units.append(HeldRows.Unit(batches: [], start: nil, end: run.nextOffset))
        return units
    }

    private func split(_ batch: Batch) -> [Batch] {
        guard batch.count > rowsMax else { return batch.count == 0 ? [] : [batch] }
        return stride(from: 0, to: batch.count, by: rowsMax).map { start in
            batch.rows(start..<min(start + rowsMax, batch.count))
        }
    }

    private func decodeBatches(_ run: MessageRun) throws -> [Batch] {
        var batches: [Batch] = []
        for row in 0..<run.count where !run.values.isNull(row) {
            batches.append(try BatchCodec.decode(run.values.bytes(row), spec.output))
        }
        for batch in batches { metrics.rowsOut.add(batch.count) }
        return batches
    }

    private func decodeRecords(_ run: MessageRun, _ records: RecordDecoder) throws -> Batch {
        var bad: [BadPayload] = []
        let (batch, dropped) = try records.decode(run, bad: &bad)
        for problem in bad {
            report(problem, run)
            let isFatal = problem.isTimestamp ? settings.failsOnBadTimestamps : settings.failsOnBadRecords
            if isFatal { throw BadRecord(problem, run) }
        }
        metrics.errors.add(bad.count)
        metrics.dropped.add(dropped)
        metrics.rowsOut.add(batch.count)
        return batch
    }

    private func report(_ problem: BadPayload, _ run: MessageRun) {
        log.record(
            RecordProblem(
                kind: problem.isTimestamp ? .timestamp : .deserialization,
                query: query,
                topic: run.topic,
                partition: run.partition,
                offset: run.offsets.values(as: Int64.self)[problem.row],
                field: problem.field,
                value: problem.value,
                reason: problem.reason
            )
        )
    }
}

/// A record that ends its query, as its properties say.
struct BadRecord: Error, CustomStringConvertible {
    let description: String

    fileprivate init(_ problem: BadPayload, _ run: MessageRun) {
        let offset = run.offsets.values(as: Int64.self)[problem.row]
        let field = problem.field.map { "field \($0): " } ?? ""
        description = "record \(offset) of \(run.topic)-\(run.partition): \(field)\(problem.reason)"
    }
}

extension BadPayload {
    /// Set by ``RecordDecoder`` for rows whose ROWTIME could not be told.
    var isTimestamp: Bool { field == BadPayload.timestampField }

    static let timestampField = "ROWTIME"
}
