/// What the user says about columns; everything else is inferred.
public struct SchemaOptions: Sendable, Equatable {
  /// Compare only these; nil for every column that can be compared.
  public var columns: [String]?
  public var numerical: [String] = []
  public var categorical: [String] = []
  public var text: [String] = []
  public var target: String?
  public var prediction: String?
  public var probabilities: [String] = []
  public var timestamp: String?
  public var id: String?
  public var segments: [String] = []
  public var weight: String?
  /// Columns to leave out.
  public var ignored: [String] = []
  /// Whether target drift is checked.
  public var includeTarget = true

  public init() {}

  /// The role given to `column`, if one is.
  func role(of column: String) -> ColumnRole? {
    if column == target { return .target }
    if column == prediction { return .prediction }
    if column == timestamp { return .timestamp }
    if column == id { return .id }
    if column == weight { return .weight }
    if probabilities.contains(column) { return .probability }
    if segments.contains(column) { return .segment }
    return nil
  }

  /// The kind given to `column`, if one is.
  func kind(of column: String) -> ColumnKind? {
    if numerical.contains(column) { return .numerical }
    if categorical.contains(column) { return .categorical }
    if text.contains(column) { return .text }
    return nil
  }

  /// Columns that are said to be of several kinds, or of one twice, with the options that say so.
  var conflictingKinds: [(column: String, options: [String])] {
    let kinds = mentioned.filter { ["--numerical", "--categorical", "--text"].contains($0.option) }
    return Dictionary(grouping: kinds, by: \.column).filter { $1.count > 1 }
      .map { (column: $0, options: $1.map(\.option)) }.sorted { $0.column < $1.column }
  }

  /// Every column mentioned by name, with the option that names it.
  public var mentioned: [(column: String, option: String)] {
    (columns ?? []).map { ($0, "--columns") }
      + numerical.map { ($0, "--numerical") }
      + categorical.map { ($0, "--categorical") }
      + text.map { ($0, "--text") }
      + probabilities.map { ($0, "--probabilities") }
      + segments.map { ($0, "--segment") }
      + [
        (target, "--target"), (prediction, "--prediction"), (timestamp, "--timestamp"),
        (id, "--id"), (weight, "--weight"),
      ].compactMap { name, option in name.map { ($0, option) } }
  }
}
