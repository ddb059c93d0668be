import Glibc

/// Ctrl-C as something to wait for: the signal's handler writes a byte into a pipe.
enum Interrupt {
    nonisolated(unsafe) private static var ends: (read: Int32, write: Int32) = (-1, -1)

    /// The end to poll; -1 before `install`.
    static var descriptor: Int32 { ends.read }

    /// Catches SIGINT, or these signals, from now on.
    ///
    /// Without `SA_RESTART`, so that waiting for a key ends too.
    static func install(_ signals: [Int32] = [SIGINT]) {
        guard ends.read < 0 else { return }
        var descriptors: [Int32] = [-1, -1]
        guard pipe(&descriptors) == 0 else { return }
        for descriptor in descriptors {
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        ends = (descriptors[0], descriptors[1])
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in
            var byte: UInt8 = 0
            _ = write(Interrupt.ends.write, &byte, 1)
        }
        // Who started us may have blocked them for us.
        var interrupts = sigset_t()
        sigemptyset(&interrupts)
        for signal in signals {
            sigaction(signal, &action, nil)
            sigaddset(&interrupts, signal)
        }
        pthread_sigmask(SIG_UNBLOCK, &interrupts, nil)
    }

    /// Whether Ctrl-C was pressed since the last call.
    static func take() -> Bool {
        guard ends.read >= 0 else { return false }
        var bytes: [UInt8] = [0, 0, 0, 0]
        var pressed = false
        while read(ends.read, &bytes, bytes.count) > 0 { pressed = true }
        return pressed
    }
}
