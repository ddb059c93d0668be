import CChecksum

/// The first 64 bytes of a batch of messages in a segment file.
///
/// ```
///  0 magic "WLB1" (4)          4 CRC-32C of bytes 8 to 63 (4)
///  8 bytes of the batch with its header, a multiple of 8 (4)
/// 12 messages (4)             16 offset of the first message (8)
/// 24 CRC-32C of the payload (4)  28 flags (4)
/// 32 offsets the batch spans (4)  36 zero (4)
/// 40 when its tombstones may go (8)  48 zero (16)
/// ```
/// Numbers are little-endian. The header has a checksum of its own, so that the payload's can be computed before it is
/// known where the batch will lie.
struct BatchHeader: Equatable {
    static let size = 64
    private static let magic: UInt32 = 0x3142_4C57

    /// Bytes of header and payload.
    var length: Int
    var count: Int
    var baseOffset: Int64
    var payloadChecksum: UInt32
    /// The messages have headers.
    var hasHeaders: Bool
    /// The payload names each message's offset, since compaction removed some.
    var hasOffsets: Bool
    /// Offsets from the first message to the next batch; more than ``count`` after compaction.
    var span: Int
    /// From when on compaction may remove the tombstones, in milliseconds since the epoch; 0 when it never met any.
    var deleteHorizon: Int64

    /// The offset behind the batch.
    var nextOffset: Int64 { baseOffset + Int64(span) }

    func store(to target: UnsafeMutableRawPointer) {
        target.initializeMemory(as: UInt8.self, repeating: 0, count: Self.size)
        let flags: UInt32 = (hasHeaders ? 1 : 0) | (hasOffsets ? 2 : 0)
        target.storeBytes(of: Self.magic.littleEndian, as: UInt32.self)
        target.storeBytes(of: UInt32(length).littleEndian, toByteOffset: 8, as: UInt32.self)
        target.storeBytes(of: UInt32(count).littleEndian, toByteOffset: 12, as: UInt32.self)
        target.storeBytes(of: baseOffset.littleEndian, toByteOffset: 16, as: Int64.self)
        target.storeBytes(of: payloadChecksum.littleEndian, toByteOffset: 24, as: UInt32.self)
        target.storeBytes(of: flags.littleEndian, toByteOffset: 28, as: UInt32.self)
        target.storeBytes(of: UInt32(span).littleEndian, toByteOffset: 32, as: UInt32.self)
        target.storeBytes(of: deleteHorizon.littleEndian, toByteOffset: 40, as: Int64.self)
        let checksum = weir_crc32c(0, target + 8, Self.size - 8)
        target.storeBytes(of: checksum.littleEndian, toByteOffset: 4, as: UInt32.self)
    }

    /// The header at `source`, which has ``size`` readable bytes; nil when they are none.
    init?(from source: UnsafeRawPointer) {
        func word(_ position: Int) -> UInt32 {
            UInt32(littleEndian: source.loadUnaligned(fromByteOffset: position, as: UInt32.self))
        }
        guard word(0) == Self.magic, word(4) == weir_crc32c(0, source + 8, Self.size - 8) else { return nil }
        length = Int(word(8))
        count = Int(word(12))
        baseOffset = Int64(littleEndian: source.loadUnaligned(fromByteOffset: 16, as: Int64.self))
        payloadChecksum = word(24)
        hasHeaders = word(28) & 1 != 0
        hasOffsets = word(28) & 2 != 0
        span = Int(word(32))
        deleteHorizon = Int64(littleEndian: source.loadUnaligned(fromByteOffset: 40, as: Int64.self))
        guard length >= Self.size, length % 8 == 0, span >= count else { return nil }
    }

    init(length: Int, count: Int, payloadChecksum: UInt32, hasHeaders: Bool) {
        self.length = length
        self.count = count
        baseOffset = 0
        self.payloadChecksum = payloadChecksum
        self.hasHeaders = hasHeaders
        hasOffsets = false
        span = count
        deleteHorizon = 0
    }
}
