import Monitoring
import Store

/// What keeps alerts quiet: silences people made, and other alerts.
struct Muting {
  private struct Inhibition {
    var source: PreparedMatchers
    var target: PreparedMatchers
    var equal: [String]
  }

  private let silences: [(id: Int64, matchers: PreparedMatchers)]
  private let inhibitions: [Inhibition]
  /// For each inhibition, its sources that fire, by the values of the labels that have to be equal.
  private let sources: [[[String]: [AlertRecord]]]

  /// - Parameter firing: alerts that fire now.
  init(
    silences: [Silence], inhibitions: [AlertingConfiguration.Inhibition], firing: [AlertRecord]
  ) {
    self.silences = silences.map { ($0.id, PreparedMatchers($0.matchers)) }
    self.inhibitions = inhibitions.map {
      Inhibition(
        source: PreparedMatchers($0.source), target: PreparedMatchers($0.target), equal: $0.equal)
    }
    sources = self.inhibitions.map { inhibition in
      Dictionary(grouping: firing.filter { inhibition.source.match($0.labels) }) { source in
        inhibition.equal.map { source.labels[$0] ?? "" }
      }
    }
  }

  /// The alert with what keeps it quiet.
  func muted(_ alert: AlertRecord) -> AlertRecord {
    var alert = alert
    alert.silencedBy = silences.filter { $0.matchers.match(alert.labels) }.map(\.id).sorted()
    alert.inhibitedBy = inhibitors(of: alert)
    return alert
  }

  /// An alert that is a source itself is not kept quiet by others of its kind, or two would silence
  /// each other.
  private func inhibitors(of alert: AlertRecord) -> [String] {
    var found: Set<String> = []
    for (inhibition, sources) in zip(inhibitions, sources)
    where inhibition.target.match(alert.labels) && !inhibition.source.match(alert.labels) {
      let values = inhibition.equal.map { alert.labels[$0] ?? "" }
      for source in sources[values] ?? [] where source.fingerprint != alert.fingerprint {
        found.insert(source.fingerprint)
      }
    }
    return found.sorted()
  }
}
