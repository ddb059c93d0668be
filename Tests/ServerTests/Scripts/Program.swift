import Dispatch
import Foundation
import Synchronization

/// A program that runs to its end with nothing on its standard input.
struct Program {
    /// What it wrote and how it ended.
    struct Result: Equatable {
        var output: String
        var errors: String
        var status: Int32
    }

    private let process = Process()

    /// - Parameter environment: what is different from this process's own.
    init(_ path: String, _ arguments: [String], in directory: URL? = nil, environment: [String: String] = [:]) {
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
    }

    /// Runs it.
    /// - Parameter signal: sent when the first words are on standard error.
    func run(signal: Int32? = nil) throws -> Result {
        let (outPipe, errorPipe) = (Pipe(), Pipe())
        process.standardOutput = outPipe
        process.standardError = errorPipe
        try process.run()
        // Both at the same time, so that neither fills up.
        let errors = Mutex(Data())
        let id = process.processIdentifier
        let reading = DispatchWorkItem {
            var all = errorPipe.fileHandleForReading.availableData
            if let signal { kill(id, signal) }
            all += errorPipe.fileHandleForReading.readDataToEndOfFile()
            errors.withLock { $0 = all }
        }
        DispatchQueue.global().async(execute: reading)
        let output = outPipe.fileHandleForReading.readDataToEndOfFile()
        reading.wait()
        process.waitUntilExit()
        return Result(
            output: String(decoding: output, as: UTF8.self),
            errors: errors.withLock { String(decoding: $0, as: UTF8.self) },
            status: process.terminationStatus
        )
    }
}
