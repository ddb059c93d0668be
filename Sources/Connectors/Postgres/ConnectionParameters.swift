import CLibPQ

/// How the target is reached: libpq's keywords and values, checked for spelling.
struct ConnectionParameters: Sendable {
    /// In libpq's order of precedence: later ones count.
    let keywords: [(name: String, value: String)]

    /// - Throws: ``PostgresError`` when the URL cannot be read.
    init(url: String, user: String?, password: String?, connector: String) throws(PostgresError) {
        var keywords: [(name: String, value: String)] = [
            // A silent network must not hang the connector: about 30 seconds on every path.
            ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "4"),
            ("tcp_user_timeout", "30000"), ("fallback_application_name", "weir \(connector)"),
        ]
        let text = try ConnectionParameters.conninfo(url)
        keywords += try ConnectionParameters.parsed(text)
        if let user { keywords.append(("user", user)) }
        if let password { keywords.append(("password", password)) }
        keywords.append(("client_encoding", "UTF8"))
        self.keywords = keywords
    }

    /// The URL as libpq takes it.
    private static func conninfo(_ url: String) throws(PostgresError) -> String {
        guard url.lowercased().hasPrefix("jdbc:") else { return url }
        guard url.lowercased().hasPrefix("jdbc:postgresql:") else {
            throw PostgresError(
                .settings,
                "setting 'connection.url' is of another database: '\(withoutSecrets(url))'",
                hint: "'connection.url' = 'postgresql://host:5432/database'"
            )
        }
        var rest = String(url.dropFirst("jdbc:postgresql:".count))
        if !rest.hasPrefix("//") { rest = "//localhost/" + rest }
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var options: [String] = []
        for pair in parts.dropFirst().joined().split(separator: "&") {
            if let option = try libpqOption(pair) { options.append(option) }
        }
        return "postgresql:\(parts[0])" + (options.isEmpty ? "" : "?" + options.joined(separator: "&"))
    }

    /// A parameter of a JDBC URL as one of a libpq URI; nil when libpq needs none.
    private static func libpqOption(_ pair: Substring) throws(PostgresError) -> String? {
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        let value = parts.count > 1 ? String(parts[1]) : ""
        switch name {
        case "user", "password", "sslmode", "sslcert", "sslkey", "sslrootcert", "sslpassword", "options": break
        case "ssl": return value == "false" ? nil : "sslmode=verify-full"
        case "ApplicationName": return "application_name=\(value)"
        case "connectTimeout", "loginTimeout": return "connect_timeout=\(value)"
        case "currentSchema": return "options=-csearch_path%3D\(value)"
        case "targetServerType":
            return value == "primary" || value == "master" ? "target_session_attrs=read-write" : nil
        case "socketTimeout", "tcpKeepAlive", "prepareThreshold", "reWriteBatchedInserts", "stringtype",
            "preparedStatementCacheQueries", "defaultRowFetchSize", "loggerLevel", "binaryTransfer":
            return nil
        default:
            throw PostgresError(
                .settings,
                "setting 'connection.url' has an unknown parameter '\(name)'",
                hint: "leave it out, or write a postgresql:// URI with libpq's parameters"
            )
        }
        return "\(name)=\(value)"
    }

    /// Keywords and values of a URI or a keyword string.
    private static func parsed(_ text: String) throws(PostgresError) -> [(name: String, value: String)] {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &message) else {
            let reason = message.map { String(cString: $0) } ?? "not understood"
            if let message { PQfreemem(message) }
            throw PostgresError(
                .settings,
                "setting 'connection.url' cannot be read: \(PostgresError.oneLine(reason))",
                hint: "'connection.url' = 'postgresql://user@host:5432/database', "
                    + "'jdbc:postgresql://host/database' or 'host=… dbname=…'"
            )
        }
        defer { PQconninfoFree(options) }
        var found: [(name: String, value: String)] = []
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { found.append((String(cString: keyword), String(cString: value))) }
            option += 1
        }
        return found
    }

    /// The URL without what follows the host, where a password may be.
    private static func withoutSecrets(_ url: String) -> String {
        String(url.prefix { $0 != "?" && $0 != "@" })
    }
}

extension PostgresError {
    /// A message of libpq in one line.
    static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).map { line in
            String(line.drop { $0 == "\t" || $0 == " " })
        }.joined(separator: "; ")
    }
}
