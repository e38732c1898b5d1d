/// A model the service watches.
public struct ModelConfiguration: Sendable, Equatable {
  /// Rows that are not in the service's own log.
  public struct Source: Sendable, Equatable {
    /// A path, a pattern, or a configured connection.
    public var source: String
    public var sql: String?

    public init(source: String, sql: String? = nil) {
      self.source = source
      self.sql = sql
    }
  }

  public var name: String
  public var version: String?
  public var task: PerformanceTask?
  public var schema = SchemaOptions()
  /// What production is compared with; nil for the events before the window.
  public var reference: Source?
  /// Predictions and features; nil for the service's log.
  public var production: Source?
  /// Labels that come apart; nil for the service's log.
  public var labels: Source?
  public var positiveLabel: String?
  /// What features are called whose requests have them by place alone.
  public var featureNames: [String] = []
  /// What classes are called whose responses have them by place alone.
  public var classNames: [String] = []
  public var checks: [CheckConfiguration] = []
  /// How it is found out why the model got worse.
  public var diagnosis = ModelDiagnosisConfiguration()

  public init(name: String) {
    self.name = name
  }

  /// Whether something can be the name of a model or an experiment, which names a folder too: 1 to
  /// 128 letters, digits, `.`, `_` and `-`, a letter or digit first.
  public static func isName(_ name: String) -> Bool {
    guard (1...128).contains(name.utf8.count), let first = name.utf8.first else { return false }
    func isWord(_ byte: UInt8) -> Bool {
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
    return isWord(first) && name.utf8.allSatisfy { isWord($0) || "._-".utf8.contains($0) }
  }
}

/// A check that is made again and again.
public struct CheckConfiguration: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    /// Drift, with what is found about the data on the way.
    case drift
    /// Data quality alone.
    case quality
    case performance
  }

  public var name: String
  public var kind: Kind
  public var schedule: CronSchedule
  /// The stretch before the time it is due that is checked.
  public var window: TimeSpan
  /// How long after it is due the check waits for events that come late.
  public var delay: TimeSpan?
  /// How long the check may take; what takes longer has failed.
  public var timeout: TimeSpan
  /// The stretch before the window that is the reference where the model has none.
  public var referenceWindow: TimeSpan
  public var drift = DriftOptions()
  public var quality = DataQualityOptions()
  public var performance = PerformanceOptions()
}
