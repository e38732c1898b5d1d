import DataSources
public import Monitoring
import Statistics
public import Store

/// A rule that fires so often for so little that nobody looks any more.
public struct AlertFatigue: Codable, Sendable, Equatable {
  /// From when on a rule tires people.
  public struct Limits: Sendable, Equatable {
    /// How long back is looked.
    public var days = 7
    public var firingsPerWeek = 5.0
    /// A firing shorter than this is short; half of them have to be, unless nobody acknowledged any.
    public var shortSeconds = 900.0

    public init() {}
  }

  /// As the requirement calls it.
  public var type = "alert_fatigue"
  public var recovery = "adjust_thresholds_dynamically"
  public var rule: String
  public var firings: Int
  public var firingsPerWeek: Double
  /// Of those that are over.
  @NullCoded public var medianFiringSeconds: Double?
  public var shortFirings: Int
  public var acknowledgements: Int
  public var explanation: String
  @NullCoded public var proposal: ThresholdProposal?
  /// Why there is no proposal; nil where there is one.
  @NullCoded public var noProposal: String?

  enum CodingKeys: String, CodingKey {
    case type, recovery, rule, firings
    case firingsPerWeek = "firings_per_week"
    case medianFiringSeconds = "median_firing_seconds"
    case shortFirings = "short_firings"
    case acknowledgements, explanation, proposal
    case noProposal = "no_proposal"
  }

  /// Finds them among what happened to alerts, the loudest first, each with a threshold that would mend
  /// it where there is one.
  ///
  /// - Parameters:
  ///   - rules: those there are; what others did is past.
  ///   - events: in any order.
  ///   - history: samples, from which thresholds are worked out.
  ///   - inForce: thresholds in place of rules' own, by rule.
  ///   - degradations: known ones.
  public static func find(
    rules: [AlertRule], events: [AlertEvent], history: [MetricSample], now: Instant,
    inForce: [String: Double] = [:], degradations: [Degradation] = [], limits: Limits = .init()
  ) -> [AlertFatigue] {
    let days = min(max(1, limits.days), 3_650)
    let span = Int64(days) * 86_400_000_000
    let recent = events.filter { event in
      let age = now.microseconds.subtractingReportingOverflow(event.at.microseconds)
      return !age.overflow && (0...span).contains(age.partialValue)
    }.sorted { ($0.at, $0.id) < ($1.at, $1.id) }
    let byRule = Dictionary(grouping: recent) { $0.alert.rule }
    return rules.compactMap { rule -> AlertFatigue? in
      guard
        var fatigue = AlertFatigue(rule.name, byRule[rule.name] ?? [], days: days, limits, now: now)
      else { return nil }
      do throws(ThresholdError) {
        let proposal = try DynamicThreshold.propose(
          rule: rule, history: history, now: now, inForce: inForce[rule.name],
          degradations: degradations)
        if proposal.direction == .loosen {
          fatigue.proposal = proposal
        } else {
          fatigue.noProposal = proposal.explanation
        }
      } catch {
        fatigue.noProposal = error.description
      }
      return fatigue
    }.sorted { ($1.firings, $0.rule) < ($0.firings, $1.rule) }
  }

  /// - Parameter events: of one rule, in the order of their times.
  private init?(_ rule: String, _ events: [AlertEvent], days: Int, _ limits: Limits, now: Instant) {
    var began: [String: Int64] = [:]
    var lengths: [Double] = []
    firings = 0
    for event in events {
      if event.kind == .firing {
        firings += 1
        began[event.alert.fingerprint] = event.at.microseconds
      } else if event.kind == .resolved,
        let start = began.removeValue(forKey: event.alert.fingerprint)
      {
        lengths.append(Double(event.at.microseconds - start) / 1e6)
      }
    }
    firingsPerWeek = Double(firings) * 7 / Double(days)
    shortFirings = lengths.count { $0 < limits.shortSeconds }
    acknowledgements = events.count { $0.kind == .acknowledged }
    guard firings > 0, firingsPerWeek >= limits.firingsPerWeek,
      shortFirings * 2 >= firings || acknowledgements == 0
    else { return nil }
    lengths.sort()
    medianFiringSeconds = quantile(lengths.span, 0.5)
    self.rule = rule
    let shortMinutes = Figure.short(limits.shortSeconds / 60)
    explanation =
      "\(rule) fired \(firings) times in \(days) days, \(shortFirings) of them for less than "
      + "\(shortMinutes) minutes, and was acknowledged "
      + (acknowledgements == 0 ? "never." : Figure.count(acknowledgements, "time.", "times."))
  }
}
