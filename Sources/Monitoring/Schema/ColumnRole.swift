/// What a column is for.
public enum ColumnRole: String, Codable, Sendable, CaseIterable {
  case feature, target, prediction, probability, timestamp, id, segment, weight

  /// Whether columns of this role are compared between reference and current.
  public var isCompared: Bool {
    switch self {
    case .feature, .target, .prediction, .probability, .segment: true
    case .timestamp, .id, .weight: false
    }
  }
}

/// How a column's values are compared.
public enum ColumnKind: String, Codable, Sendable, CaseIterable {
  case numerical, categorical, text
}
