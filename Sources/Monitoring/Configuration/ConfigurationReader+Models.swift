import Yams

extension ConfigurationReader {
  mutating func models(_ node: Node) -> [ModelConfiguration] {
    guard let entries = node.sequence else {
      note(node, "models has to be a list")
      return []
    }
    var names: Set<String> = []
    return entries.compactMap { entry in
      let model = model(entry)
      if let model, !names.insert(model.name).inserted {
        note(entry, what: "there are two models named `\(model.name)`", mend: "name one otherwise")
      }
      return model
    }
  }

  private mutating func model(_ node: Node) -> ModelConfiguration? {
    var model = ModelConfiguration(name: "")
    var checks: Node?
    members(node, of: "a model") { reader, key, value in
      switch key {
      case "name": model.name = reader.text(value) ?? ""
      case "version": model.version = reader.text(value)
      case "type":
        model.task = reader.choice(
          value, from: PerformanceTask.allCases.map(\.rawValue), PerformanceTask.init)
      case "schema": reader.schema(value, into: &model.schema)
      case "positive_label": model.positiveLabel = reader.text(value)
      case "reference": model.reference = reader.source(value, "reference")
      case "production": model.production = reader.source(value, "production")
      case "labels": model.labels = reader.source(value, "labels")
      case "feature_names": model.featureNames = reader.distinct(value, key)
      case "class_names": model.classNames = reader.distinct(value, key)
      case "checks": checks = value
      case "diagnosis": model.diagnosis = reader.modelDiagnosis(value)
      default: return false
      }
      return true
    } known: {
      [
        "name", "version", "type", "schema", "positive_label", "reference", "production", "labels",
        "feature_names", "class_names", "checks", "diagnosis",
      ]
    }
    // Before the name is looked at, so that a mistake in it hides none in the checks.
    if let checks { model.checks = self.checks(checks, of: model) }
    guard ModelConfiguration.isName(model.name) else {
      note(
        node,
        "a model has a name of 1 to 128 letters, digits, `.`, `_` and `-`, a letter or digit first")
      return nil
    }
    return model
  }

  /// A path or connection alone, or a mapping with its query.
  private mutating func source(_ node: Node, _ what: String) -> ModelConfiguration.Source? {
    if let text = node.scalar?.string {
      mention(.source(text, hasQuery: false, role: what), node)
      return withoutSecret(text, node, what).map { .init(source: $0) }
    }
    var (source, sql): (String?, String?) = (nil, nil)
    var place = node
    members(node, of: what) { reader, key, value in
      switch key {
      case "source":
        place = value
        source = reader.text(value).flatMap { reader.withoutSecret($0, value, what) }
      case "sql": sql = reader.text(value)
      default: return false
      }
      return true
    } known: {
      ["source", "sql"]
    }
    guard let source else {
      note(node, "\(what) names its source")
      return nil
    }
    mention(.source(source, hasQuery: sql != nil, role: what), place)
    return .init(source: source, sql: sql)
  }

  /// An address that has no secret in it.
  private mutating func withoutSecret(_ text: String, _ node: Node, _ what: String) -> String? {
    guard text.contains("://"), let secret = InlineSecret.inAddress(text) else { return text }
    note(
      node,
      "\(what) has \(secret) in its address, which does not stand in the file itself: give it a name "
        + "under connections, and there its uri as {env: NAME} or {file: PATH}")
    return nil
  }

  private mutating func checks(
    _ node: Node, of model: ModelConfiguration
  ) -> [CheckConfiguration] {
    guard let entries = node.sequence else {
      note(node, "checks has to be a list")
      return []
    }
    var names: Set<String> = []
    return entries.compactMap { entry in
      let check = check(entry, of: model)
      if let check, !names.insert(check.name).inserted {
        note(entry, "there are two checks named `\(check.name)`; give one a name of its own")
      }
      return check
    }
  }

  private mutating func check(
    _ node: Node, of model: ModelConfiguration
  ) -> CheckConfiguration? {
    var (name, kind, schedule): (String?, CheckConfiguration.Kind?, CronSchedule?) = (nil, nil, nil)
    var (window, reference, delay): (TimeSpan?, TimeSpan?, TimeSpan?) = (nil, nil, nil)
    var timeout = TimeSpan("10m")
    var drift = DriftOptions()
    var quality = DataQualityOptions()
    var performance = PerformanceOptions()
    let before = mistakeCount
    var settings: [(kind: CheckConfiguration.Kind, node: Node)] = []
    members(node, of: "a check") { reader, key, value in
      if let kind = CheckConfiguration.Kind(rawValue: key) { settings.append((kind, value)) }
      switch key {
      case "name": name = reader.filled(value)
      case "type":
        kind = reader.choice(
          value, from: CheckConfiguration.Kind.allCases.map(\.rawValue),
          CheckConfiguration.Kind.init)
      case "schedule":
        schedule = reader.parsed(value, expected: CronSchedule.expected) { CronSchedule($0) }
      case "window": window = reader.parsed(value, expected: TimeSpan.expected) { TimeSpan($0) }
      case "reference_window":
        reference = reader.parsed(value, expected: TimeSpan.expected) { TimeSpan($0) }
      case "delay": delay = reader.parsed(value, expected: TimeSpan.expected) { TimeSpan($0) }
      case "timeout": timeout = reader.parsed(value, expected: TimeSpan.expected) { TimeSpan($0) }
      case "drift": reader.checkDrift(value, into: &drift)
      case "quality": reader.quality(value, into: &quality)
      case "performance": reader.performance(value, into: &performance)
      default: return false
      }
      return true
    } known: {
      [
        "name", "type", "schedule", "window", "reference_window", "delay", "timeout", "drift",
        "quality", "performance",
      ]
    }
    for (other, value) in settings where kind != nil && other != kind {
      note(value, "`\(other.rawValue)` is of checks of type \(other.rawValue) alone")
    }
    guard mistakeCount == before else { return nil }
    guard let kind, let schedule, let window, let timeout, let month = TimeSpan("30d") else {
      note(node, "a check has a type, a schedule and a window")
      return nil
    }
    if quality.freshness != nil, model.production != nil, model.schema.timestamp == nil {
      note(node, "freshness needs the model's schema to name the `timestamp` of production")
    }
    drift.schema = model.schema
    quality.comparison.schema = model.schema
    return CheckConfiguration(
      name: name ?? kind.rawValue, kind: kind, schedule: schedule, window: window, delay: delay,
      timeout: timeout, referenceWindow: reference ?? month, drift: drift, quality: quality,
      performance: performance)
  }

  /// What a check may say of drift: windows are the check's own.
  private mutating func checkDrift(_ node: Node, into drift: inout DriftOptions) {
    let keys = [
      "method", "methods", "threshold", "correction", "policy", "summaries", "multivariate", "seed",
    ]
    members(node, of: "drift") { reader, key, value in
      keys.contains(key) && reader.drift(key, value, into: &drift)
    } known: {
      keys
    }
  }

  private mutating func quality(_ node: Node, into quality: inout DataQualityOptions) {
    members(node, of: "quality") { reader, key, value in
      switch key {
      case "checks":
        let names = QualityCheck.allCases.map(\.rawValue)
        let nodes = value.sequence.map(Array.init) ?? [value]
        if nodes.isEmpty { reader.note(value, "checks names none; leave it out for all") }
        quality.checks = Set(
          nodes.compactMap { node in
            reader.choice(node, from: names) { QualityCheck(rawValue: $0) }
          })
      case "freshness":
        quality.freshness = reader.parsed(value, expected: TimeSpan.expected) { TimeSpan($0) }
      default: return false
      }
      return true
    } known: {
      ["checks", "freshness"]
    }
  }

  private mutating func performance(_ node: Node, into performance: inout PerformanceOptions) {
    members(node, of: "performance") { reader, key, value in
      switch key {
      case "target": performance.target = reader.filled(value)
      case "prediction": performance.prediction = reader.text(value)
      case "probability": performance.probability = reader.text(value)
      case "threshold":
        performance.threshold =
          reader.plain(value, expected: "a number from 0 to 1") {
            Double($0).flatMap { (0...1).contains($0) ? $0 : nil }
          } ?? performance.threshold
      case "id": performance.id = reader.text(value)
      case "timestamp": performance.timestamp = reader.text(value)
      case "label_timestamp": performance.labelTimestamp = reader.text(value)
      case "segment": performance.segments = reader.texts(value)
      case "estimate": performance.estimate = reader.flag(value) ?? false
      case "value": performance.value = reader.text(value)
      case "seed":
        performance.seed = reader.plain(value, expected: "a whole number") { UInt64($0) } ?? 0
      default: return false
      }
      return true
    } known: {
      [
        "target", "prediction", "probability", "threshold", "id", "timestamp", "label_timestamp",
        "segment", "estimate", "value", "seed",
      ]
    }
  }
}
