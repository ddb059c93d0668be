import Glibc

/// Finds the subcommand, parses its options and runs it.
enum Program {
    /// The version that `--version` prints.
    static let version = "0.1.0"

    static func run(_ arguments: [String]) -> ExitCode {
        guard arguments.count > 1 else {
            printLine(help)
            return .usage
        }
        switch arguments[1] {
        case "-h", "--help", "help":
            guard arguments.count > 2, let subcommand = subcommand(arguments[2]) else {
                printLine(help)
                return .ok
            }
            printLine(subcommand.help)
            return .ok
        case "-V", "--version", "version":
            printLine("weir \(version)")
            return .ok
        case let name:
            guard let subcommand = subcommand(name) else {
                printError("weir: unknown subcommand \"\(name)\"; see weir --help")
                return .usage
            }
            return run(subcommand, Array(arguments.dropFirst(2)))
        }
    }

    private static func run(_ subcommand: Subcommand, _ words: [String]) -> ExitCode {
        do throws(UsageError) {
            let options = subcommand.options + [Option("help", "h", "this text")]
            let arguments = try OptionParser.parse(words, options, name: subcommand.name)
            if arguments.has("help") {
                printLine(subcommand.help)
                return .ok
            }
            return try subcommand.run(arguments)
        } catch {
            printError("weir \(subcommand.name): \(error.message); see weir \(subcommand.name) --help")
            return .usage
        }
    }

    private static func subcommand(_ name: String) -> Subcommand? {
        Subcommand.all.first { $0.name == name }
    }

    private static var help: String {
        var lines = ["weir - a streaming SQL engine", "", "usage: weir SUBCOMMAND [options]", ""]
        let width = (Subcommand.all.map(\.name.count).max() ?? 0) + 2
        for subcommand in Subcommand.all {
            let name = subcommand.name + String(repeating: " ", count: width - subcommand.name.count)
            lines.append("  \(name)\(subcommand.summary)")
        }
        lines.append("")
        lines.append("weir SUBCOMMAND --help shows its options; weir --version the version")
        return lines.joined(separator: "\n")
    }
}

/// Writes a line to standard output.
func printLine(_ text: String) {
    writeAll(Array((text + "\n").utf8), to: STDOUT_FILENO)
}

/// Writes a line to standard error.
func printError(_ text: String) {
    writeAll(Array((text + "\n").utf8), to: STDERR_FILENO)
}

/// Writes all bytes, whatever happens to the descriptor.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
    var start = 0
    while start < bytes.count {
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + start, bytes.count - start) }
        if count > 0 {
            start += count
        } else if errno != EINTR && errno != EAGAIN {
            return
        }
    }
}
