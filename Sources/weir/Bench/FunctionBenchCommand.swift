import Server

/// `weir bench functions`: what a row costs in every function.
struct FunctionBenchCommand {
    private let names: [String]
    private let asJSON: Bool

    /// - Parameter names: the functions to measure; none for all.
    init(names: [String], asJSON: Bool) {
        self.names = names
        self.asJSON = asJSON
    }

    func run() -> ExitCode {
        do {
            let results = try FunctionBench(names: names).run()
            guard !results.isEmpty else {
                printError("weir bench: there are no such functions; SHOW FUNCTIONS lists what there is")
                return .failed
            }
            for result in results { printLine(asJSON ? Self.json(result) : Self.text(result)) }
            return .ok
        } catch {
            printError("weir bench: \(error)")
            return .failed
        }
    }

    private static func text(_ result: FunctionBench.Result) -> String {
        let number = "\(rounded(result.nanoseconds))"
        return String(repeating: " ", count: max(8 - number.count, 0)) + "\(number) ns  \(result.call)"
    }

    private static func json(_ result: FunctionBench.Result) -> String {
        #"{"function":"\#(result.name)","kind":"\#(result.kind)","call":\#(quoted(result.call)),"#
            + #""ns_per_row":\#(rounded(result.nanoseconds))}"#
    }

    /// A text of an example in JSON; control characters do not occur there.
    private static func quoted(_ text: String) -> String {
        let escaped = text.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }
        return "\"" + String(escaped) + "\""
    }

    private static func rounded(_ number: Double) -> Double { (number * 10).rounded() / 10 }
}
