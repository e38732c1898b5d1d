/// Values of one set of labels over time.
public struct PrometheusSeries: Sendable, Equatable {
  public struct Point: Sendable, Equatable {
    /// Seconds since 1970.
    public var at: Double
    public var value: Double

    public init(at: Double, value: Double) {
      self.at = at
      self.value = value
    }
  }

  /// With the name as `__name__`, where it has one.
  public var labels: [String: String]
  /// In the order of time; one of a query at one time.
  public var points: [Point]

  public init(labels: [String: String], points: [Point]) {
    self.labels = labels
    self.points = points
  }
}

/// What Prometheus scrapes, and how that goes.
public struct PrometheusTarget: Sendable, Equatable {
  public enum Health: String, Sendable { case up, down, unknown }

  public var labels: [String: String]
  public var scrapeURL: String
  public var health: Health
  /// Empty where the last scrape went well.
  public var lastError: String
  /// As Prometheus writes it: `15s`, `1m30s`; nil of versions that do not say it.
  public var scrapeInterval: String?

  public init(
    labels: [String: String], scrapeURL: String, health: Health, lastError: String = "",
    scrapeInterval: String? = nil
  ) {
    self.labels = labels
    self.scrapeURL = scrapeURL
    self.health = health
    self.lastError = lastError
    self.scrapeInterval = scrapeInterval
  }

  /// The interval in seconds; nil where it is not known.
  public var intervalSeconds: Double? { scrapeInterval.flatMap { Self.seconds($0) } }

  /// Seconds of a duration as Prometheus writes it.
  static func seconds(_ text: String) -> Double? {
    let units: [String: Double] = [
      "ms": 0.001, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_536_000,
    ]
    var (sum, rest) = (0.0, Substring(text))
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      let unit = rest.dropFirst(digits.count).prefix { $0.isLetter }
      guard let count = Double(digits), let length = units[String(unit)] else { return nil }
      sum += count * length
      rest = rest.dropFirst(digits.count + unit.count)
    }
    return sum > 0 ? sum : nil
  }
}

/// The envelope of every answer.
struct PrometheusAnswer: Decodable {
  var status: String
  var error: String?

  struct Whole<Value: Decodable>: Decodable {
    var data: Value
  }

  struct Targets: Decodable {
    var activeTargets: [PrometheusTarget]
  }

  /// What a query gives: a vector, a matrix, a scalar or a text.
  struct Result: Decodable {
    var series: [PrometheusSeries]

    private enum Key: String, CodingKey { case resultType, result }
    private enum SeriesKey: String, CodingKey { case metric, value, values }

    init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: Key.self)
      let kind = try members.decode(String.self, forKey: .resultType)
      guard kind == "vector" || kind == "matrix" else {
        var scalar = try members.nestedUnkeyedContainer(forKey: .result)
        series = [PrometheusSeries(labels: [:], points: [try PrometheusAnswer.point(&scalar)])]
        return
      }
      var list = try members.nestedUnkeyedContainer(forKey: .result)
      series = []
      while !list.isAtEnd {
        let entry = try list.nestedContainer(keyedBy: SeriesKey.self)
        var points: [PrometheusSeries.Point] = []
        if kind == "vector" {
          var pair = try entry.nestedUnkeyedContainer(forKey: .value)
          points.append(try PrometheusAnswer.point(&pair))
        } else {
          var pairs = try entry.nestedUnkeyedContainer(forKey: .values)
          while !pairs.isAtEnd {
            var pair = try pairs.nestedUnkeyedContainer()
            points.append(try PrometheusAnswer.point(&pair))
          }
        }
        series.append(
          PrometheusSeries(
            labels: try entry.decode([String: String].self, forKey: .metric), points: points))
      }
    }
  }

  /// A time and, as text since JSON has no NaN, a value.
  private static func point(
    _ pair: inout any UnkeyedDecodingContainer
  ) throws -> PrometheusSeries.Point {
    let at = try pair.decode(Double.self)
    let text = try pair.decode(String.self)
    guard let value = Double(text) else {
      throw DecodingError.dataCorruptedError(in: pair, debugDescription: "no number")
    }
    return .init(at: at, value: value)
  }
}

extension PrometheusTarget: Decodable {
  private enum Key: String, CodingKey {
    case labels, health, lastError, scrapeInterval
    case scrapeURL = "scrapeUrl"
  }

  public init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Key.self)
    self.init(
      labels: try members.decode([String: String].self, forKey: .labels),
      scrapeURL: try members.decode(String.self, forKey: .scrapeURL),
      health: Health(rawValue: try members.decode(String.self, forKey: .health)) ?? .unknown,
      lastError: try members.decodeIfPresent(String.self, forKey: .lastError) ?? "",
      scrapeInterval: try members.decodeIfPresent(String.self, forKey: .scrapeInterval))
  }
}
