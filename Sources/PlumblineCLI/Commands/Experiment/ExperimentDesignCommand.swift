public import ArgumentParser
public import Monitoring
import Reporting
import Statistics

struct ExperimentDesignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "design",
    abstract: "How many units an experiment takes, or what so many units can show.",
    discussion: """
      Examples:
        plumbline experiment design --metric proportion --baseline 0.1 --mde 0.02
        plumbline experiment design --metric mean --baseline 50 --sd 20 --mde 0.05 \\
          --mde-kind relative --daily-units 4000
        plumbline experiment design --metric proportion --baseline 0.1 --mde 0.02 --n 5000
      """)

  enum Metric: String, ExpressibleByArgument, CaseIterable { case mean, proportion }

  @Option(help: "What is compared: mean, proportion.")
  var metric: Metric

  @Option(help: ArgumentHelp("The control's mean or share.", valueName: "x"))
  var baseline: Double

  @Option(help: ArgumentHelp("A mean's standard deviation between units.", valueName: "x"))
  var sd: Double?

  @Option(help: ArgumentHelp("The smallest effect worth finding.", valueName: "x"))
  var mde: Double

  @Option(help: "Whether --mde is a difference or a share of the baseline: absolute, relative.")
  var mdeKind: ExperimentConfig.EffectKind = .absolute

  @Option(help: ArgumentHelp("The chance of finding the effect; 0.8.", valueName: "x"))
  var power = 0.8

  @Option(help: ArgumentHelp("Units per variant, to tell the power of instead.", valueName: "n"))
  var n: Int?

  @Option(help: ArgumentHelp("The two-sided level of significance; 0.05.", valueName: "x"))
  var alpha = 0.05

  @Option(help: ArgumentHelp("Variants, the control included; 2.", valueName: "n"))
  var variants = 2

  @Option(
    help: ArgumentHelp("Units that come in a day, to tell the duration.", valueName: "n"))
  var dailyUnits: Double?

  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    for (name, value, isRight) in [
      ("--power", power, power > alpha / 2 && power < 1),
      ("--alpha", alpha, alpha > 0 && alpha < 1), ("--mde", mde, mde.isFinite && mde != 0),
      (
        "--baseline", baseline, baseline.isFinite && (metric == .mean || (0...1).contains(baseline))
      ),
      ("--sd", sd ?? 1, (sd ?? 1) > 0 && (sd ?? 1).isFinite),
      ("--variants", Double(variants), variants > 1 && variants < 1000),
      ("--daily-units", dailyUnits ?? 1, (dailyUnits ?? 1) > 0), ("--n", 0, (n ?? 2) > 1),
    ] where !isRight {
      throw ValidationError("\(name) is out of its range\(name == "--n" ? "" : ": \(value)")")
    }
    if metric == .mean, sd == nil { throw ValidationError("a mean needs --sd") }
  }

  func run() throws {
    let absolute = mdeKind == .absolute ? mde : mde * abs(baseline)
    let design = ExperimentDesign(
      metric: metric == .mean ? .mean(standardDeviation: sd ?? 1) : .proportion,
      baseline: baseline, minimumEffect: absolute, alpha: alpha)
    guard let units = n ?? design.units(power: power), let reached = design.power(units: units)
    else {
      throw ValidationError(
        "no number of units can show that: a share has to stay between 0 and 1, and the effect may "
          + "not be 0")
    }
    let plan = ExperimentPlan(
      design: design, metric: metric.rawValue, units: units, power: reached, variants: variants,
      dailyUnits: dailyUnits)
    if !output.quiet {
      try Console.write(render(plan, as: output.format ?? .table, style: Console.style))
    }
  }
}

extension ExperimentConfig.EffectKind: ExpressibleByArgument {}
