import Columns

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

  /// The type a column always has; nil where it is as its first cell was: a number, a text or a truth value.
  func type(of column: String) -> CellType? {
    switch (self, column) {
    case (_, EventColumnName.timestamp), (_, EventColumnName.receivedAt): .timestamp
    case (_, idColumn): .text
    case (.observations, EventColumnName.user), (.observations, EventColumnName.variant): .text
    case (.observations, _): .number
    case (.predictions, EventColumnName.latency): .number
    case (.predictions, EventColumnName.status), (.predictions, EventColumnName.modelVersion),
      (.predictions, EventColumnName.segment):
      .text
    case (.predictions, _): EventColumnName.className(of: column) == nil ? nil : .number
    case (.labels, _): nil
    }
  }

  /// Whether events can have a column of a type: one they cannot have leaves those that come no place.
  func canHave(_ column: String, as type: CellType) -> Bool {
    let own = self == .observations ? EventColumnName.ofObservations : EventColumnName.reserved
    // In other letters it would stand beside the one that every event has.
    if !own.contains(column), own.contains(column.lowercased()) { return false }
    guard column != EventColumnName.date else { return false }
    return self.type(of: column).map { $0 == type } ?? (type != .timestamp)
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

  /// The folder a segment is in: no file has a column of that name.
  static let date = "date"

  static let reserved = [
    id, timestamp, prediction, label, latency, status, modelVersion, segment, receivedAt, date,
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
  static let ofObservations = [observationID, user, variant, timestamp, receivedAt, date]
}
