import Glibc

/// A program that runs to its end, with nothing of this process open but its three standard streams.
///
/// Tests start programs at the same time from many threads, and some of those leave servers behind. So every descriptor
/// made here is closed in all other programs (`O_CLOEXEC`), a program gets none but its own (`closefrom`), its end is
/// its own end and not that of whoever inherited its output, and it has only so long.
public struct Program {
    /// What it wrote and how it ended.
    public struct Result: Equatable, Sendable {
        public var output: String
        public var errors: String
        /// The exit status, or 128 and the number of the signal that ended it.
        public var status: Int32

        public init(output: String, errors: String, status: Int32) {
            self.output = output
            self.errors = errors
            self.status = status
        }
    }

    /// What kept a program from ending by itself.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    let path: String
    let arguments: [String]
    let directory: String?
    let environment: [String: String]

    /// - Parameters:
    ///   - path: the executable.
    ///   - arguments: without its name.
    ///   - directory: where it runs; where this process runs if nil.
    ///   - environment: what is different from this process's own.
    public init(
        _ path: String,
        _ arguments: [String],
        in directory: String? = nil,
        environment: [String: String] = [:]
    ) {
        self.path = path
        self.arguments = arguments
        self.directory = directory
        self.environment = environment
    }

    /// A command for the shell.
    public static func shell(_ command: String) -> Program { Program("/bin/sh", ["-c", command]) }

    /// Runs it.
    /// - Parameters:
    ///   - input: what is on its standard input.
    ///   - signal: sent when it has written its first words.
    ///   - seconds: how long it may take; then it is killed, and the error has what it wrote.
    public func run(input: String = "", signal: Int32? = nil, seconds: Int = 120) throws -> Result {
        var child = try SpawnedChild(self, input: Array(input.utf8))
        let deadline = Deadline(seconds: seconds)
        var signal = signal
        while !child.hasEnded {
            child.exchange(milliseconds: 20)
            if let number = signal, child.hasWritten {
                kill(child.id, number)
                signal = nil
            }
            guard deadline.isOver, !child.hasEnded else { continue }
            child.end()
            let command = ([path] + arguments).joined(separator: " ")
            throw Failure(
                description: """
                    \(command) did not end in \(seconds) s
                    standard output: \(child.output.suffix(4096))
                    standard error: \(child.errors.suffix(4096))
                    """
            )
        }
        return Result(output: child.output, errors: child.errors, status: child.status)
    }
}

/// A moment on the clock that nobody sets.
private struct Deadline {
    private let end: Int

    init(seconds: Int) { end = Deadline.now + seconds }

    var isOver: Bool { Deadline.now >= end }

    private static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec
    }
}
