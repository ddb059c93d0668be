import Glibc

/// The MD5 checksum (RFC 1321): for grouping and comparing, not for secrets.
enum MD5 {
    private static let shifts: [UInt32] = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]
    private static let constants: [UInt32] = (0..<64).map { UInt32(abs(sin(Double($0 + 1))) * 4_294_967_296) }

    /// The 16 bytes of the checksum.
    static func digest(_ message: UnsafeRawBufferPointer) -> [UInt8] {
        // Padding: one bit, zeros, and the length in bits, up to a whole number of 64-byte blocks.
        var tail = [UInt8](message[(message.count & ~63)...])
        tail.append(0x80)
        while tail.count % 64 != 56 { tail.append(0) }
        withUnsafeBytes(of: (UInt64(message.count) &* 8).littleEndian) { tail.append(contentsOf: $0) }

        var state: (UInt32, UInt32, UInt32, UInt32) = (0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476)
        var offset = 0
        while offset + 64 <= message.count {
            mix(message, offset, &state)
            offset += 64
        }
        tail.withUnsafeBytes { for block in stride(from: 0, to: $0.count, by: 64) { mix($0, block, &state) } }
        return [state.0, state.1, state.2, state.3].flatMap { word in
            withUnsafeBytes(of: word.littleEndian) { [UInt8]($0) }
        }
    }

    private static func mix(
        _ bytes: UnsafeRawBufferPointer,
        _ offset: Int,
        _ state: inout (UInt32, UInt32, UInt32, UInt32)
    ) {
        var (a, b, c, d) = state
        for step in 0..<64 {
            let round = step >> 4
            let (word, mixed): (Int, UInt32)
            switch round {
            case 0: (word, mixed) = (step, (b & c) | (~b & d))
            case 1: (word, mixed) = ((5 * step + 1) & 15, (d & b) | (~d & c))
            case 2: (word, mixed) = ((3 * step + 5) & 15, b ^ c ^ d)
            default: (word, mixed) = ((7 * step) & 15, c ^ (b | ~d))
            }
            let part = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + word * 4, as: UInt32.self))
            let sum = a &+ mixed &+ constants[step] &+ part
            let shift = shifts[round * 4 + (step & 3)]
            (a, d, c) = (d, c, b)
            b = b &+ (sum << shift | sum >> (32 - shift))
        }
        state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d)
    }
}
