public import ArgumentParser
import Monitoring
import Reporting
public import Statistics

struct ExperimentBoundariesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "boundaries",
    abstract: "Boundaries of a test that looks several times.",
    discussion: """
      Example:
        plumbline experiment boundaries --spending obrien_fleming \\
          --looks 0.2,0.4,0.6,0.8,1
      """)

  @Option(help: "How α is spent: obrien_fleming, pocock.")
  var spending: SpendingFunction = .obrienFleming

  @Option(
    help: ArgumentHelp("Shares of the planned information, ascending.", valueName: "a,b"))
  var looks: String

  @Option(help: ArgumentHelp("Of the whole test; 0.05.", valueName: "x"))
  var alpha = 0.05

  @Option(help: ArgumentHelp("1 or 2; 2.", valueName: "n"))
  var sides = 2

  @OptionGroup(title: "Output") var output: OutputOptions

  func run() throws {
    let fractions = try looks.split(separator: ",").map { text in
      guard let fraction = Double(text.filter { $0 != " " }) else {
        throw ValidationError("--looks takes numbers, not `\(text)`")
      }
      return fraction
    }
    guard
      let boundaries = GroupSequentialBoundaries(
        spending: spending, fractions: fractions, alpha: alpha, sides: sides)
    else {
      throw ValidationError(
        "--looks have to ascend from above 0, --alpha is between 0 and 0.5, --sides 1 or 2")
    }
    if !output.quiet {
      try Console.write(render(boundaries, as: output.format ?? .table, style: Console.style))
    }
  }
}

extension SpendingFunction: ExpressibleByArgument {}
