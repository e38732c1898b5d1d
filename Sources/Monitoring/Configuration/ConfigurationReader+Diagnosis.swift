import Yams

extension ConfigurationReader {
  mutating func diagnosis(_ node: Node, into diagnosis: inout DiagnosisConfiguration) {
    members(node, of: "diagnosis") { reader, key, value in
      let options = diagnosis.options
      switch key {
      case "checks": diagnosis.checks = reader.checks(value)
      case "latency_limit_ms":
        diagnosis.options.latencyLimit = reader.positive(value) ?? options.latencyLimit
      case "utilization_limit":
        diagnosis.options.utilizationLimit = reader.percentage(value) ?? options.utilizationLimit
      case "gpu_limit": diagnosis.options.gpuLimit = reader.percentage(value) ?? options.gpuLimit
      case "error_limit":
        diagnosis.options.errorLimit = reader.positive(value) ?? options.errorLimit
      case "traffic_limit":
        diagnosis.options.trafficLimit =
          reader.plain(value, expected: "a number above 1") {
            Double($0).flatMap { $0 > 1 && $0.isFinite ? $0 : nil }
          } ?? options.trafficLimit
      case "freshness":
        diagnosis.options.freshness =
          reader.parsed(value, expected: TimeSpan.expected) { TimeSpan($0) }
      case "rows":
        diagnosis.options.rows = reader.whole(value, in: 500...1_000_000) ?? options.rows
      case "seed":
        diagnosis.options.seed =
          reader.plain(value, expected: "a whole number") { UInt64($0) } ?? options.seed
      case "prometheus": diagnosis.prometheus = reader.prometheus(value)
      case "timeout":
        diagnosis.timeoutSeconds =
          reader.parsed(value, expected: "a span of 1s to 1h, as 2m") {
            TimeSpan($0).flatMap { (1...3_600).contains($0.seconds) ? $0.seconds : nil }
          } ?? diagnosis.timeoutSeconds
      default: return false
      }
      return true
    } known: {
      [
        "checks", "latency_limit_ms", "utilization_limit", "gpu_limit", "error_limit",
        "traffic_limit", "freshness", "rows", "seed", "prometheus", "timeout",
      ]
    }
  }

  private mutating func prometheus(_ node: Node) -> DiagnosisConfiguration.Prometheus? {
    var prometheus = DiagnosisConfiguration.Prometheus(address: "")
    let before = mistakeCount
    members(node, of: "prometheus") { reader, key, value in
      switch key {
      case "url": prometheus.address = reader.address(value, "url") ?? ""
      case "token": prometheus.token = reader.secret(value, "token")
      case "certificate_authority": prometheus.certificateAuthority = reader.filled(value)
      case "queries": prometheus.queries = reader.queries(value)
      default: return false
      }
      return true
    } known: {
      ["url", "token", "certificate_authority", "queries"]
    }
    if prometheus.address.isEmpty, mistakeCount == before {
      note(node, "prometheus has to have its `url`")
    }
    return prometheus.address.isEmpty ? nil : prometheus
  }

  /// PromQL by the name of what it gives.
  private mutating func queries(_ node: Node) -> [String: String] {
    guard let mapping = node.mapping else {
      note(node, "queries has to map names of figures to PromQL")
      return [:]
    }
    return mapping.reduce(into: [:]) { queries, member in
      guard let name = member.key.string, LabelMatcher.isLabel(name) else {
        return note(member.key, "a figure's name has letters, digits and `_`")
      }
      queries[name] = filled(member.value)
    }
  }

  /// What is one model's own.
  mutating func modelDiagnosis(_ node: Node) -> ModelDiagnosisConfiguration {
    var diagnosis = ModelDiagnosisConfiguration()
    members(node, of: "a model's diagnosis") { reader, key, value in
      switch key {
      case "window": diagnosis.window = reader.span(value, in: Self.longest)
      case "reference_window": diagnosis.referenceWindow = reader.span(value, in: Self.longest)
      case "segment": diagnosis.segments = reader.texts(value)
      case "loss":
        diagnosis.loss = reader.choice(
          value, from: DiagnosisLoss.allCases.map(\.rawValue), DiagnosisLoss.init)
      case "queries": diagnosis.queries = reader.queries(value)
      case "deployments": diagnosis.deployments = reader.deployments(value)
      default: return false
      }
      return true
    } known: {
      ["window", "reference_window", "segment", "loss", "queries", "deployments"]
    }
    return diagnosis
  }

  /// Ten years, as far back as events may be.
  private static let longest = 1...3_653 * 86_400

  private mutating func deployments(_ node: Node) -> [Deployment] {
    guard let entries = node.sequence else {
      note(node, "deployments has to be a list")
      return []
    }
    return entries.compactMap { entry in
      let known = ["at", "version", "config", "dependencies"]
      let fields = fields(entry, of: "a deployment", known: known)
      guard let time = fields["at"] else {
        note(entry, "a deployment has to say when it was: `at`")
        return nil
      }
      guard let at = parsed(time, expected: "an ISO 8601 instant", { Instant($0) }) else {
        return nil
      }
      var dependencies: [String: String] = [:]
      if let node = fields["dependencies"] {
        if node.mapping == nil { note(node, "dependencies has to map packages to versions") }
        for (name, version) in node.mapping ?? [:] {
          if let name = name.string { dependencies[name] = text(version) }
        }
      }
      return Deployment(
        at: at, version: fields["version"].flatMap { text($0) },
        config: fields["config"].flatMap { text($0) }, dependencies: dependencies)
    }
  }

  private mutating func positive(_ node: Node) -> Double? {
    plain(node, expected: "a number above 0") {
      Double($0).flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
    }
  }

  private mutating func percentage(_ node: Node) -> Double? {
    plain(node, expected: "percent, above 0 and below 100") {
      Double($0).flatMap { $0 > 0 && $0 < 100 ? $0 : nil }
    }
  }

  private mutating func checks(_ node: Node) -> [SQLDiagnostic] {
    guard let entries = node.sequence else {
      note(node, "checks has to be a list")
      return []
    }
    var names: Set<String> = []
    return entries.compactMap { entry in
      let known = ["name", "cause", "sql", "fails", "severity", "remediation"]
      let before = mistakeCount
      let fields = fields(entry, of: "a diagnostic", known: known)
      for key in ["name", "sql", "fails"] where fields[key] == nil {
        note(entry, "a diagnostic has to have `\(key)`")
      }
      let name = fields["name"].flatMap { text($0) }
      if let name, !names.insert(name).inserted {
        note(entry, "there are two diagnostics `\(Self.shown(name))`")
      }
      let causes = RootCause.allCases.map(\.rawValue)
      let cause = fields["cause"].flatMap { choice($0, from: causes) { RootCause(rawValue: $0) } }
      let severities = AlertSeverity.allCases.map(\.rawValue)
      let severity = fields["severity"].flatMap {
        choice($0, from: severities) { AlertSeverity(rawValue: $0) }
      }
      let fails = fields["fails"].flatMap {
        parsed($0, expected: AlertCondition.expected) { AlertCondition($0) }
      }
      let sql = fields["sql"].flatMap { text($0) }
      let remediation = fields["remediation"].flatMap { text($0) }
      guard mistakeCount == before, let name, let sql, let fails else { return nil }
      return SQLDiagnostic(
        name: name, cause: cause ?? .unknown, sql: sql, fails: fails,
        severity: severity ?? .warning, remediation: remediation)
    }
  }
}
