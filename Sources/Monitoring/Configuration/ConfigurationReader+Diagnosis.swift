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
          reader.parsed(value, expected: "a number above 1") {
            Double($0).flatMap { $0 > 1 && $0.isFinite ? $0 : nil }
          } ?? options.trafficLimit
      case "freshness":
        diagnosis.options.freshness =
          reader.parsed(value, expected: TimeSpan.expected) { TimeSpan($0) }
      case "rows":
        diagnosis.options.rows = reader.whole(value, in: 500...1_000_000) ?? options.rows
      case "seed":
        diagnosis.options.seed =
          reader.parsed(value, expected: "a whole number") { UInt64($0) } ?? options.seed
      default: return false
      }
      return true
    } known: {
      [
        "checks", "latency_limit_ms", "utilization_limit", "gpu_limit", "error_limit",
        "traffic_limit", "freshness", "rows", "seed",
      ]
    }
  }

  private mutating func positive(_ node: Node) -> Double? {
    parsed(node, expected: "a number above 0") {
      Double($0).flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
    }
  }

  private mutating func percentage(_ node: Node) -> Double? {
    parsed(node, expected: "percent, above 0 and below 100") {
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
