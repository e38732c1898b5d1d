/// How features are called in files of events.
///
/// | feature | column |
/// |---|---|
/// | `amount`, `feature_1` | as it is called |
/// | `status`, `probability_a`: what events have by themselves | `feature_status`, `feature_probability_a` |
/// | `feature_status`: what another is called by that | `feature_feature_status` |
/// | `feature_feature_…` | `feature_feature_feature_…` |
///
/// No two features have one column, and which feature a column is of can be told from it alone. Files that
/// were written when every `feature_1` became `feature_feature_1` are read so too: by the last row no
/// other feature has that column.
extension EventColumnName {
  private static let prefix = "feature_"

  /// Whether a name, in small letters, means something else than a feature.
  private static func meansElse(_ small: some StringProtocol) -> Bool {
    reserved.contains { small == $0 } || small.hasPrefix("probability_")
  }

  private static func isRenamed(_ name: String) -> Bool {
    let small = name.lowercased()
    guard small.hasPrefix(prefix) else { return meansElse(small) }
    let rest = small.dropFirst(prefix.count)
    return meansElse(rest) || rest.hasPrefix(prefix)
  }

  /// The column of a feature: its own name, but for names that mean something else.
  public static func feature(_ name: String) -> String {
    isRenamed(name) ? prefix + name : name
  }

  /// The column of a feature in a model's files, which goes on to be what it was.
  ///
  /// - Parameter known: the model's columns, by their names in small letters.
  static func feature(_ name: String, known: [String: String]) -> String {
    let column = feature(name)
    let former = prefix + name
    guard column == name, name.lowercased().hasPrefix(prefix), known[name.lowercased()] == nil,
      let other = known[former.lowercased()]
    else { return column }
    return other
  }

  /// What the feature of a column is called; the column itself where it is of none, or called so.
  public static func featureName(of column: String) -> String {
    guard column.hasPrefix(prefix) else { return column }
    let name = String(column.dropFirst(prefix.count))
    let small = name.lowercased()
    return meansElse(small) || small.hasPrefix(prefix) ? name : column
  }

  /// Whether a column is the index pandas writes beside a frame's own columns.
  public static func isIndex(_ column: String) -> Bool {
    column.wholeMatch(of: /__index_level_[0-9]+__/) != nil
  }
}
