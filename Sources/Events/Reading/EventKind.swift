/// What is kept of a model, or of an experiment.
public enum EventKind: String, Sendable, CaseIterable, Codable {
  case predictions, labels
  /// What was measured of users of an experiment.
  case observations

  /// The column of events' ids.
  var idColumn: String {
    self == .observations ? EventColumnName.observationID : EventColumnName.id
  }

  /// The columns that tell an event from others.
  var keyColumns: [String] {
    [idColumn] + (self == .labels ? [EventColumnName.label] : [])
  }

  /// Members whose own members have columns.
  var groups: [String] {
    switch self {
    case .predictions: ["features", "probabilities"]
    case .labels: []
    case .observations: ["metrics"]
    }
  }
}

/// Names of columns that events of a kind have by themselves.
public enum EventColumnName {
  public static let id = "prediction_id"
  public static let timestamp = "timestamp"
  public static let prediction = "prediction"
  public static let label = "label"
  public static let latency = "latency_seconds"
  public static let status = "status"
  public static let modelVersion = "model_version"
  public static let segment = "segment"
  public static let observationID = "observation_id"
  public static let user = "user_id"
  public static let variant = "variant"
  /// When the service took the event in.
  public static let receivedAt = "received_at"

  static let reserved = [
    id, timestamp, prediction, label, latency, status, modelVersion, segment, receivedAt,
    // The folder a segment is in.
    "date",
  ]

  /// Whether a column can be called so: 1 to 512 bytes without control characters.
  static func isPossible(_ name: String) -> Bool {
    (1...512).contains(name.utf8.count) && name.utf8.allSatisfy { $0 >= 32 && $0 != 127 }
  }

  /// Whether a column is one events have by themselves, rather than a feature.
  public static func isOwn(_ column: String) -> Bool {
    reserved.contains(column) || className(of: column) != nil
  }

  /// The class whose probabilities a column has; nil for other columns.
  public static func className(of column: String) -> String? {
    column.hasPrefix("probability_") ? String(column.dropFirst("probability_".count)) : nil
  }

  /// The column of a class's probability.
  public static func probability(of className: String) -> String { "probability_\(className)" }

  /// Names a metric of an observation cannot have.
  static let ofObservations = [observationID, user, variant, timestamp, receivedAt, "date"]
}
