/// The cases of ksqlDB's query validation files, to be run one by one.
public struct ConformanceSuite {
    private let cases: [ConformanceCase]

    /// - Parameters:
    ///   - paths: files, or directories of them.
    ///   - filter: what full names must contain, in any case; nil for all.
    /// - Throws: when a file cannot be read.
    public init(paths: [String], filter: String? = nil) throws {
        let all = try ConformanceFile.cases(at: paths)
        let wanted = filter?.lowercased()
        cases = wanted.map { text in all.filter { $0.fullName.lowercased().contains(text) } } ?? all
    }

    public var count: Int { cases.count }

    /// The name of a case.
    public func name(_ index: Int) -> String { cases[index].fullName }

    /// Runs a case.
    public func run(_ index: Int) -> CaseResult { CaseRun.result(of: cases[index]) }

    /// The result of a case whose process ended or did not answer.
    public func crash(_ index: Int, _ reason: String) -> CaseResult { CaseResult(cases[index], .crash, reason) }

    /// The result of a case as another process wrote it.
    /// - Parameter json: ``CaseResult/json`` of that case.
    public func result(_ index: Int, _ json: JSONValue) -> CaseResult? {
        guard let status = json["status"]?.text.flatMap(CaseResult.Status.init) else { return nil }
        return CaseResult(cases[index], status, json["difference"]?.text)
    }
}
