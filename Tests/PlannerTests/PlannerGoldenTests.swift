import Testing

@testable import Planner

@Suite("Golden files of the planner")
struct PlannerGoldenTests {
    @Test("the answers are those in the file", arguments: GoldenFile.names)
    func answers(_ name: String) throws {
        let file = try GoldenFile(name)
        var session = PlanningSession()
        var answers: [String] = []
        for item in file.cases {
            let answer = session.answer(item.directive, item.sql)
            answers.append(answer)
            if !GoldenFile.isUpdating {
                #expect(answer == item.answer, "\(name):\(item.line)")
            }
        }
        if GoldenFile.isUpdating { try file.rewrite(answers) }
    }

    @Test("there are golden files") func filesExist() {
        #expect(!GoldenFile.names.isEmpty)
    }
}
