/// Something about the data that is worth knowing, beside drift.
public struct QualityFinding: Codable, Sendable, Equatable {
  public var check: QualityCheck
  /// nil for findings about whole tables.
  @NullCoded public var column: String?
  public var severity: FindingSeverity
  /// The figure in the reference (a share or a count, as `message` says); nil where it has none.
  @NullCoded public var reference: Double?
  @NullCoded public var current: Double?
  /// One sentence with the figures in it.
  public var message: String
  /// Some of the values it is about, such as new categories.
  public var examples: [String]

  public init(
    check: QualityCheck, column: String? = nil, severity: FindingSeverity,
    reference: Double? = nil, current: Double? = nil, message: String, examples: [String] = []
  ) {
    self.check = check
    self.column = column
    self.severity = severity
    self.reference = reference
    self.current = current
    self.message = message
    self.examples = examples
  }
}

public enum QualityCheck: String, Codable, Sendable, CaseIterable {
  case missingColumn = "missing_column"
  case newColumn = "new_column"
  case typeChanged = "type_changed"
  case missingValues = "missing_values"
  case nonFinite = "non_finite"
  case constant
  case outOfRange = "out_of_range"
  case newCategories = "new_categories"
  case vanishedCategories = "vanished_categories"
  case duplicateRows = "duplicate_rows"
  case rowCount = "row_count"
  /// Of checks of data quality alone: the newest row is older than it may be.
  case freshness
}

public enum FindingSeverity: String, Codable, Sendable, CaseIterable {
  case info, warning, critical
}
