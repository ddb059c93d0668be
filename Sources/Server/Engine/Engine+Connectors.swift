import Connectors
import Planner
import Runtime

extension Engine {
    /// Makes and starts a connector of the catalog.
    /// - Throws: ``ReplyError`` or the connector's own error when its settings cannot work.
    func startConnector(_ connector: ConnectorDescription) throws {
        guard connector.isSink else {
            throw ReplyError("0A000", "source connectors are not supported", hint: "CREATE SINK CONNECTOR")
        }
        throw ReplyError("0A000", "no sink connector is there to run \(connector.name)")
    }
}
