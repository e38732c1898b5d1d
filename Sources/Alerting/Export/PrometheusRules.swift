public import Monitoring
import Yams

/// Alert rules as Prometheus has them, for those who would rather have Prometheus hold them.
///
/// A metric `m` is the gauge `plumbline_m` of the service, its reference `plumbline_m_reference`, the ends
/// of its interval `plumbline_m_lower` and `plumbline_m_upper`. Prometheus 2.42 or later reads the file.
///
/// | rule | Prometheus |
/// |---|---|
/// | N failures in a row, and `for` | `for`, the longer of N − 1 evaluations and the time given |
/// | time to go on firing | `keep_firing_for` |
/// | recovery bounds | `or (… and ignoring (…) ALERTS{alertname="…",alertstate="firing"})` |
/// | change against the reference | arithmetic with the gauge of the reference |
/// | significance | `unless` the near end of the interval is within bounds; `or` it fires and fails |
///
/// Where data never lacks, the alerts of both are pending and fire at the same evaluations. Where data
/// lacks they differ on purpose: without a value, and for a change without a reference or against one of 0, Plumbline leaves an alert as it was, and
/// Prometheus ends it; and a gauge that shows the same check for hours counts as a failure at every
/// evaluation. Files say so in a comment.
///
/// ```swift
/// let rules = PrometheusRules(rules: AlertRule.defaults)
/// try rules.yaml.write(toFile: "plumbline.rules.yaml", atomically: true, encoding: .utf8)
/// ```
public struct PrometheusRules: Sendable {
  /// A rule that cannot be written, and why.
  public struct LeftOut: Sendable, Equatable {
    public var rule: String
    public var reason: String
  }

  public let evaluationSeconds: Int
  public private(set) var leftOut: [LeftOut] = []
  private var exported: [PrometheusRule] = []

  /// - Parameters:
  ///   - rules: of rules of one name the first counts.
  ///   - evaluationInterval: how often Prometheus looks; a minute where it is nil.
  ///   - conditions: in force in place of rules' own, as ``ThresholdLog/conditions(for:)`` has them; the file says so.
  public init(
    rules: [AlertRule], evaluationInterval: TimeSpan? = nil,
    conditions: [String: AlertCondition] = [:]
  ) {
    evaluationSeconds = max(1, evaluationInterval?.seconds ?? 60)
    var names: Set<String> = []
    for rule in rules where names.insert(rule.name).inserted {
      var inForce = rule
      inForce.condition = conditions[rule.name] ?? rule.condition
      switch PrometheusRule.make(inForce, evaluationSeconds: evaluationSeconds) {
      case .success(var made):
        if let condition = conditions[rule.name] { made.notes.append(rule.replaced(by: condition)) }
        if rule.description.namesReference {
          made.notes.append(
            "its description says – for {reference}: a template of Prometheus knows no other gauge")
        }
        exported.append(made)
      case .failure(let reason):
        leftOut.append(LeftOut(rule: rule.name, reason: reason.text))
      }
    }
  }

  /// The file: one group.
  ///
  /// - Throws: what the writer of YAML throws, should it fail.
  public var yaml: String {
    get throws {
      let group: [(Node, Node)] = [
        (key("name"), text("plumbline")),
        (key("interval"), text(PromQL.duration(seconds: evaluationSeconds))),
        (key("rules"), Node(exported.map(node), .implicit, .block)),
      ]
      let file = Node([(key("groups"), Node([Node(group)], .implicit, .block))])
      return comments + (try serialize(node: file, width: -1, allowUnicode: true))
    }
  }

  private func node(_ rule: PrometheusRule) -> Node {
    var pairs = [(key("alert"), text(rule.name)), (key("expr"), text(rule.expression))]
    if rule.holdSeconds > 0 {
      pairs.append((key("for"), text(PromQL.duration(seconds: rule.holdSeconds))))
    }
    if rule.keepSeconds > 0 {
      pairs.append((key("keep_firing_for"), text(PromQL.duration(seconds: rule.keepSeconds))))
    }
    pairs.append((key("labels"), mapping(rule.labels)))
    pairs.append((key("annotations"), mapping(rule.annotations)))
    return Node(pairs)
  }

  private func mapping(_ pairs: [(name: String, value: String)]) -> Node {
    Node(pairs.map { (text($0.name), text($0.value)) })
  }

  private func key(_ name: String) -> Node { Node(name) }

  /// In double quotes, in which YAML has an escape for every character there is.
  private func text(_ text: String) -> Node { Node(text, .init(.str), .doubleQuoted) }

  private var comments: String {
    var lines = [
      "Alert rules of Plumbline for Prometheus 2.42 or later, on gauges its service exposes.",
      "Where a gauge lacks a value, Plumbline leaves an alert as it was; Prometheus ends it.",
      "Failures in a row are counted in evaluations of \(PromQL.duration(seconds: evaluationSeconds)); "
        + "a gauge that changes more seldom fails at each of them.",
    ]
    for rule in exported { lines += rule.notes.map { "\(rule.name): \($0)" } }
    lines += leftOut.map { "left out: \($0.rule): \($0.reason)" }
    return lines.map { "# \(Self.printable($0))\n" }.joined()
  }

  /// A text that ends no comment.
  private static func printable(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          switch scalar.properties.generalCategory {
          case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse,
            .surrogate:
            "?"
          default: scalar
          }
        }))
  }
}
