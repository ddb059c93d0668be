/// What was found where a case expects something else.
enum CaseDifference: Equatable {
    /// It is not as it should be.
    case differs(String)
    /// It is different on purpose.
    case deviates(Deviation, String)
    /// It needs what is not there yet.
    case unsupported(String)
}
