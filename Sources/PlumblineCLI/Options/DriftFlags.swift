public import ArgumentParser
public import Monitoring

/// How columns are compared, by flags; what a flag says overrides the configuration.
struct DriftFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The method for every column it fits: auto, "
        + DriftMethod.all.map(\.id).joined(separator: ", ") + ".", valueName: "id"))
  var method: String?

  @Option(
    name: .customLong("method-for"), parsing: .singleValue,
    help: ArgumentHelp("The method for one column; may be repeated.", valueName: "column=id"))
  var methodFor: [String] = []

  @Option(
    help: ArgumentHelp(
      "A significance level or a distance, as the method's kind is.", valueName: "x"))
  var threshold: Double?

  @Option(
    help: ArgumentHelp(
      "Adjustment for many p-values: \(values(Correction.allCases)).", valueName: "name"))
  var correction: Correction?

  @Option(
    help: ArgumentHelp(
      "robust also asks for an effect worth mentioning at large sizes; classic does not.",
      valueName: "name"))
  var policy: DriftPolicy?

  @Option(
    help: ArgumentHelp(
      "exact reads every value; binned counts in cells, in memory that does not grow with rows; "
        + "auto is binned beyond \(DriftOptions.exactRowLimit) rows.", valueName: "way"))
  var summaries: SummaryChoice?

  @Option(
    help: ArgumentHelp("Also compare all numeric columns together: mmd.", valueName: "method"))
  var multivariate: MultivariateMethod?

  @Option(
    name: .customLong("mmd-gamma"),
    help: ArgumentHelp("The kernel's γ; by default from the median distance.", valueName: "x"))
  var mmdGamma: Double?

  @Option(
    name: .customLong("mmd-scaling"),
    help: ArgumentHelp("standard scales columns by the reference first; none.", valueName: "name"))
  var mmdScaling: MMDOptions.Scaling?

  @Option(help: ArgumentHelp("Permutations behind the p-value of mmd.", valueName: "n"))
  var permutations: Int?

  @Option(
    help: ArgumentHelp("How long the reference window is: 30d, 12h, 2w.", valueName: "span"))
  var referenceWindow: TimeSpan?

  @Option(
    help: ArgumentHelp("How long the current window is, up to the last row.", valueName: "span"))
  var currentWindow: TimeSpan?

  @Option(
    name: .customLong("as-of"),
    help: ArgumentHelp("Where the current window ends instead.", valueName: "instant"))
  var asOf: Instant?

  @Option(
    help: ArgumentHelp(
      "Drift over time: cut current by day, week, month or a number of rows.", valueName: "rule"))
  var chunk: ChunkRule?

  @Option(help: ArgumentHelp("Where random choices start.", valueName: "n"))
  var seed: UInt64?

  /// Puts what was given over what `options` say.
  func apply(to options: inout DriftOptions) throws {
    if let method { options.method = method }
    for entry in methodFor {
      guard let separator = entry.lastIndex(of: "="), separator != entry.startIndex else {
        throw ValidationError("--method-for takes COLUMN=ID, not `\(entry)`")
      }
      options.methodFor[String(entry[..<separator])] =
        String(entry[entry.index(after: separator)...])
    }
    if let threshold { options.threshold = threshold }
    if let correction { options.correction = correction }
    if let policy { options.policy = policy }
    if let summaries { options.summaries = summaries }
    if let multivariate { options.multivariate.insert(multivariate) }
    if let mmdGamma { options.mmd.gamma = mmdGamma }
    if let mmdScaling { options.mmd.scaling = mmdScaling }
    if let permutations { options.mmd.permutations = permutations }
    if let referenceWindow { options.referenceWindow = referenceWindow }
    if let currentWindow { options.currentWindow = currentWindow }
    if let asOf { options.asOf = asOf }
    if let chunk { options.chunk = chunk }
    if let seed { options.seed = seed }
  }
}

private func values(_ cases: [some RawRepresentable<String>]) -> String {
  cases.map(\.rawValue).joined(separator: ", ")
}

extension Correction: ExpressibleByArgument {}
extension DriftPolicy: ExpressibleByArgument {}
extension SummaryChoice: ExpressibleByArgument {}
extension MultivariateMethod: ExpressibleByArgument {}
extension MMDOptions.Scaling: ExpressibleByArgument {}

extension TimeSpan: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension Instant: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension ChunkRule: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
