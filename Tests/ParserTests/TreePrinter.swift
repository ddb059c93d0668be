@testable import Parser

/// Prints a syntax tree as nested lists, without positions and without knowing its types.
enum TreePrinter {
    /// `(label part part …)` for any value of the tree.
    static func text(of value: Any) -> String {
        let mirror = Mirror(reflecting: value)
        switch value {
        case let name as any NamedText: return name.treeText
        case let text as String: return "'\(text)'"
        default: break
        }
        switch mirror.displayStyle {
        case .optional:
            return mirror.children.first.map { text(of: $0.value) } ?? "none"
        case .collection:
            return "[" + mirror.children.map { text(of: $0.value) }.joined(separator: " ") + "]"
        case .enum:
            guard let payload = mirror.children.first else { return "\(value)" }
            if payload.value is SourcePosition { return "(\(payload.label ?? ""))" }
            return "(" + ([payload.label ?? ""] + parts(of: payload.value)).joined(separator: " ") + ")"
        case .struct:
            return "(" + parts(of: value).joined(separator: " ") + ")"
        default:
            return "\(value)"
        }
    }

    /// The parts of a tuple or struct that say something; any other value is its own only part.
    private static func parts(of value: Any) -> [String] {
        let mirror = Mirror(reflecting: value)
        guard !(value is any NamedText), mirror.displayStyle == .tuple || mirror.displayStyle == .struct else {
            return [text(of: value)]
        }
        return mirror.children.compactMap { child in
            if child.value is SourcePosition { return nil }
            let part = text(of: child.value)
            guard !["none", "[]", "false", "()", "([])"].contains(part) else { return nil }
            guard let label = child.label, !label.hasPrefix(".") else { return part }
            return "\(label): \(part)"
        }
    }
}

/// What prints as a word instead of by its parts.
protocol NamedText {
    var treeText: String { get }
}

extension Identifier: NamedText {
    var treeText: String { isQuoted ? "`\(text)`" : text }
}

extension Expression: NamedText {
    var treeText: String { TreePrinter.text(of: kind) }
}

extension TypeName: NamedText {
    var treeText: String { TreePrinter.text(of: kind) }
}

extension TimeSpan: NamedText {
    var treeText: String { "\(count) \(unit.rawValue)" }
}

extension Literal: NamedText {
    var treeText: String {
        switch self {
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .integer(let value): "int:\(value)"
        case .bigint(let value): "bigint:\(value)"
        case .decimal(let digits): "decimal:\(digits)"
        case .double(let value): "double:\(value)"
        case .string(let value): "'\(value)'"
        }
    }
}
