import Glibc
import Runtime

/// Damage done on purpose, to show that a test of crash safety sees it; `WEIR_FAULT` in the environment chooses it.
enum Fault {
    /// With `WEIR_FAULT=commit-offsets-first`, a commit writes offsets and state one after the other instead of at once.
    static let commitsOffsetsFirst = getenv("WEIR_FAULT").map { String(cString: $0) } == "commit-offsets-first"

    /// Writes the offsets alone, and leaves time to die before the rest is written.
    static func commitOffsetsFirst(_ offsets: [RawPut], to database: any StateDatabase) throws {
        try database.write([], offsets, sync: false)
        usleep(20_000)
    }
}
