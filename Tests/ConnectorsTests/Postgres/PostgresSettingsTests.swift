import Runtime
import Testing
import Values

@testable import Connectors

/// Settings need no server.
@Suite struct PostgresSettingsTests {
    private static let topic = ConnectorTopic(
        topic: "ORDERS",
        layout: RecordLayout(
            keyFormat: "KAFKA",
            keyFields: [Schema.Field("ID", .bigint)],
            valueFormat: "JSON",
            valueFields: [Schema.Field("AMOUNT", .decimal(precision: 12, scale: 2))],
            wanted: [0]
        ),
        schema: Schema(
            key: [Schema.Field("ID", .bigint)],
            values: [Schema.Field("AMOUNT", .decimal(precision: 12, scale: 2))]
        ),
        isTable: true
    )

    private func sink(_ settings: [String: String]) throws -> PostgresSink {
        var all = [
            "connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector", "topics": "ORDERS",
            "connection.url": "jdbc:postgresql://db.example:5433/sales?user=u&ssl=true&currentSchema=app",
        ]
        all.merge(settings) { _, given in given }
        return try PostgresSink(
            name: "c",
            settings: all.filter { $0.value != "-" },
            topics: [PostgresSettingsTests.topic],
            broker: MemoryBroker(),
            serviceID: "s"
        )
    }

    @Test(
        arguments: [
            ["insert.mod": "upsert"]: "unknown setting 'insert.mod' of connector c | hint: did you mean 'insert.mode'?",
            ["frobnicate": "1"]: "unknown setting 'frobnicate' of connector c | hint: the settings are connector.class",
            ["insert.mode": "upsrt"]:
                "setting 'insert.mode' is 'upsrt', expected 'insert', 'upsert', 'update' | hint: did you mean 'upsert'?",
            ["delete.enabled": "yes"]: "setting 'delete.enabled' is 'yes', expected 'true' or 'false'",
            ["batch.size": "0"]: "setting 'batch.size' is '0', expected a number from 1 to",
            ["connection.url": "-"]: "setting 'connection.url' is missing",
            ["connection.url": "jdbc:mysql://h/db?password=x"]: "of another database: 'jdbc:mysql://h/db'",
            ["connection.url": "postgresql://h/d?frob=1"]: "setting 'connection.url' cannot be read",
            ["connection.url": "jdbc:postgresql://h/d?frob=1"]: "unknown parameter 'frob'",
            ["topics": "-"]: "setting 'topics' is missing",
            ["topics": "ORDER"]:
                "names 'ORDER', over which no stream or table is declared | hint: did you mean 'ORDERS'?",
            ["topics": "ORDERS,X", "table.name.format": "t"]: "2 topics need a table each",
            ["insert.mode": "upsert", "pk.mode": "none"]: "needs a key, but 'pk.mode' is 'none'",
            ["pk.mode": "kafka", "delete.enabled": "true"]: "'delete.enabled' is 'true', but 'pk.mode' is 'kafka'",
            ["pk.mode": "record_value"]: "setting 'pk.fields' is missing",
            ["pk.mode": "record_value", "pk.fields": "AMUNT"]:
                "names 'AMUNT', which is no column of topic 'ORDERS' | hint: did you mean 'AMOUNT'?",
            ["pk.fields": "id,x"]: "but the key of topic 'ORDERS' is id",
            ["insert.mode": "insert", "delete.enabled": "true"]: "are not found by the record's key",
            ["table.name.format": "a.b.c"]: "expected TABLE or SCHEMA.TABLE",
            ["connector.class": "FileSink"]: "setting 'connector.class' is 'FileSink'",
        ]
    )
    func refuses(settings: [String: String], message: String) throws {
        let error = #expect(throws: PostgresError.self) { _ = try sink(settings) }
        #expect("\(error.map { "\($0)" } ?? "")".contains(message), "\(error.map { "\($0)" } ?? "")")
    }

    @Test func acceptsOtherProgramsSettings() throws {
        let status = try sink([
            "tasks.max": "4", "value.converter": "x", "CONNECTION.PASSWORD": "secret", "pk.fields": "order_id",
        ]).status
        #expect(status.state == .starting)
        #expect(status.details.filter { $0.name == "notice" }.count == 2)
        #expect(!"\(status)".contains("secret"))
    }

    @Test func readsURLs() throws {
        func keywords(_ url: String) throws -> [String: String] {
            let parameters = try ConnectionParameters(url: url, user: "me", password: nil, connector: "c")
            return Dictionary(parameters.keywords.map { ($0.name, $0.value) }) { $1 }
        }
        let jdbc = try keywords("jdbc:postgresql://a:1,b:2/sales?ssl=true&currentSchema=app&connectTimeout=3")
        #expect(jdbc["host"] == "a,b" && jdbc["port"] == "1,2" && jdbc["dbname"] == "sales" && jdbc["user"] == "me")
        #expect(
            jdbc["sslmode"] == "verify-full" && jdbc["options"] == "-csearch_path=app" && jdbc["connect_timeout"] == "3"
        )
        #expect(try keywords("jdbc:postgresql:sales")["dbname"] == "sales")
        #expect(try keywords("postgresql://u@h/d?sslmode=require")["sslmode"] == "require")
        #expect(try keywords("host=/tmp dbname=d")["host"] == "/tmp")
    }
}
