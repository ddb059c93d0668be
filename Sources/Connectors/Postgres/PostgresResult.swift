import CLibPQ

/// The answer to one statement; owns libpq's memory.
struct PostgresResult: ~Copyable {
    private let handle: OpaquePointer

    /// Takes over a result.
    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { PQclear(handle) }

    var status: ExecStatusType { PQresultStatus(handle) }

    var rowCount: Int { Int(PQntuples(handle)) }

    var columnCount: Int { Int(PQnfields(handle)) }

    /// How many rows the statement changed.
    var affected: Int { Int(String(cString: PQcmdTuples(handle))) ?? 0 }

    /// A field as text; nil for NULL.
    func text(_ row: Int, _ column: Int) -> String? {
        guard PQgetisnull(handle, Int32(row), Int32(column)) == 0 else { return nil }
        return PQgetvalue(handle, Int32(row), Int32(column)).map { String(cString: $0) }
    }

    func integer(_ row: Int, _ column: Int) -> Int64 { text(row, column).flatMap { Int64($0) } ?? 0 }

    func flag(_ row: Int, _ column: Int) -> Bool { text(row, column) == "t" }

    /// What the server says about a refused statement; nil when it was not refused.
    var error: PostgresError? {
        switch status {
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE, PGRES_NONFATAL_ERROR: break
        default: return nil
        }
        let sqlstate = field(CChar.diagnostic("C"))
        let primary =
            field(CChar.diagnostic("M")) ?? PostgresError.oneLine(String(cString: PQresultErrorMessage(handle)))
        var message = primary
        if let detail = field(CChar.diagnostic("D")) { message += " (\(detail))" }
        if let column = field(CChar.diagnostic("c")), !primary.contains("\"\(column)\"") {
            message += ", column \(column)"
        }
        // 57P01 to 57P03: the server shuts down or starts; 08…: the connection; they end the connection, not the statement.
        let isGone = sqlstate.map { $0.hasPrefix("57P0") || $0.hasPrefix("08") } ?? true
        return PostgresError(
            isGone ? .connection : .server,
            message,
            sqlstate: sqlstate,
            hint: field(CChar.diagnostic("H"))
        )
    }

    private func field(_ code: Int32) -> String? {
        PQresultErrorField(handle, code).map { PostgresError.oneLine(String(cString: $0)) }
    }
}

extension CChar {
    /// libpq's PG_DIAG codes, which are letters.
    fileprivate static func diagnostic(_ letter: Unicode.Scalar) -> Int32 { Int32(letter.value) }
}
