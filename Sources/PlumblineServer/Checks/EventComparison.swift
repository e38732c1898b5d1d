import Columns
public import DataSources
import Events

/// Events of the log beside what they are compared with: a feature has the name it was sent by, on both
/// sides.
///
/// In files of events a feature `status` is `feature_status`, because events have a status of their own. A
/// reference somebody else wrote has `status`, one that was exported `feature_status`: either is it. What
/// every comparison needs of events, ids, times, predictions and probabilities, keeps its name, and so
/// does a feature that is called like it.
public struct EventComparison {
  private let sent: Set<String>
  /// Names of features by the columns they have in files.
  private var ofEvents: [String: String] = [:]
  private var ofReference: [String: String] = [:]

  /// - Parameters:
  ///   - sent: columns events have ever had, by their names in files.
  ///   - reference: columns of what they are compared with; nil where those are events too.
  ///   - keepingOwn: whether what events have by themselves is looked at too: a feature is called like it
  ///     then only where that is of no use, because the reference has the feature instead.
  public init(
    sent: some Sequence<String>, reference: Set<String>?, keepingOwn: Bool = false
  ) {
    self.sent = Set(sent)
    let bySmall = Dictionary(
      self.sent.map { ($0.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
    let features = Set(
      self.sent.filter { !EventColumnName.isOwn($0) }.map(EventColumnName.featureName))
    // The shorter first: what `feature_status` becomes says what `feature_feature_status` can.
    for column in self.sent.sorted(by: { ($0.count, $0) < ($1.count, $1) }) {
      let name = EventColumnName.featureName(of: column)
      guard name != column, !Self.isNeeded(name, keepingOwn) else { continue }
      // A feature may be called as the column is: then that of its own column tells whose this one is.
      let isExported =
        reference.map { columns in
          columns.contains(column)
            && (!features.contains(column) || columns.contains(EventColumnName.feature(column)))
        } ?? false
      if let other = bySmall[name.lowercased()] {
        if EventColumnName.isOwn(other) {
          let isNamed = reference?.contains(name) == true && !isExported
          if keepingOwn, !isNamed { continue }
        } else if ofEvents[other] == nil {
          continue
        }
      }
      ofEvents[column] = name
      if isExported { ofReference[column] = name }
    }
  }

  /// Whether comparisons need the column events have by this name.
  private static func isNeeded(_ name: String, _ keepingOwn: Bool) -> Bool {
    let small = name.lowercased()
    let always = [EventColumnName.id, EventColumnName.timestamp, EventColumnName.prediction]
    let figures = [EventColumnName.modelVersion, EventColumnName.latency]
    return always.contains(small) || EventColumnName.className(of: small) != nil
      || keepingOwn && figures.contains(small)
  }

  /// Events, by the names of features.
  public func events(_ relation: Relation) throws -> Relation {
    try Self.renamed(relation, ofEvents)
  }

  /// What they are compared with, where that is no log.
  public func reference(_ relation: Relation) throws -> Relation {
    try Self.renamed(relation, ofReference)
  }

  private static func renamed(_ relation: Relation, _ names: [String: String]) throws -> Relation {
    guard !names.isEmpty else { return relation }
    let columns = try relation.columns(over: relation.database.connect()).map(\.name)
    let taken = Set(names.values.map { $0.lowercased() })
    func isHidden(_ column: String) -> Bool {
      names[column] == nil && taken.contains(column.lowercased())
    }
    guard columns.contains(where: { names[$0] != nil || isHidden($0) }) else { return relation }
    let dialect = relation.dialect
    return relation.derived(
      relation.select(
        columns.filter { !isHidden($0) }.map { column in
          let own = dialect.identifier(column)
          return names[column].map { "\(own) AS \(dialect.identifier($0))" } ?? own
        }))
  }

  /// What columns mean.
  ///
  /// - Parameters:
  ///   - events: columns of events as they are compared.
  ///   - reference: columns of the other side, likewise; nil where it has those of events.
  public func schema(events: Set<String>, reference: Set<String>?) -> EventSchema {
    EventSchema(
      events, reference: reference, sent: sent, features: Set(ofEvents.values))
  }
}
