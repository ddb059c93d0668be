import CChecksum
import Testing

/// The checksum of batches.
@Suite struct ChecksumTests {
    @Test func theKnownAnswer() {
        let digits = Array("123456789".utf8)
        #expect(weir_crc32c(0, digits, digits.count) == 0xE306_9283)
        #expect(weir_crc32c_portable(0, digits, digits.count) == 0xE306_9283)
    }

    @Test func instructionAndTablesAgreeAtEveryLengthAndSplit() {
        let bytes = (0..<30_000).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ $0 >> 7) }
        for count in [0, 1, 7, 8, 255, 767, 768, 769, 1536, 6143, 6144, 7000, 12_288, 29_999] {
            let whole = weir_crc32c(0, bytes, count)
            #expect(whole == weir_crc32c_portable(0, bytes, count))
            let half = count / 3
            let rest = Array(bytes[half..<count])
            #expect(whole == weir_crc32c(weir_crc32c(0, bytes, half), rest, rest.count))
        }
    }
}
