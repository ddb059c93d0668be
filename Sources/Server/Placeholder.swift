/// Keeps the target from being empty until its first file stands.
enum ServerPlaceholder {}
