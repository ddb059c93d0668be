/// One `NAME = literal` of a WITH clause.
public struct Property: Sendable, Hashable {
    /// The name, to be compared without regard to case; its position is the property's.
    public let name: Identifier
    /// The value.
    public let value: Literal
    /// Where the value starts.
    public let valuePosition: SourcePosition

    /// A property.
    public init(name: Identifier, value: Literal, valuePosition: SourcePosition = .start) {
        self.name = name
        self.value = value
        self.valuePosition = valuePosition
    }
}

/// The properties of a WITH clause in the order written; no name stands twice.
///
/// Empty if there is no clause.
public struct Properties: Sendable, Hashable {
    /// The properties in order.
    public let list: [Property]
    /// Where the opening parenthesis stands.
    public let position: SourcePosition

    /// Properties in order.
    public init(_ list: [Property] = [], position: SourcePosition = .start) {
        self.list = list
        self.position = position
    }

    /// No properties.
    public static let none = Properties()

    /// Whether there is none.
    public var isEmpty: Bool { list.isEmpty }

    /// The property of that name, without regard to case.
    public subscript(name: String) -> Property? {
        let folded = name.uppercased()
        return list.first { $0.name.text.uppercased() == folded }
    }
}
