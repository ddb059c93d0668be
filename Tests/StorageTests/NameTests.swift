import Foundation
import Runtime
import Testing

@testable import Storage

/// Names of topics and of segment files.
@Suite struct NameTests {
    private let directory = TemporaryDirectory()

    @Test(
        arguments: [
            "", ".", "..", "a/b", "../a", "/", "a\\b", "a b", "a\0b", "\0", "a\nb", "\u{1B}[2J", "\u{7F}", "a@1", "ü",
            "a:b",
            "*", "a,b", "'; --", String(repeating: "x", count: 250), String(repeating: "y", count: 100_000),
        ]
    ) func aNameThatKafkaWouldNotTakeIsRefused(name: String) throws {
        let store = try Store(directory)
        let error = #expect(throws: TopicError.self) {
            try store.log.createTopic(name, TopicSettings(partitions: 1))
        }
        #expect(error?.kind == .refused)
        #expect(error?.hint?.contains("1 to 249 letters, digits, '.', '_' and '-'") == true)
        let message = error?.message ?? ""
        #expect(message.contains("cannot be the name of a topic") && message.utf8.count < 300)
        #expect(!message.utf8.contains { $0 < 32 || $0 == 127 })
        #expect(try store.log.topics().isEmpty)
    }

    @Test func longNamesWorkAndAreToldApart() throws {
        let names = ["a", "...", "-", "_.-"] + ["x", "y"].map { String(repeating: "x", count: 248) + $0 }
        var store = try Store(directory)
        for name in names {
            try store.log.createTopic(name, TopicSettings(partitions: 1))
            try store.log.append([run(name, [name])])
        }
        try store.close()
        store = try Store(directory)
        #expect(try store.log.topics() == names.sorted())
        for name in names { #expect(try readAll(store.log, TopicPartition(name, 0)) == [name]) }
        try store.log.deleteTopic(names[5])
        #expect(try readAll(store.log, TopicPartition(names[4], 0)) == [names[4]])
    }

    @Test func segmentNamesSayWhatTheyHold() {
        let names = [
            SegmentName(base: 0), SegmentName(base: Int64.max),
            SegmentName(base: 5, next: 90, cleanedTo: 70, generation: 12),
        ]
        for name in names { #expect(SegmentName(name.text) == name) }
        #expect(names[0].text == "00000000000000000000.log")
        let other = [
            "0.log", "00000000000000000000", ".log", "weir.space", names[2].text + SegmentName.unfinished,
            "-0000000000000000001.log", names[2].text.replacingOccurrences(of: "-12", with: "-0"),
            SegmentName(base: 5, next: 5, cleanedTo: 5, generation: 1).text,
            SegmentName(base: 5, next: 9, cleanedTo: 10, generation: 1).text,
        ]
        for text in other { #expect(SegmentName(text) == nil, "\(text)") }
    }

    @Test func rewrittenFilesReplaceThoseTheyCover() {
        let first = SegmentName(base: 0, next: 20, cleanedTo: 20, generation: 1)
        let second = SegmentName(base: 0, next: 30, cleanedTo: 25, generation: 2)
        let plain = [0, 10, 20, 30, 40].map { SegmentName(base: $0) }
        let (kept, gone) = SegmentName.current(of: [first, second] + plain)
        #expect(kept == [second, plain[3], plain[4]])
        #expect(gone.count == 4)
        #expect(SegmentName.current(of: plain).kept == plain)
    }
}
