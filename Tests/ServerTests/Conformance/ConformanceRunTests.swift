import Foundation
import Testing

@testable import Server

/// The runner of ksqlDB's cases, on cases of our own: what has to pass passes, and nothing else does.
@Suite(.timeLimit(.minutes(1))) struct ConformanceRunTests {
    private static let stream =
        "CREATE STREAM s (k BIGINT KEY, v INT, t STRING) WITH (kafka_topic = 's', value_format = 'JSON');"
    private static let copy = "CREATE STREAM o AS SELECT * FROM s;"

    /// The results of a node of a file.
    private func run(_ node: String) throws -> [CaseResult] {
        let file = Data(#"{"tests": [\#(node)]}"#.utf8)
        return try ConformanceFile.cases(of: file, path: "own.json").map { CaseRun.result(of: $0) }
    }

    /// A positive case that copies one record.
    private func copied(_ output: String, more: String = "") -> String {
        """
        {"name": "copy", "statements": ["\(Self.stream)", "\(Self.copy)"],
         "inputs": [{"topic": "s", "key": 7, "value": {"v": 1, "t": "x"}, "timestamp": 5}],
         "outputs": [\(output)] \(more)}
        """
    }

    @Test(arguments: [
        #"{"topic": "O", "key": 7, "value": {"V": 1, "T": "x"}, "timestamp": 5}"#,
        #"{"topic": "O", "key": 7, "value": {"t": "x", "v": 1}}"#,
    ])
    func whatIsAsExpectedPasses(_ output: String) throws {
        #expect(try run(copied(output)).map(\.status) == [.pass])
    }

    @Test(arguments: [
        #"{"topic": "O", "key": 8, "value": {"V": 1, "T": "x"}}"#,
        #"{"topic": "O", "key": null, "value": {"V": 1, "T": "x"}}"#,
        #"{"topic": "O", "key": 7, "value": {"V": 1.0, "T": "x"}, "timestamp": 6}"#,
        #"{"topic": "O", "key": 7, "value": {"V": "1", "T": "x"}}"#,
        #"{"topic": "O", "key": 7, "value": {"V": 1}}"#,
        #"{"topic": "O", "key": 7, "value": {"V": 1, "T": "x", "U": null}}"#,
        #"{"topic": "O", "key": 7, "value": null}"#,
        #"{"topic": "O", "key": 7, "value": {"V": 1, "T": "x"}, "timestamp": 6}"#,
        #"{"topic": "O", "key": 7, "value": {"V": 1, "T": "x"}, "window": {"start": 0, "end": 1, "type": "time"}}"#,
        #"{"topic": "O", "key": 7, "value": {"V": 1, "T": "x"}, "headers": [{"KEY": "a", "VALUE": "IQ=="}]}"#,
        #"{"topic": "O", "key": 7, "value": {"V": 1, "T": "x"}}, {"topic": "O", "key": 7, "value": {}}"#,
        #"{"topic": "P", "key": 7, "value": {"V": 1, "T": "x"}}"#,
    ])
    func whatDiffersFails(_ output: String) throws {
        #expect(try run(copied(output)).map(\.status) == [.fail])
    }

    @Test(arguments: [
        (#", "post": {"sources": [{"name": "O", "type": "stream", "schema": "K BIGINT KEY, V INT, T STRING"}]}"#, true),
        (#", "post": {"sources": [{"name": "O", "type": "table"}]}"#, false),
        (#", "post": {"sources": [{"name": "O", "schema": "K BIGINT KEY, V INT"}]}"#, false),
        (#", "post": {"sources": [{"name": "O", "schema": "K BIGINT KEY, T STRING, V INT"}]}"#, false),
        (#", "post": {"sources": [{"name": "O", "keyFormat": {"format": "JSON"}}]}"#, false),
        (#", "post": {"sources": [{"name": "O", "valueFeatures": ["UNWRAP_SINGLES"]}]}"#, false),
        (#", "post": {"topics": {"blacklist": ".*-repartition"}}"#, true),
        (#", "post": {"topics": {"blacklist": "O"}}"#, false),
        (
            #", "post": {"topics": {"topics": [{"name": "O", "partitions": 4, "valueFormat": {"format": "JSON"}}]}}"#,
            true
        ),
        (#", "post": {"topics": {"topics": [{"name": "O", "partitions": 3}]}}"#, false),
        (#", "post": {"topics": {"topics": [{"name": "O", "keyFormat": {"format": "JSON"}}]}}"#, false),
        (#", "post": {"topics": {"topics": [{"name": "O", "valueSchema": "x"}]}}"#, false),
    ])
    func postConditionsAreChecked(_ post: String, holds: Bool) throws {
        let output = #"{"topic": "O", "key": 7, "value": {"V": 1, "T": "x"}}"#
        #expect(try run(copied(output, more: post)).map(\.status) == [holds ? .pass : .fail])
    }

    /// A case that has to be refused.
    private func negative(_ statements: [String], inputs: String = "") -> String {
        let list = statements.map { "\"\($0)\"" }.joined(separator: ", ")
        return """
            {"name": "negative", "statements": [\(list)], "expectedException": {"type": "x"}, "inputs": [\(inputs)]}
            """
    }

    @Test func onlyTheLastStatementMayBeRefused() throws {
        let bad = "CREATE STREAM o AS SELECT nothing FROM s;"
        #expect(try run(negative([Self.stream, bad])).map(\.status) == [.pass])
        #expect(try run(negative([bad, Self.stream])).map(\.status) == [.fail])
        #expect(try run(negative([Self.stream, Self.copy])).map(\.status) == [.fail])
    }

    @Test func whatIsNotSupportedIsNotRefused() throws {
        let avro = Self.stream.replacing("JSON", with: "AVRO")
        #expect(try run(negative([avro])).map(\.status) == [.unsupported])
    }

    @Test func whatComesOutOfACaseToRefuseSaysNothing() throws {
        let input = #"{"topic": "s", "key": 7, "value": {"v": 1}}"#
        #expect(try run(negative([Self.stream, Self.copy], inputs: input)).map(\.status) == [.fail])
        // A record that the runner cannot write is no refusal either.
        let unwritable = #"{"topic": "s", "key": "seven", "value": {"v": 1}}"#
        #expect(try run(negative([Self.stream, Self.copy], inputs: unwritable)).map(\.status) == [.fail])
    }

    @Test func formatsAndSettingsMakeCases() throws {
        let node = """
            {"name": "many", "format": ["JSON", "KAFKA"], "config": ["true", "false"],
             "properties": {"ksql.suppress.enabled": "{CONFIG}"},
             "statements": ["CREATE STREAM s (v INT) WITH (kafka_topic = 's', value_format = '{FORMAT}');", "\(Self.copy)"],
             "inputs": [{"topic": "s", "value": {"v": 1}}], "outputs": [{"topic": "O", "value": {"V": 1}}]}
            """
        let results = try run(node)
        #expect(results.map(\.format) == ["JSON", "JSON", "KAFKA", "KAFKA"])
        #expect(results.map(\.config) == ["true", "false", "true", "false"])
        #expect(results.map(\.status) == [.pass, .pass, .fail, .fail])
    }

    @Test func numbersAreComparedWithTheirScale() {
        #expect(ExactNumber("1.0") != ExactNumber("1.00"))
        #expect(ExactNumber("1.50E1") == ExactNumber("15.0"))
        #expect(ExactNumber("-0.0") == ExactNumber("0.0"))
        #expect(ExactNumber("12345678901234567890.5") != ExactNumber("12345678901234567890.6"))
        #expect(ExactNumber("x") == nil)
    }
}
