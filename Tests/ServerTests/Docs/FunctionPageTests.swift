import Foundation
import Functions
import Testing

@testable import Server

/// The page about functions is made of the registries, and every example in it is executed.
@Suite struct FunctionPageTests {
    /// `UPDATE_GOLDEN=1 swift test --filter FunctionPageTests` writes the page anew.
    @Test func thePageIsWhatTheRegistriesSay() throws {
        let path = DocumentPage.path("docs/functions.md")
        if DocumentPage.isUpdating { try FunctionPage.text.write(to: path, atomically: true, encoding: .utf8) }
        let found = try String(contentsOf: path, encoding: .utf8)
        let isSame = found == FunctionPage.text
        #expect(isSame, "run UPDATE_GOLDEN=1 swift test --filter FunctionPageTests")
    }

    @Test func everyFunctionHasAnExample() {
        // Random numbers and texts have none that could be compared.
        let without = Set(FunctionEntry.all(.builtin).map(\.name)).subtracting(
            FunctionEntry.all(.builtin).filter { $0.example != nil }.map(\.name)
        )
        #expect(without.sorted() == ["RANDOM"])
    }

    @Test func scalarExamplesGiveTheirResults() throws {
        let engine = try TestEngine()
        let client = try #require(TestClient(port: engine.port))
        _ = client.line()
        client.send(
            """
            HELLO {"decimals":"number"}
            CREATE STREAM one (x INTEGER) WITH (kafka_topic='one', value_format='json', partitions=1);
            INSERT INTO one VALUES (1);

            """
        )
        for _ in 0..<3 { _ = client.line() }
        for function in FunctionEntry.all(.builtin) where function.kind == .scalar {
            guard let call = function.example, let result = function.result else { continue }
            client.send("SELECT \(call) AS a FROM one;\nSELECT \(result) AS a FROM one;\n")
            let given = Self.row(client)
            let promised = Self.row(client)
            #expect(given.hasPrefix("[") && given == promised, "\(call)")
        }
    }

    /// The only row of an answer, or its failure.
    private static func row(_ client: TestClient) -> String {
        var row = ""
        while let line = client.line() {
            if line.hasPrefix("-") { return line }
            if line.hasPrefix("+") { break }
            if line.hasPrefix("[") { row = line }
        }
        return row
    }
}
