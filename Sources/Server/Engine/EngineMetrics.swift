import Connectors
import Dispatch
import Runtime

extension Engine {
    /// The counters of every query, connector and the processing log in Prometheus' text format.
    public func metrics() -> String { control.sync { prometheusText() } }

    private func prometheusText() -> String {
        var text = PrometheusText()
        text.family("weir_up_seconds", "gauge", "Seconds since the engine started.")
        text.sample("weir_up_seconds", [], Double(services.clock.wallMilliseconds() - startedAt) / 1000)
        text.family("weir_queries", "gauge", "Persistent queries by state.")
        for state in [QueryStatus.State.running, .paused, .error] {
            let count = queries.values.filter { $0.status.state == state }.count
            text.sample("weir_queries", [("state", state.rawValue)], Double(count))
        }
        text.family("weir_push_queries", "gauge", "Push queries that are running.")
        text.sample("weir_push_queries", [], Double(pushQueries.count))
        operatorSamples(&text)
        text.family("weir_query_restarts_total", "counter", "Starts from the last commit after a failure.")
        for query in queries.values.sorted(by: { $0.id < $1.id }) {
            text.sample("weir_query_restarts_total", [("query", query.id)], Double(query.status.restarts))
        }
        text.family("weir_query_lag_records", "gauge", "Records between a query and the end of its topics.")
        for query in queries.values.sorted(by: { $0.id < $1.id }) {
            for (topic, lag) in lag(of: query).sorted(by: { $0.key < $1.key }) {
                text.sample("weir_query_lag_records", [("query", query.id), ("topic", topic)], Double(lag))
            }
        }
        connectorSamples(&text)
        text.family("weir_bad_records_total", "counter", "Entries of the processing log by kind.")
        for (kind, count) in services.log.counts.sorted(by: { $0.key < $1.key }) {
            text.sample("weir_bad_records_total", [("kind", kind)], Double(count))
        }
        for metric in broker.metrics {
            text.family(metric.name, "counter", metric.help)
            text.sample(metric.name, [], metric.value)
        }
        return text.text
    }

    private func operatorSamples(_ text: inout PrometheusText) {
        let lines = queries.values.sorted { $0.id < $1.id }.flatMap { query in
            OperatorTotals.of(query.status).enumerated().map { (query.id, $0.offset, $0.element) }
        }
        let families: [(String, String, String, (OperatorTotals) -> Int64)] = [
            ("weir_operator_rows_in_total", "counter", "Rows that came into an operator.", { $0.rowsIn }),
            ("weir_operator_rows_out_total", "counter", "Rows that an operator emitted.", { $0.rowsOut }),
            (
                "weir_operator_dropped_total", "counter", "Rows removed by a filter or for want of a key.",
                { $0.dropped }
            ),
            ("weir_operator_late_total", "counter", "Rows that came after their window had closed.", { $0.late }),
            ("weir_operator_errors_total", "counter", "Rows with an error, see PROCESSING_LOG.", { $0.errors }),
            ("weir_operator_state_bytes", "gauge", "Bytes of state in memory.", { $0.stateBytes }),
        ]
        for (name, type, help, value) in families {
            text.family(name, type, help)
            for (query, position, line) in lines {
                text.sample(
                    name,
                    [("query", query), ("operator", "\(position) \(line.name)")],
                    Double(value(line))
                )
            }
        }
    }

    private func connectorSamples(_ text: inout PrometheusText) {
        text.family("weir_connector_rows_total", "counter", "Rows that a connector wrote.")
        let all = connectors.sorted { $0.key < $1.key }
        for (name, connector) in all {
            text.sample("weir_connector_rows_total", [("connector", name)], Double(connector.status.rowsWritten))
        }
        text.family("weir_connector_lag_records", "gauge", "Records between a connector and the end of its topics.")
        for (name, connector) in all {
            text.sample("weir_connector_lag_records", [("connector", name)], Double(connector.status.lag))
        }
        text.family("weir_connector_waiting", "gauge", "1 while a connector cannot write.")
        for (name, connector) in all {
            let waits = connector.status.state == .waiting || connector.status.state == .failed
            text.sample("weir_connector_waiting", [("connector", name)], waits ? 1 : 0)
        }
    }
}

/// Builds Prometheus' text exposition format.
struct PrometheusText {
    private(set) var text = ""

    mutating func family(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Double) {
        let list = labels.map { "\($0.0)=\"\(PrometheusText.escaped($0.1))\"" }.joined(separator: ",")
        let number = value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
        text += name + (list.isEmpty ? "" : "{\(list)}") + " \(number)\n"
    }

    private static func escaped(_ text: String) -> String {
        var out = ""
        for character in text {
            switch character {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.append(character)
            }
        }
        return out
    }
}

extension Engine {
    /// Nil when every query runs; else the first one that does not, and why.
    public func health() -> String? {
        control.sync {
            queries.values.sorted { $0.id < $1.id }.first { $0.status.state == .error }
                .map { "query \($0.id): \($0.status.error ?? "failed")" }
        }
    }
}
