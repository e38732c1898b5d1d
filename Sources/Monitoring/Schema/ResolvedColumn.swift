/// How a column was understood, and on whose word.
public struct ResolvedColumn: Codable, Sendable, Equatable {
  public var column: String
  public var role: ColumnRole
  public var type: ColumnKind
  /// Whether role and type were given or inferred.
  public var origin: Origin
  /// Why, for what was inferred.
  public var why: String
  /// The stored type on each side; nil where the column is missing there.
  @NullCoded public var referenceType: String?
  @NullCoded public var currentType: String?

  public enum Origin: String, Codable, Sendable {
    case given, inferred
  }

  enum CodingKeys: String, CodingKey {
    case column, role, type, origin, why
    case referenceType = "reference_type"
    case currentType = "current_type"
  }
}
