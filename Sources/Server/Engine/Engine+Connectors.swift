import Connectors
import Dispatch
import Foundation
import Parser
import Planner
import Runtime

extension Engine {
    /// Makes and starts a connector of the catalog.
    /// - Throws: ``ReplyError`` or the connector's own error when its settings cannot work.
    func startConnector(_ connector: ConnectorDescription) throws {
        let sink = try makeConnector(connector)
        connectors[connector.name] = sink
        sink.start()
    }

    /// Checks a new connector against its target, which may take seconds, and then puts it into the catalog.
    func createConnector(
        _ connector: ConnectorDescription,
        _ reply: ReplyStream,
        then define: @escaping () throws -> String
    ) {
        do {
            let sink = try makeConnector(connector)
            let control = self.control
            nonisolated(unsafe) let define = define
            readers.async {
                let failure = Result { try sink.preflight() }
                control.async {
                    do {
                        try failure.get()
                        reply.finish(try define())
                    } catch {
                        reply.fail(ReplyError(describing: error))
                    }
                }
            }
        } catch {
            reply.fail(ReplyError(describing: error))
        }
    }

    private func makeConnector(_ connector: ConnectorDescription) throws -> PostgresSink {
        guard connector.isSink else {
            throw ReplyError("0A000", "source connectors are not supported", hint: "CREATE SINK CONNECTOR")
        }
        let settings = Dictionary(connector.properties.map { ($0.lowercased(), $1) }) { first, _ in first }
        let log = services.log
        let name = connector.name
        return try PostgresSink(
            name: name,
            settings: settings,
            topics: try PostgresSink.topicNames(in: settings).compactMap { connectorTopic($0) },
            broker: broker,
            serviceID: self.settings.serviceID,
            formats: services.formats,
            onProblem: { log.record($0) }
        )
    }

    /// The source over a topic: a table before a stream, so that deletions are deletions; what a query writes before
    /// what was only declared.
    private func connectorTopic(_ topic: String) -> ConnectorTopic? {
        let sources = catalog.sources.values.filter { $0.topic == topic }.sorted {
            ($0.kind == .table ? 0 : 1, $0.createdBy == nil ? 1 : 0, $0.name)
                < ($1.kind == .table ? 0 : 1, $1.createdBy == nil ? 1 : 0, $1.name)
        }
        return sources.first.map {
            ConnectorTopic(
                topic: topic,
                layout: $0.layout(wanted: Array($0.valueFields.indices)),
                schema: $0.schema,
                isTable: $0.kind == .table
            )
        }
    }
}

extension ConnectorDescription {
    /// The settings as they may be shown: without passwords.
    var shownProperties: [(name: String, value: String)] {
        properties.sorted { $0.key < $1.key }.map { key, value in
            (key.lowercased(), key.lowercased().contains("password") ? "********" : value.withoutPassword)
        }
    }
}

extension String {
    /// A connection string whose password is hidden, in a URL (`//user:password@`) or as `password=…`.
    var withoutPassword: String {
        var text = self
        if let slashes = text.range(of: "://"), let at = text[slashes.upperBound...].lastIndex(of: "@"),
            let colon = text[slashes.upperBound..<at].firstIndex(of: ":")
        {
            text.replaceSubrange(text.index(after: colon)..<at, with: "********")
        }
        if let start = text.range(of: "password=") {
            let end = text[start.upperBound...].firstIndex { $0 == " " || $0 == "&" } ?? text.endIndex
            text.replaceSubrange(start.upperBound..<end, with: "********")
        }
        return text
    }
}
