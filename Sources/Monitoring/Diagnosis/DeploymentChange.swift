import Statistics

/// Something that a deployment changed.
struct DeploymentChange {
  var part: DeploymentDiagnostic.Part
  var at: Instant?
  var subject: String?
  var message: String
  /// How well its time goes with what began, 0…1.
  var fit: Double
  /// Whether what was there before is known.
  var isKnown = true

  /// The changes of the time that is looked at.
  static func all(_ evidence: DiagnosisEvidence) -> [DeploymentChange] {
    var changes = rowVersions(evidence)
    // An entry that does not say something leaves it as it was: what is known last counts.
    var (version, config): (String?, String?) = (nil, nil)
    var packages: [String: String] = [:]
    let from = evidence.tables?.reference.span.map { Instant(microseconds: $0.lowerBound) }
    for deployment in (evidence.deployments ?? []).sorted(by: { $0.at < $1.at }) {
      if let now = evidence.now, deployment.at > now { continue }
      if from.map({ deployment.at >= $0 }) ?? true {
        let fit = fit(deployment.at, evidence)
        func add(
          _ part: DeploymentDiagnostic.Part, _ subject: String?, _ message: String, isKnown: Bool
        ) {
          changes.append(
            DeploymentChange(
              part: part, at: deployment.at, subject: subject,
              message: "\(message) at \(deployment.at.iso8601)"
                + (isKnown ? "" : ", and what was there before is not known"), fit: fit,
              isKnown: isKnown))
        }
        if let new = deployment.version, new != version {
          add(
            .version, new,
            version.map { "model version \(new) came for \($0)" } ?? "model version \(new) came",
            isKnown: version != nil)
        }
        if let new = deployment.config, new != config {
          add(
            .config, new,
            config.map { "the configuration changed from \($0) to \(new)" }
              ?? "the configuration \(new) came", isKnown: config != nil)
        }
        if packages.isEmpty, !deployment.dependencies.isEmpty {
          add(
            .dependencies, nil, "\(deployment.dependencies.count) dependencies came", isKnown: false
          )
        } else if !deployment.dependencies.isEmpty {
          for name in Set(packages.keys).union(deployment.dependencies.keys).sorted()
          where packages[name] != deployment.dependencies[name] {
            let (old, new) = (packages[name] ?? "none", deployment.dependencies[name] ?? "none")
            add(.dependencies, name, "\(name) went from \(old) to \(new)", isKnown: true)
          }
        }
      }
      version = deployment.version ?? version
      config = deployment.config ?? config
      if !deployment.dependencies.isEmpty { packages = deployment.dependencies }
    }
    return changes
  }

  /// A version whose rows are so many more of all than they were has come, though a few were there before.
  private static let leastRise = 0.1

  /// Versions that current rows have and the reference's have not, or hardly.
  private static func rowVersions(_ evidence: DiagnosisEvidence) -> [DeploymentChange] {
    guard let tables = evidence.tables, !tables.versions.isEmpty else { return [] }
    func shares(_ codes: [Int32]) -> [Int32: Double] {
      let known = codes.filter { $0 >= 0 }
      return Dictionary(grouping: known) { $0 }
        .mapValues { Double($0.count) / Double(known.count) }
    }
    let (before, now) = (shares(tables.reference.versions), shares(tables.current.versions))
    guard !before.isEmpty else { return [] }
    return now.sorted { $0.key < $1.key }.compactMap { code, share in
      let usual = before[code] ?? 0
      guard usual == 0 || (share - usual >= leastRise && share >= 3 * usual),
        tables.versions.indices.contains(Int(code))
      else { return nil }
      let name = tables.versions[Int(code)]
      let at = usual == 0 ? first(code, tables.current) : turn(code, tables)
      return DeploymentChange(
        part: .version, at: at, subject: name,
        message: usual == 0
          ? "rows of model version \(name) came"
          : "rows of model version \(name) went from \(QualityChecks.percent(usual)) to "
            + QualityChecks.percent(share),
        fit: at.map { fit($0, evidence) } ?? 0.5)
    }
  }

  private static func first(_ code: Int32, _ side: DiagnosisTables.Side) -> Instant? {
    zip(side.versions, side.times).filter { $0.0 == code && $0.1 != PredictionTable.noTime }
      .map(\.1).min().map { Instant(microseconds: $0) }
  }

  /// When a version that a few rows had became the rule: where rows before have it least, and rows after most
  /// (the largest sum of departures from the mean).
  private static func turn(_ code: Int32, _ tables: DiagnosisTables) -> Instant? {
    let rows = [tables.reference, tables.current].flatMap { side in
      zip(side.versions, side.times).filter { $0.0 >= 0 && $0.1 != PredictionTable.noTime }
        .map { (time: $0.1, isNew: $0.0 == code) }
    }.sorted { $0.time < $1.time }
    guard !rows.isEmpty else { return nil }
    let mean = Double(rows.count(where: \.isNew)) / Double(rows.count)
    var (sum, lowest) = (0.0, 0.0)
    var at = rows[0].time
    for row in rows {
      if sum < lowest { (lowest, at) = (sum, row.time) }
      sum += (row.isNew ? 1 : 0) - mean
    }
    return Instant(microseconds: at)
  }

  /// 1 at the onset of what changed, falling with the distance to it; ½ where no onset is known.
  private static func fit(_ at: Instant, _ evidence: DiagnosisEvidence) -> Double {
    guard let analysis = evidence.analysis else { return 0.5 }
    let onsets = ["score", "concept", "loss"].compactMap { analysis.onsets[$0] }
    guard let onset = onsets.first else { return 0.5 }
    if onset.range.contains(at) { return 1 }
    let gap = min(
      abs(at.microseconds - onset.range.lowerBound.microseconds),
      abs(at.microseconds - onset.range.upperBound.microseconds))
    return 1 / (1 + Double(gap) / 86_400e6)
  }
}
