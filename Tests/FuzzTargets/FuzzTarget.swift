/// Code that gets bytes from anybody, and what must hold whatever they are.
///
/// `scripts/fuzz` runs it on bytes that libFuzzer makes up, the tests on those that are kept in `Corpus`.
public enum FuzzTarget: String, CaseIterable, Sendable {
    /// The SQL parser: what it takes is the same when it is written out and read again.
    case parser
    case json
    case delimited
    case kafka

    /// Makes the constants that the target uses.
    public func prepare() {
        for choice in UInt8.min...UInt8.max {
            withUnsafeBytes(of: choice) { run($0) }
        }
    }

    /// Runs the target; ends the process when something does not hold.
    public func run(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .parser: ParserTarget.run(bytes)
        case .json: FormatTarget.json.run(bytes)
        case .delimited: FormatTarget.delimited.run(bytes)
        case .kafka: FormatTarget.kafka.run(bytes)
        }
    }
}
