public import ArgumentParser
public import Monitoring

/// Where labels come from, by flags.
struct LabelFlags: ParsableArguments {
  @Option(help: ArgumentHelp("The column of what really happened.", valueName: "column"))
  var target: String?

  @Option(
    help: ArgumentHelp(
      "Labels of their own, which meet predictions by --id.", valueName: "source"))
  var labels: String?

  @Option(help: ArgumentHelp("A query over the labels.", valueName: "sql"))
  var labelsSql: String?

  @Option(
    help: ArgumentHelp("The column predictions and labels meet by.", valueName: "column"))
  var id: String?

  @Option(
    help: ArgumentHelp("When a label arrived: a column of the labels.", valueName: "column"))
  var labelTimestamp: String?

  @Option(
    help: ArgumentHelp(
      "An SQL expression over predictions that stands in for labels; reported as synthetic.",
      valueName: "sql"))
  var labelRule: String?

  @Option(
    help: ArgumentHelp(
      "Until when labels are known; by default the last that arrived.", valueName: "instant"))
  var asOf: String?

  @Option(
    help: ArgumentHelp(
      "The delay beyond which a label counts as late: 7d; by default the 95th percentile.",
      valueName: "span"))
  var lateAfter: TimeSpan?

  func apply(to options: inout PerformanceOptions) throws {
    guard labelsSql == nil || labels != nil else {
      throw ValidationError("--labels-sql is a query over --labels: name where they are")
    }
    options.target = target
    options.lateAfter = lateAfter
    options.id = id
    options.labelTimestamp = labelTimestamp
    options.labelRule = labelRule
    options.asOf = try until
  }

  /// What `--as-of` says; nil where it is left out.
  var until: Instant? {
    get throws {
      try asOf.map { text in
        guard let instant = Instant(text) else {
          throw ValidationError("--as-of takes an ISO 8601 instant, not `\(text)`")
        }
        return instant
      }
    }
  }
}

/// What a model predicted, by flags.
struct PredictionFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What the model does; told by the columns where left out: "
        + PerformanceTask.allCases.map(\.rawValue).joined(separator: ", ") + ".",
      valueName: "name"))
  var task: PerformanceTask?

  @Option(
    help: ArgumentHelp(
      "The column of predicted classes, numbers or scores.", valueName: "column"))
  var prediction: String?

  @Option(
    help: ArgumentHelp("The column of the positive class's probability.", valueName: "column"))
  var probability: String?

  @Option(help: ArgumentHelp("The class that --probability is of.", valueName: "class"))
  var positiveLabel: String?

  @Option(
    help: ArgumentHelp("Columns of the classes' probabilities.", valueName: "class=column,…"))
  var probabilities: String?

  @Option(help: ArgumentHelp("When a prediction was made.", valueName: "column"))
  var timestamp: String?

  @Option(help: ArgumentHelp("Where random choices start.", valueName: "n"))
  var seed: UInt64?

  func apply(to options: inout PerformanceOptions) throws {
    options.task = task
    options.prediction = prediction
    options.probability = probability
    options.positiveLabel = positiveLabel
    options.timestamp = timestamp
    if let seed { options.seed = seed }
    if let probabilities {
      options.probabilities = try ColumnList.pairs(probabilities, "--probabilities").map {
        PerformanceOptions.ClassProbability(label: $0, column: $1)
      }
    }
  }
}

/// How predictions are judged, by flags.
struct PerformanceFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The probability from which the positive class is predicted; 0.5.", valueName: "x"))
  var threshold: Double?

  @Option(help: ArgumentHelp("Columns that split rows into segments.", valueName: "a,b"))
  var segment: String?

  @Option(
    help: ArgumentHelp(
      "Performance over time: by day, week, month or a number of rows.", valueName: "rule"))
  var chunk: ChunkRule?

  @Option(
    help: ArgumentHelp(
      "What outcomes cost: fp, fn, tp, tn, or TRUTH:PREDICTED for classes.",
      valueName: "fp=1,fn=5"))
  var cost: String?

  @Option(
    help: ArgumentHelp(
      "An SQL expression over predictions: what a row is worth.", valueName: "sql"))
  var value: String?

  @Option(help: ArgumentHelp("Columns of predicted quantiles.", valueName: "0.9=column,…"))
  var quantile: String?

  @Option(
    help: ArgumentHelp("Columns of predicted intervals.", valueName: "lower=column,upper=column"))
  var interval: String?

  @Option(help: ArgumentHelp("Ranking: the column of the query or user.", valueName: "column"))
  var group: String?

  @Option(help: ArgumentHelp("Ranking: the column of the item.", valueName: "column"))
  var item: String?

  @Option(help: ArgumentHelp("Ranking: how many places count; 10.", valueName: "5,10"))
  var k: String?

  @Option(
    help: ArgumentHelp(
      "Predictions of another model on the same rows, to compare.", valueName: "column"))
  var shadow: String?

  @Flag(help: "Estimate performance from probabilities where labels are not in.")
  var estimate = false

  func apply(to options: inout PerformanceOptions) throws {
    if let threshold { options.threshold = threshold }
    options.segments = segment.map(ColumnList.names) ?? []
    options.chunk = chunk
    options.value = value
    options.group = group
    options.item = item
    options.shadow = shadow
    options.estimate = estimate
    if let cost {
      options.costs = try ColumnList.pairs(cost, "--cost").map { name, value in
        PerformanceOptions.Cost(
          try Self.outcome(name), cost: try Self.number(value, "--cost"))
      }
    }
    if let quantile {
      options.quantiles = try ColumnList.pairs(quantile, "--quantile").map { level, column in
        PerformanceOptions.Quantile(level: try Self.number(level, "--quantile"), column: column)
      }
    }
    if let interval {
      let ends = Dictionary(
        try ColumnList.pairs(interval, "--interval"), uniquingKeysWith: { $1 })
      guard let lower = ends["lower"], let upper = ends["upper"], ends.count == 2 else {
        throw ValidationError("--interval takes lower=COLUMN,upper=COLUMN, not `\(interval)`")
      }
      options.interval = .init(lower: lower, upper: upper)
    }
    if let k {
      options.places = try k.split(separator: ",").map { text in
        guard let place = Int(text), place > 0 else {
          throw ValidationError("--k takes numbers above 0, not `\(text)`")
        }
        return place
      }
    }
  }

  private static func number(_ text: String, _ option: String) throws -> Double {
    guard let number = Double(text), number.isFinite else {
      throw ValidationError("\(option) takes numbers, not `\(text)`")
    }
    return number
  }

  private static func outcome(_ name: String) throws -> PerformanceOptions.Cost.Outcome {
    switch name {
    case "tp": return .truePositive
    case "fp": return .falsePositive
    case "tn": return .trueNegative
    case "fn": return .falseNegative
    default:
      guard let middle = name.firstIndex(of: ":") else {
        throw ValidationError("--cost knows fp, fn, tp, tn and TRUTH:PREDICTED, not `\(name)`")
      }
      return .classes(
        truth: String(name[..<middle]), predicted: String(name[name.index(after: middle)...]))
    }
  }
}

extension PerformanceTask: ExpressibleByArgument {}
