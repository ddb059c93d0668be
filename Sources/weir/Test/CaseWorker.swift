import Glibc
import Server

/// A process that runs cases: it reads the number of a case and answers with its result, so that a case which ends the
/// process, or never ends, takes no other along.
final class CaseWorker {
    private let pid: pid_t
    private let input: Int32
    let output: Int32
    private var unread: [UInt8] = []
    /// The case that runs, and when it was given.
    private(set) var current: (index: Int, since: Int64)?

    /// - Parameter arguments: of this program, behind its name.
    init(arguments: [String]) throws {
        var (requests, answers): ([Int32], [Int32]) = ([0, 0], [0, 0])
        guard pipe(&requests) == 0, pipe(&answers) == 0 else { throw ClientError.system("pipe") }
        // Processes are started on one thread only: no other child can take these along in between.
        for descriptor in requests + answers { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, requests[0], STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, answers[1], STDOUT_FILENO)
        let words = ["weir"] + arguments
        let vector: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for word in vector { free(word) } }
        var pid = pid_t()
        let failure = posix_spawn(&pid, "/proc/self/exe", &actions, nil, vector, environ)
        close(requests[0])
        close(answers[1])
        self.pid = pid
        input = requests[1]
        output = answers[0]
        guard failure == 0 else { throw ClientError("cannot start a process: \(String(cString: strerror(failure)))") }
    }

    /// Gives it a case.
    func start(_ index: Int, now: Int64) {
        current = (index, now)
        writeAll(Array("\(index)\n".utf8), to: input)
    }

    /// What became of the case.
    enum Answer {
        /// Not complete yet.
        case nothing
        case line([UInt8])
        /// The process is gone; why.
        case ended(String)
    }

    /// Reads what is there.
    func read() -> Answer {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = Glibc.read(output, &chunk, chunk.count)
        guard count > 0 else { return .ended(finish()) }
        unread += chunk[..<count]
        guard let end = unread.firstIndex(of: 0x0a) else { return .nothing }
        let line = Array(unread[..<end])
        unread.removeSubrange(...end)
        current = nil
        return .line(line)
    }

    /// Ends the process.
    func kill() {
        Glibc.kill(pid, SIGKILL)
        _ = finish()
    }

    private func finish() -> String {
        close(input)
        close(output)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        let signal = status & 0x7f
        return signal == 0 ? "the process ended with \(status >> 8)" : "the process ended by signal \(signal)"
    }

    /// The other end: runs what is asked for until standard input ends.
    static func serve(_ suite: TestSuite) {
        while let line = readLine() {
            guard let index = Int(line), (0..<suite.count).contains(index) else { continue }
            printLine(suite.run(index).json.compactText)
        }
    }
}

extension ClientError {
    /// A call of the system that failed.
    fileprivate static func system(_ call: String) -> ClientError {
        ClientError("\(call): \(String(cString: strerror(errno)))")
    }
}
