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

/// libFuzzer's loop; the package manager gives every program a `main`, so that libFuzzer's own is not used.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// What is allocated in between is no leak to the leak detector.
@_silgen_name("__lsan_disable") private func disableLeakDetection()
@_silgen_name("__lsan_enable") private func enableLeakDetection()

@main
private struct FuzzDriver {
    static func main() {
        // Constants live as long as the process, and the leak detector does not see all of Swift's pointers to them.
        disableLeakDetection()
        target.prepare()
        enableLeakDetection()
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        let status = runFuzzer(&count, &arguments) { bytes, count in
            target.run(UnsafeRawBufferPointer(start: bytes, count: count))
            return 0
        }
        exit(status)
    }
}
