import FuzzTargets
import Glibc

/// The target that WEIR_FUZZ names.
private let target: FuzzTarget = {
    guard let name = getenv("WEIR_FUZZ"), let target = FuzzTarget(rawValue: String(cString: name)) else {
        let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
        fatalError("WEIR_FUZZ names the target: \(names)")
    }
    return target
}()

/// Called by libFuzzer, which has `main`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target.run(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}
