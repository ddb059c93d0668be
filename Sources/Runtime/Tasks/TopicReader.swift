import Values

/// Decodes a topic's messages outside of any task, such as for a pull query on a stream; bad records are left out.
public final class TopicReader {
    private let decoder: SourceDecoder

    /// - Throws: ``FormatError`` when the engine has no such format.
    public init(
        _ spec: SourceSpec,
        formats: FormatRegistry,
        query: String = "pull",
        log: any ProcessingLog,
        rowsMax: Int = 4096
    ) throws {
        let settings = TaskSettings(batchRowsMax: rowsMax)
        decoder = try SourceDecoder(spec, formats: formats, query: query, log: log, settings: settings)
    }

    /// The rows of a run in batches.
    public func decode(_ run: MessageRun) throws -> [Batch] { try decoder.decode(run) }
}
