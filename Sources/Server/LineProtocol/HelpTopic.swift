/// What `HELP` answers: short text with an example that can be pasted.
struct HelpTopic {
    var name: String
    var lines: [String]

    /// The topic of that name in any case, the overview for an empty name, or nil.
    static func named(_ name: String) -> HelpTopic? {
        all.first { $0.name == (name.isEmpty ? "HELP" : name.uppercased()) }
    }

    /// Every topic; the overview first.
    static let all: [HelpTopic] = [
        HelpTopic(
            name: "HELP",
            lines: [
                "A statement ends with ; and may span lines. Before any request: @tag, to run several at a time.",
                "FORMAT json|csv|tsv|table - how rows look     CANCEL [@tag] - end what runs",
                "CREDIT @tag n - send n more rows              PING x - answers PONG x",
                "HELLO {json} - client options                 AUTH TOKEN x - say who you are",
                "SQL n - a statement of n bytes follows        QUIT - finish and close",
                "Topics: HELP SELECT, CREATE, INSERT, WINDOW, JOIN, BULK, SHOW, LINES",
            ]
        ),
        HelpTopic(
            name: "LINES",
            lines: [
                "Replies by their first character: # header, [ row, ![ deleted row, = row in csv, tsv or table,",
                "~ progress, * notice, + success, - failure. A tagged request has @tag before each of them.",
                "Every request ends with exactly one + or - line.",
            ]
        ),
        HelpTopic(
            name: "SELECT",
            lines: [
                "Push query, goes on until LIMIT or CANCEL: SELECT * FROM orders EMIT CHANGES LIMIT 5;",
                "Pull query, answers and ends: SELECT * FROM totals WHERE id = 7;",
            ]
        ),
        HelpTopic(
            name: "CREATE",
            lines: [
                "CREATE STREAM orders (id BIGINT KEY, amount DECIMAL(12,2)) "
                    + "WITH (kafka_topic='orders', value_format='json', partitions=1);",
                "CREATE TABLE totals AS SELECT id, SUM(amount) AS total FROM orders GROUP BY id EMIT CHANGES;",
            ]
        ),
        HelpTopic(
            name: "INSERT",
            lines: [
                "One record: INSERT INTO orders (id, amount) VALUES (7, 12.50);",
                "Many: HELP BULK. From a query: INSERT INTO big_orders SELECT * FROM orders WHERE amount > 100;",
            ]
        ),
        HelpTopic(
            name: "BULK",
            lines: [
                "INSERT INTO orders FORMAT JSON; then one record per line, then \\. alone on a line.",
                "FORMAT CSV takes values in the order of the columns. STRICT after the format ends at the first bad line.",
            ]
        ),
        HelpTopic(
            name: "WINDOW",
            lines: [
                "SELECT id, COUNT(*) AS n FROM orders WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY id EMIT CHANGES;",
                "Also HOPPING (SIZE 1 HOUR, ADVANCE BY 5 MINUTES), SESSION (30 SECONDS), each with GRACE PERIOD 10 SECONDS.",
            ]
        ),
        HelpTopic(
            name: "JOIN",
            lines: [
                "Stream to stream: SELECT * FROM orders o JOIN payments p WITHIN 1 HOUR ON o.id = p.order_id EMIT CHANGES;",
                "Stream to table: SELECT * FROM orders o LEFT JOIN customers c ON o.customer = c.id EMIT CHANGES;",
            ]
        ),
        HelpTopic(
            name: "SHOW",
            lines: [
                "SHOW STREAMS; SHOW TABLES; SHOW QUERIES; SHOW TOPICS; SHOW FUNCTIONS; SHOW PROPERTIES;",
                "DESCRIBE orders EXTENDED; EXPLAIN SELECT * FROM orders EMIT CHANGES; DESCRIBE FUNCTION UCASE;",
            ]
        ),
    ]
}
