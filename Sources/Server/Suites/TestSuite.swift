import Foundation

/// Tests of SQL or cases of ksqlDB's query validation files, to be run one by one.
public struct TestSuite {
    /// What the files hold.
    public enum Kind: Sendable {
        /// Statements with assertions; files end in `.sql`.
        case sql
        /// ksqlDB's query validation tests; files end in `.json`.
        case conformance

        fileprivate var ending: String {
            switch self {
            case .sql: ".sql"
            case .conformance: ".json"
            }
        }
    }

    private enum Case {
        case sql(SQLTest)
        case conformance(ConformanceCase)

        var name: String {
            switch self {
            case .sql(let test): "\(test.file) - \(test.name)"
            case .conformance(let test): test.fullName
            }
        }
    }

    private let cases: [Case]

    /// - Parameters:
    ///   - paths: files, or directories of them.
    ///   - filter: what names must contain, in any case; nil for all.
    /// - Throws: when a file cannot be read.
    public init(_ kind: Kind, paths: [String], filter: String? = nil) throws {
        let all = try paths.flatMap { try TestSuite.files(at: $0, kind) }.flatMap { try TestSuite.cases($0, kind) }
        let wanted = filter?.lowercased()
        cases = wanted.map { text in all.filter { $0.name.lowercased().contains(text) } } ?? all
    }

    private static func files(at path: String, _ kind: Kind) throws -> [String] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw TestFileError(file: path, reason: "there is no such file or directory")
        }
        guard isDirectory.boolValue else { return [path] }
        let names = try FileManager.default.subpathsOfDirectory(atPath: path)
        return names.filter { $0.hasSuffix(kind.ending) }.sorted().map { "\(path)/\($0)" }
    }

    private static func cases(_ path: String, _ kind: Kind) throws -> [Case] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TestFileError(file: path, reason: "it cannot be read")
        }
        switch kind {
        case .sql: return SQLTest.tests(in: String(decoding: data, as: UTF8.self), path: path).map { .sql($0) }
        case .conformance: return try ConformanceFile.cases(of: data, path: path).map { .conformance($0) }
        }
    }

    public var count: Int { cases.count }

    /// Runs a case.
    public func run(_ index: Int) -> CaseResult {
        switch cases[index] {
        case .sql(let test): SQLTestRun.result(of: test)
        case .conformance(let test): CaseRun.result(of: test)
        }
    }

    /// The result of a case as another process found it.
    public func result(_ index: Int, _ status: CaseResult.Status, _ difference: String?) -> CaseResult {
        switch cases[index] {
        case .sql(let test): CaseResult(test, status, difference)
        case .conformance(let test): CaseResult(test, status, difference)
        }
    }
}
