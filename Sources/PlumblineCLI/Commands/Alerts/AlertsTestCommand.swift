import Alerting
import ArgumentParser
import DataSources
import Monitoring
import Reporting
import Store

struct AlertsTestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Send a test alert, marked as one, to a channel.",
    discussion: "Example: plumbline alerts test oncall --config plumbline.yaml")

  @Argument(help: "The channel's name in the configuration.")
  var channel: String

  @OptionGroup(title: "Output") var output: OutputOptions

  private struct Answer: Encodable {
    let channel: String
    let delivered: Bool
    let detail: String
  }

  func run() throws {
    try output.refuse(.junit)
    // Of the configuration only this channel has to be right, and its secrets here.
    let alerting = try output.configuration(using: []).alerting
    guard let settings = alerting.channels.first(where: { $0.name == channel }) else {
      // It may be there and have mistakes, or secrets that are not here.
      _ = try output.configuration()
      throw AlertsError.noSuchChannel(name: channel, known: alerting.channels.map(\.name))
    }
    let target = try Channels.make(settings, clock: { .now })
    let outcome: Answer
    do throws(DeliveryError) {
      let receipt = try target.send(
        .test(of: channel, at: .now, externalURL: alerting.externalURL))
      outcome = Answer(channel: channel, delivered: true, detail: receipt.detail)
    } catch {
      outcome = Answer(channel: channel, delivered: false, detail: error.what)
    }
    if !output.quiet {
      let verdict = outcome.delivered ? "took the test alert" : "did not take the test alert"
      try Console.write(
        output.format == .json
          ? json(outcome) : "\(channel) \(verdict): \(outcome.detail)\n")
    }
    throw ExitCode(outcome.delivered ? ExitStatus.fine : ExitStatus.finding)
  }
}
