import Foundation
import Testing

@testable import Server

/// Whole queries, from SQL and records to records, with everything in between as in a server.
///
/// A file of `Golden` holds blocks: a word that says what is asked, what it is asked with, a line `----`, and the answer,
/// up to an empty line. Lines that start with `#` are comments.
///
///     case Title [option …]   starts anew with statements. Options leave variants out: `ordered` those that change the
///                             order of records across topics and partitions, `every` those whose tables do not emit
///                             every change, `partitions=1` those with more, such as where stream time matters
///     run                     further statements: definitions, INSERT VALUES, pull queries, listings
///     feed                    records for sources, a line each: SOURCE[/PARTITION] KEY[@START..END] TIMESTAMP VALUE
///     push                    a push query over what its sources hold, which is then cancelled
///     restart                 ends the engine as a crash would and starts it again
///
/// Keys are JSON, with the window behind them where the source has one; values are the payload as it is (JSON for KAFKA),
/// or `tombstone`. Records are read in the file's order, also across topics; `---` lets everything before it be read
/// first even by the variant that mixes topics. WITH may leave out PARTITIONS and the format: it is JSON.
///
/// Answers are the lines of the protocol without their timings (`+` success, `-` error, `#` header, `[` row), then what
/// queries wrote since the last block in the form of `feed`, what they failed with, and the processing log: `log KIND
/// QUERY TOPIC FIELD VALUE: REASON`, and how many rows were late. Numbers of queries count from the start of the case.
///
/// Every case runs in all of ``GoldenVariant/all``; the answers in the file are those of the first.
/// `UPDATE_GOLDEN=1 swift test --filter GoldenEngineTests` rewrites them: read the diff before it is committed.
@Suite("Golden files of the engine")
struct GoldenEngineTests {
    @Test("the answers are those in the file", arguments: GoldenFile.names, variants)
    func answers(_ name: String, _ variant: GoldenVariant) throws {
        let file = try GoldenFile(name)
        let isFirst = variant.isFirst
        var answers: [[String]] = []
        let disk = variant.onDisk ? try GoldenDisk() : nil
        for item in file.cases where isFirst || variant.runs(item) {
            let ground = disk?.ground ?? GoldenSession.Ground.memory
            let session = try GoldenSession(variant, on: ground)
            var comparison = AnswerComparison(variant)
            for block in item.blocks {
                let answer = try session.answer(block)
                answers.append(answer.map { $0.isEmpty ? "~" : $0 })
                if GoldenFile.isUpdating || variant.emitsBatches && block.directive == "push" { continue }
                let expected = block.answer.map(String.init)
                if isFirst {
                    #expect(answer == expected, "\(name):\(block.line)")
                } else {
                    let difference = comparison.difference(expected, answer, kinds: session.kinds)
                    if let difference { Issue.record("\(name):\(block.line) (\(item.title))\n\(difference)") }
                }
            }
            let left = try session.clear()
            #expect(left.isEmpty, "\(name): \(item.title)")
        }
        if GoldenFile.isUpdating { try file.rewrite(answers) }
    }

    private static var variants: [GoldenVariant] { GoldenFile.isUpdating ? [.first] : GoldenVariant.all }

    @Test("there are golden files") func filesExist() {
        #expect(!GoldenFile.names.isEmpty)
    }
}

extension GoldenVariant {
    fileprivate func runs(_ item: GoldenFile.Case) -> Bool {
        if item.options.contains("ordered"), mixesInputs { return false }
        if item.options.contains("every"), emitsBatches { return false }
        return partitions == 1 || !item.options.contains("partitions=1")
    }
}
