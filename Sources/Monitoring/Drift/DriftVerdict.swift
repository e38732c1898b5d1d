/// Drifted columns among checked ones, and what that share means.
struct DriftVerdict: Equatable, Sendable {
  let drifted: Int
  let checked: Int

  /// The share above which drift is critical.
  static let criticalShare = 0.5
  /// The share above which drift is degraded.
  static let degradedShare = 0.2

  /// Counts columns: true drifted, false not, nil not comparable.
  init(_ columns: [Bool?]) {
    let known = columns.compactMap { $0 }
    drifted = known.count { $0 }
    checked = known.count
  }

  /// Drifted / checked; nil where nothing could be checked.
  var share: Double? { checked == 0 ? nil : Double(drifted) / Double(checked) }

  var status: Status {
    guard let share else { return .unknown }
    if share > Self.criticalShare { return .critical }
    return share > Self.degradedShare ? .degraded : .healthy
  }
}
