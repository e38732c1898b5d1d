import Statistics
import Yams

extension ExperimentConfig {
  /// Reads YAML text.
  ///
  /// - Parameters:
  ///   - text: what the file holds.
  ///   - path: the file's path, for messages.
  /// - Throws: ``ConfigurationError`` with every mistake there is.
  public static func read(
    _ text: String, path: String
  ) throws(ConfigurationError) -> ExperimentConfig {
    var reader = ExperimentConfigReader()
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw ConfigurationError(path: path, mistakes: [.init(notYAML: error)])
    }
    let config = reader.read(root)
    guard let config, reader.mistakes.isEmpty else {
      throw ConfigurationError(path: path, mistakes: reader.mistakes.sorted { $0.line < $1.line })
    }
    return config
  }
}

/// Reads an experiment and notes every mistake with its line.
struct ExperimentConfigReader {
  var mistakes: [ConfigurationError.Mistake] = []

  private mutating func note(_ node: Node?, _ text: String) {
    mistakes.append(.init(line: node?.mark?.line ?? 1, text: text))
  }

  mutating func read(_ root: Node?) -> ExperimentConfig? {
    guard let root, let mapping = root.mapping else {
      note(root, "an experiment is a mapping with experiment_id")
      return nil
    }
    var config = ExperimentConfig(experimentID: "", variants: [])
    var (controlModel, treatmentModel, split): (String?, String?, Double) = (nil, nil, 0.5)
    for (key, value) in mapping {
      switch key.string ?? "" {
      case "experiment_id": config.experimentID = value.string ?? ""
      case "control_model": controlModel = value.string
      case "treatment_model": treatmentModel = value.string
      case "traffic_split": split = number(value, in: 0...1, "a share, 0 to 1") ?? split
      case "min_sample_size", "minimum_sample_size":
        config.minimumSampleSize = whole(value) ?? config.minimumSampleSize
      case "max_sample_size", "maximum_sample_size": config.maximumSampleSize = whole(value)
      case "significance_level":
        config.significanceLevel =
          number(value, in: 1e-12...0.5, "a level between 0 and 0.5") ?? config.significanceLevel
      case "statistical_power":
        config.power = number(value, in: 0.01...0.9999, "a power between 0 and 1") ?? config.power
      case "coverage":
        config.coverage = number(value, in: 1e-4...1, "a share above 0, to 1") ?? config.coverage
      case "guardrails", "guardrail_metrics": config.guardrails = guardrails(value)
      case "variants": config.variants = variants(value)
      case "metrics": config.metrics = metrics(value)
      case "metric": config.metrics = metrics(Node.sequence([value]))
      case "minimum_detectable_effect", "mde": effect(value, into: &config)
      case "mde_kind":
        config.effectKind = choice(value, ExperimentConfig.EffectKind.self) ?? config.effectKind
      case "covariate": config.covariate = value.string
      case "unit": config.unit = value.string
      case "correction": config.correction = choice(value, Correction.self) ?? config.correction
      case "spending", "sequential": config.spending = choice(value, SpendingFunction.self)
      case let other:
        let near = closestName(to: other, among: Self.keys)
        note(key, "unknown key `\(other)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
      }
    }
    if config.experimentID.isEmpty { note(root, "experiment_id is missing") }
    if config.variants.isEmpty {
      config.variants = [
        .init(name: "control", model: controlModel, share: split),
        .init(name: "treatment", model: treatmentModel, share: 1 - split),
      ]
    }
    check(config, root)
    return config
  }

  private static let keys = [
    "experiment_id", "control_model", "treatment_model", "traffic_split", "min_sample_size",
    "max_sample_size", "significance_level", "statistical_power", "coverage", "guardrails",
    "variants",
    "metrics", "minimum_detectable_effect", "mde_kind", "covariate", "unit", "correction",
    "spending",
  ]

  private mutating func check(_ config: ExperimentConfig, _ root: Node) {
    let shares = config.variants.map(\.share)
    if config.variants.count < 2 || shares.contains(where: { $0 <= 0 })
      || abs(shares.reduce(0, +) - 1) > 1e-9
    {
      note(root, "two or more variants need shares above 0 that add up to 1")
    }
    if Set(config.variants.map(\.name)).count < config.variants.count {
      note(root, "each variant needs a name of its own")
    }
    if config.variants.contains(where: { $0.name == VariantAssignment.outside }) {
      note(root, "`\(VariantAssignment.outside)` is what users without a variant are printed with")
    }
    if let maximum = config.maximumSampleSize, maximum < config.minimumSampleSize {
      note(root, "max_sample_size is below min_sample_size")
    }
    if config.spending != nil, config.maximumSampleSize == nil {
      note(root, "spending needs max_sample_size, the planned end")
    }
  }

  private mutating func number(
    _ node: Node, in range: ClosedRange<Double>, _ expected: String
  ) -> Double? {
    guard isPlain(node), let number = node.float ?? node.int.map(Double.init),
      range.contains(number)
    else {
      note(node, "`\(node.string ?? "this")` is not \(expected)")
      return nil
    }
    return number
  }

  private mutating func whole(_ node: Node) -> Int? {
    guard isPlain(node), let number = node.int, number > 0 else {
      note(node, "`\(node.string ?? "this")` is not a number of units")
      return nil
    }
    return number
  }

  /// Whether a number stands without quotes, as the schema has it.
  private mutating func isPlain(_ node: Node) -> Bool {
    if node.isQuoted { note(node, "a number in quotes is a text; leave the quotes out") }
    return !node.isQuoted
  }

  private mutating func choice<Choice: RawRepresentable & CaseIterable>(
    _ node: Node, _: Choice.Type
  ) -> Choice? where Choice.RawValue == String {
    guard let text = node.string, let choice = Choice(rawValue: text) else {
      let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      note(node, "`\(node.string ?? "this")` is not one of \(known)")
      return nil
    }
    return choice
  }

  private mutating func variants(_ node: Node) -> [ExperimentConfig.Variant] {
    (node.sequence.map(Array.init) ?? []).compactMap { entry in
      guard let name = entry["name"]?.string, let share = entry["share"] else {
        note(entry, "a variant has a name and a share")
        return nil
      }
      return .init(
        name: name, model: entry["model"]?.string,
        share: number(share, in: 0...1, "a share, 0 to 1") ?? 0)
    }
  }

  private mutating func metrics(_ node: Node) -> [ExperimentConfig.Metric] {
    (node.sequence.map(Array.init) ?? []).compactMap { entry in
      if let name = entry.string { return .init(name: name) }
      guard let name = entry["name"]?.string else {
        note(entry, "a metric has a name")
        return nil
      }
      let direction = entry["direction"].flatMap { choice($0, ExperimentConfig.Direction.self) }
      return .init(name: name, direction: direction ?? .increase)
    }
  }

  private mutating func effect(_ node: Node, into config: inout ExperimentConfig) {
    if let value = node["value"] {
      config.minimumDetectableEffect = number(value, in: -1e300...1e300, "a number")
      if let kind = node["kind"] {
        config.effectKind = choice(kind, ExperimentConfig.EffectKind.self) ?? config.effectKind
      }
    } else {
      config.minimumDetectableEffect = number(node, in: -1e300...1e300, "a number")
    }
  }

  /// Limits by name: [minimum, maximum], or a mapping with min, max, column and aggregate. A name that
  /// ends in a percentile (`latency_p99_ms`) is one of that percentile.
  private mutating func guardrails(_ node: Node) -> [ExperimentConfig.Guardrail] {
    if let conditions = node.sequence { return conditions.compactMap { condition($0) } }
    guard let mapping = node.mapping else {
      note(node, "guardrails are a mapping of names to [minimum, maximum]")
      return []
    }
    return mapping.compactMap { key, value in
      let name = key.string ?? ""
      var guardrail = ExperimentConfig.Guardrail(
        name: name, column: name, aggregate: Self.aggregate(named: name))
      if let ends = value.sequence.map(Array.init) {
        guard ends.count == 2 else {
          note(value, "a guardrail is [minimum, maximum]")
          return nil
        }
        guardrail.minimum = limit(ends[0])
        guardrail.maximum = limit(ends[1])
      } else if value.mapping != nil {
        guardrail.minimum = value["min"].flatMap { limit($0) }
        guardrail.maximum = value["max"].flatMap { limit($0) }
        guardrail.column = value["column"]?.string ?? name
        if let text = value["aggregate"]?.string {
          guard let aggregate = Self.aggregate(text) else {
            note(value["aggregate"], "`\(text)` is not mean or a percentile such as p99")
            return nil
          }
          guardrail.aggregate = aggregate
        }
      } else {
        note(value, "a guardrail is [minimum, maximum]")
        return nil
      }
      return guardrail
    }
  }

  /// A limit as a condition that has to hold, such as `error_rate < 0.01`.
  private mutating func condition(_ node: Node) -> ExperimentConfig.Guardrail? {
    let parts = (node.string ?? "").split(separator: " ").map(String.init)
    guard parts.count == 3, let limit = Double(parts[2]), limit.isFinite,
      ["<", "<=", ">", ">="].contains(parts[1])
    else {
      note(node, "a guardrail is a condition such as `error_rate < 0.01`")
      return nil
    }
    var guardrail = ExperimentConfig.Guardrail(
      name: parts[0], column: parts[0], aggregate: Self.aggregate(named: parts[0]))
    if parts[1].hasPrefix("<") { guardrail.maximum = limit } else { guardrail.minimum = limit }
    return guardrail
  }

  private mutating func limit(_ node: Node) -> Double? {
    if node.null != nil { return nil }
    return number(node, in: -.greatestFiniteMagnitude...(.greatestFiniteMagnitude), "a number")
  }

  private static func aggregate(named name: String) -> ExperimentConfig.Guardrail.Aggregate {
    name.split(separator: "_").lazy.compactMap { part in
      part.hasPrefix("p") ? aggregate(String(part)) : nil
    }.first ?? .mean
  }

  private static func aggregate(
    _ text: String
  ) -> ExperimentConfig.Guardrail.Aggregate? {
    if text == "mean" { return .mean }
    guard text.hasPrefix("p"), let percent = Double(text.dropFirst()), percent > 0, percent < 100
    else { return nil }
    return .quantile(percent / 100)
  }
}
