import CSpawn
import Glibc

/// A running child process and this side of its standard streams.
struct SpawnedChild: ~Copyable {
    let id: pid_t
    private(set) var hasEnded = false
    private(set) var status: Int32 = 0

    private var input: [UInt8]
    private var sent = 0
    private var inputEnd: Int32
    private let outputEnd: Int32
    private let errorEnd: Int32
    private var outputBytes: [UInt8] = []
    private var errorBytes: [UInt8] = []

    var hasWritten: Bool { !outputBytes.isEmpty || !errorBytes.isEmpty }
    var output: String { String(decoding: outputBytes, as: UTF8.self) }
    var errors: String { String(decoding: errorBytes, as: UTF8.self) }

    /// Starts it.
    init(_ program: Program, input: [UInt8]) throws {
        // A child may end before it has read all of its input.
        signal(SIGPIPE, SIG_IGN)
        let words = ([program.path] + program.arguments).map { strdup($0) } + [nil]
        let variables = environment(changed: program.environment).map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        var id: pid_t = 0
        var ends: [Int32] = [-1, -1, -1]
        let code = weir_spawn(program.path, words, variables, program.directory, &id, &ends)
        guard code == 0 else {
            throw Program.Failure(description: "cannot start \(program.path): \(String(cString: strerror(code)))")
        }
        self.id = id
        self.input = input
        (inputEnd, outputEnd, errorEnd) = (ends[0], ends[1], ends[2])
    }

    deinit {
        for end in [inputEnd, outputEnd, errorEnd] where end >= 0 { close(end) }
    }

    /// Gives it input and takes what it writes, until something happened or the time is over.
    mutating func exchange(milliseconds: Int32) {
        var waiting = [
            pollfd(fd: inputEnd, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: outputEnd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: errorEnd, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&waiting, nfds_t(waiting.count), milliseconds)
        let ended = reap()
        write()
        let (atEnd, errorsAtEnd) = (read(outputEnd, &outputBytes), read(errorEnd, &errorBytes))
        // Both streams are closed, and poll would not wait any more.
        if atEnd, errorsAtEnd, !ended { usleep(1000) }
        hasEnded = ended
    }

    /// Kills it.
    mutating func end() {
        kill(id, SIGKILL)
        var word: Int32 = 0
        waitpid(id, &word, 0)
        hasEnded = true
    }

    /// True when it is over, and then `status` is set.
    private mutating func reap() -> Bool {
        var word: Int32 = 0
        guard waitpid(id, &word, WNOHANG) == id else { return false }
        let signal = word & 0x7f
        status = signal == 0 ? (word >> 8) & 0xff : 128 + signal
        return true
    }

    private mutating func write() {
        guard inputEnd >= 0 else { return }
        while sent < input.count {
            let count = input.withUnsafeBytes { Glibc.write(inputEnd, $0.baseAddress! + sent, input.count - sent) }
            if count < 0 && errno == EAGAIN { return }
            guard count > 0 else { break }
            sent += count
        }
        close(inputEnd)
        inputEnd = -1
    }
}

/// Takes what there is; true at the end of the stream.
private func read(_ descriptor: Int32, _ bytes: inout [UInt8]) -> Bool {
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
        let count = Glibc.read(descriptor, &chunk, chunk.count)
        guard count > 0 else { return count == 0 }
        bytes += chunk[..<count]
    }
}

/// This process's environment with changes.
private func environment(changed changes: [String: String]) -> [String] {
    var variables: [String] = []
    var next = environ
    while let variable = next.pointee {
        let text = String(cString: variable)
        if changes[String(text.prefix { $0 != "=" })] == nil { variables.append(text) }
        next += 1
    }
    return variables + changes.map { "\($0)=\($1)" }
}
