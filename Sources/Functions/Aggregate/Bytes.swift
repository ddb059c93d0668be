import Glibc

/// The order of two byte strings: negative, 0 or positive.
@inline(__always)
func compareBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    let shared = min(left.count, right.count)
    if shared > 0, let a = left.baseAddress, let b = right.baseAddress {
        let order = memcmp(a, b, shared)
        if order != 0 { return Int(order) }
    }
    return left.count - right.count
}
