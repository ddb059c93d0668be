import Runtime

/// The serialisation formats that need nothing but this process.
public enum Formats {
    /// Every format, for ``FormatRegistry``.
    public static let all: [any Format] = [JSONFormat(), DelimitedFormat(), KafkaFormat(), NoneFormat()]
}
