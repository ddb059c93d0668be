import Parser

/// The hint that names the candidate a person may have meant; nil when none is close.
func didYouMean(_ name: String, among candidates: some Sequence<String>) -> String? {
    Spelling.nearest(to: name, among: candidates).map { "did you mean \($0)?" }
}
