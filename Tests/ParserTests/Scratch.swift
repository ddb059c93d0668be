import Foundation
import Testing
@testable import Parser
@Test func scratch() throws {
    var o = ParserOptions(); o.allowsTestStatements = true
    for (name, sep) in [("ok", "ok"), ("neg", "neg")] {
        let text = try String(contentsOfFile: "/tmp/pc/" + name, encoding: .utf8)
        var failed = 0, total = 0, bad = 0
        var out = ""
        var all = ""
        for entry in text.split(separator: "\0") {
            let parts = entry.split(separator: "\u{1}")
            total += 1
            do {
                let a = try SQLParser.parse(String(parts[1]), options: o)
                for s in a {
                    let sql = SQLFormatter.sql(s)
                    all += sql + "\n"
                    do {
                        let b = try SQLParser.parseStatement(sql, options: o)
                        if b != s || SQLFormatter.sql(b) != sql { bad += 1; out += "MISMATCH \(sql)\n   \(parts[1])\n" }
                    } catch { bad += 1; out += "REPARSE \(parts[1])\n\(error.rendered(in: sql))\n" }
                }
            } catch {
                failed += 1
                out += "\(parts[0])\n\(error.rendered(in: String(parts[1])))\n"
                if parts.count > 2 { out += "   ksql: \(parts[2].prefix(300))\n" }
            }
        }
        try out.write(toFile: "/tmp/pc/\(sep).out", atomically: true, encoding: .utf8)
        try all.write(toFile: "/tmp/pc/\(sep).all", atomically: true, encoding: .utf8)
        print(name, total, failed, bad)
    }
}
