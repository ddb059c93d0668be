import Foundation
import FuzzTargets
import Testing

/// What the fuzzers once found interesting or broken holds.
@Suite struct CorpusTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "FuzzTargets/Corpus")

    @Test(arguments: FuzzTarget.allCases)
    func corpus(target: FuzzTarget) throws {
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.folder.appending(path: target.rawValue),
            includingPropertiesForKeys: nil
        )
        #expect(!files.isEmpty)
        for file in files {
            let bytes = [UInt8](try Data(contentsOf: file))
            // Each of its beginnings as well: cut off, as a payload may be.
            for length in Set([bytes.count, bytes.count / 2, bytes.count - 1]) where length >= 0 {
                bytes[..<length].withUnsafeBytes { target.run($0) }
            }
        }
    }
}
