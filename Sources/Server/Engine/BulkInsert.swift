import Dispatch
import Parser
import Planner
import Runtime
import Values

/// Takes the records of one `INSERT INTO … FORMAT …`: decodes each chunk, appends the good ones, reports the bad ones.
final class BulkInsert: BulkInsertReceiver, @unchecked Sendable {
    // Unchecked: everything mutable is touched on `queue` alone.

    private let request: BulkInsertRequest
    private let reply: ReplyStream
    private let engine: Engine
    private let queue = DispatchQueue(label: "weir.insert")
    private var decoder: BulkDecoder?
    private var accepted = 0
    private var skipped = 0
    private var ended = false
    private let started: Int64

    init(_ request: BulkInsertRequest, _ reply: ReplyStream, _ engine: Engine) {
        self.request = request
        self.reply = reply
        self.engine = engine
        started = engine.services.clock.monotonicMilliseconds()
        queue.async { self.open() }
    }

    func receive(_ lines: BulkLines) {
        queue.async {
            self.insert(lines)
            self.reply.bulkConsumed(lines)
        }
    }

    func end() {
        queue.async {
            guard !self.ended else { return }
            self.ended = true
            let milliseconds = self.engine.services.clock.monotonicMilliseconds() - self.started
            let tail = self.skipped > 0 ? ", \(self.skipped) skipped" : ""
            self.reply.finish("INSERTED \(self.accepted)\(tail) \(milliseconds) ms")
        }
    }

    private func open() {
        do {
            decoder = try engine.control.sync { try BulkDecoder(request, engine) }
        } catch {
            fail(ReplyError(describing: error))
        }
    }

    private func insert(_ lines: BulkLines) {
        guard !ended, let decoder else { return }
        do {
            var bad: [BadPayload] = []
            let runs = try decoder.messages(lines, keyless: engine.keylessPartition(), bad: &bad)
            let good = runs.reduce(0) { $0 + $1.count }
            if request.strict, let problem = bad.min(by: { $0.row < $1.row }) {
                fail(ReplyError("22P02", describe(problem, lines), hint: "\(accepted) lines before it were inserted"))
                return
            }
            if good > 0 { try engine.broker.append(runs) }
            accepted += good
            skipped += Set(bad.map(\.row)).count
            for problem in bad.prefix(BulkInsert.noticesMax) { reply.notice("22P02", describe(problem, lines)) }
            if bad.count > BulkInsert.noticesMax {
                reply.notice("22P02", "and \(bad.count - BulkInsert.noticesMax) more bad lines among these")
            }
            reply.progress(#"{"acked":\#(accepted)}"#)
        } catch {
            fail(ReplyError(describing: error))
        }
    }

    private func describe(_ problem: BadPayload, _ lines: BulkLines) -> String {
        let field = problem.field.map { "field \($0): " } ?? ""
        let value = problem.value.map { " in \($0)" } ?? ""
        return "line \(lines.firstLine + problem.row): \(field)\(problem.reason)\(value)"
    }

    private func fail(_ error: ReplyError) {
        guard !ended else { return }
        ended = true
        reply.fail(error)
    }

    /// Bad lines of one chunk that get a notice of their own.
    private static let noticesMax = 20
}

/// Turns lines of JSON or CSV into messages of the target.
final class BulkDecoder {
    private let reader: any FormatReader
    private let target: InsertTarget
    private let fieldCount: Int
    private let positions: [Int?]
    private let types: [SQLType]
    /// Columns in which NULL is refused, by their index.
    private let primaryKey: [(index: Int, name: String)]
    private let clock: Clock

    /// - Throws: ``ReplyError`` when the target, its columns or the format are wrong.
    init(_ request: BulkInsertRequest, _ engine: Engine) throws {
        let source = try BulkDecoder.source(request.target, engine)
        let layout = source.layout(wanted: Array(source.valueFields.indices))
        let fields = layout.keyFields + layout.valueFields
        let listed = try BulkDecoder.listed(request.columns, fields, source)
        let name = request.format == "CSV" ? "DELIMITED" : request.format
        guard ["JSON", "DELIMITED"].contains(name), let format = engine.services.formats[name] else {
            throw ReplyError(
                "22023",
                "cannot insert records in format \(request.format)",
                hint: "use FORMAT JSON or FORMAT CSV"
            )
        }
        reader = try format.makeReader(listed, wanted: Array(listed.indices), properties: FormatProperties())
        target = try InsertTarget(topic: source.topic, layout: layout, services: engine.services)
        fieldCount = fields.count
        types = fields.map(\.type)
        primaryKey = source.kind == .table ? layout.keyFields.enumerated().map { ($0, $1.name) } : []
        positions = fields.map { field in listed.firstIndex { $0.name == field.name } }
        clock = engine.services.clock
    }

    private static func source(_ name: String, _ engine: Engine) throws -> SourceDescription {
        guard let source = engine.catalog.source(name) else {
            throw ReplyError("42P01", "there is no stream or table \(quotedIdentifier(name))", hint: "SHOW STREAMS;")
        }
        guard !source.isReadOnly else {
            throw ReplyError(
                "42809",
                "\(quotedIdentifier(name)) is a SOURCE \(source.kind.rawValue), which is read only"
            )
        }
        guard source.window == nil else {
            throw ReplyError("0A000", "records cannot be inserted into the windowed \(quotedIdentifier(name))")
        }
        return source
    }

    private static func listed(
        _ names: [String],
        _ fields: [Schema.Field],
        _ source: SourceDescription
    ) throws -> [Schema.Field] {
        guard !names.isEmpty else { return fields }
        return try names.map { name in
            guard let field = fields.first(where: { $0.name == name }) else {
                throw ReplyError(
                    "42703",
                    "\(quotedIdentifier(source.name)) has no column \(quotedIdentifier(name))",
                    hint: "its columns are \(fields.map { quotedIdentifier($0.name) }.joined(separator: ", "))"
                )
            }
            return field
        }
    }

    /// The messages of the good lines; `bad` gets the others by their index in `lines`.
    func messages(_ lines: BulkLines, keyless: Int32, bad: inout [BadPayload]) throws -> [OutgoingRun] {
        let payloads = BulkDecoder.column(lines)
        let read = try reader.read(payloads, bad: &bad)
        let count = lines.count
        let columns = (0..<fieldCount).map { index in
            positions[index].map { read[$0] } ?? Column.nulls(types[index], count: count)
        }
        for (index, name) in primaryKey {
            let known = Set(bad.map(\.row))
            for row in 0..<count where columns[index].isNull(row) && !known.contains(row) {
                bad.append(BadPayload(row: row, field: name, value: nil, reason: "the primary key needs a value"))
            }
        }
        let now = clock.wallMilliseconds()
        let timestamps = Column.constant(.bigint, .bigint(now), count: count)
        return try target.messages(columns, timestamps: timestamps, keyless: keyless, bad: &bad)
    }

    private static func column(_ lines: BulkLines) -> Column {
        let data = Buffer(capacity: lines.bytes.count)
        lines.bytes.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress { data.base.copyMemory(from: base, byteCount: bytes.count) }
        }
        let offsets = Buffer(capacity: lines.offsets.count * 4)
        lines.offsets.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress { offsets.base.copyMemory(from: base, byteCount: bytes.count) }
        }
        return Column(type: .bytes, count: lines.count, data: data, offsets: offsets)
    }
}
