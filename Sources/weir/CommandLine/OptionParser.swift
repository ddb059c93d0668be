@preconcurrency import CGetOpt
import Glibc

/// Parses the words behind a subcommand with `getopt_long` over its table of options.
enum OptionParser {
    /// The code of the first long option for `getopt_long`; letters stay below it.
    private static let firstCode: Int32 = 256

    static func parse(_ words: [String], _ options: [Option], name: String) throws(UsageError) -> Arguments {
        var letters = ":"
        for option in options {
            guard let letter = option.letter else { continue }
            letters += option.value == nil ? "\(letter)" : "\(letter):"
        }
        let names = options.map { strdup($0.name) }
        var vector: [UnsafeMutablePointer<CChar>?] = ([name] + words).map { strdup($0) } + [nil]
        // `getopt_long` moves the words around, but only within the vector.
        let owned = vector
        defer {
            for pointer in names { free(pointer) }
            for pointer in owned { free(pointer) }
        }
        var table = options.enumerated().map { index, option in
            let takesValue = option.value == nil ? no_argument : required_argument
            return CGetOpt.option(name: names[index], has_arg: takesValue, flag: nil, val: firstCode + Int32(index))
        }
        table.append(CGetOpt.option())

        var arguments = Arguments()
        // Zero makes glibc start afresh.
        optind = 0
        opterr = 0
        while true {
            let count = Int32(vector.count - 1)
            let code = getopt_long(count, &vector, letters, table, nil)
            if code == -1 { break }
            guard let option = option(for: code, options) else { throw complaint(code, vector, options) }
            arguments.values[option.name, default: []].append(optarg.map { String(cString: $0) } ?? "")
        }
        for pointer in vector[Int(optind)...] {
            if let pointer { arguments.operands.append(String(cString: pointer)) }
        }
        return arguments
    }

    private static func option(for code: Int32, _ options: [Option]) -> Option? {
        guard code < firstCode else { return options[Int(code - firstCode)] }
        return options.first { $0.letter?.asciiValue.map(Int32.init) == code }
    }

    private static func complaint(
        _ code: Int32,
        _ vector: [UnsafeMutablePointer<CChar>?],
        _ options: [Option]
    ) -> UsageError {
        let word = vector[Int(optind) - 1].map { String(cString: $0) } ?? ""
        if code == Int32(UInt8(ascii: ":")) {
            let missing = option(for: optopt, options).map { "--\($0.name)" } ?? word
            return UsageError("\(missing) needs a value")
        }
        let letter = optopt > 0 && optopt < firstCode ? "-\(Character(UnicodeScalar(UInt8(optopt))))" : word
        return UsageError("unknown option \(letter)")
    }
}
