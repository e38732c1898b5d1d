import Foundation

/// Asks Prometheus' HTTP API (`/api/v1`), as Thanos, Mimir and VictoriaMetrics have it too.
///
/// ```swift
/// let prometheus = PrometheusClient(
///   address: "http://localhost:9090", http: HTTPClient(timeoutMilliseconds: 5_000))
/// let up = try prometheus.query(#"up{job="plumbline"}"#)
/// ```
///
/// Blocking. Answers are bounded by the client's ``HTTPClient/responseLimit``; what cannot be read is a
/// typed error, never a half.
public struct PrometheusClient: Sendable {
  /// Where the API is, without `/api/v1`.
  public let address: String
  private let http: HTTPClient
  private let headers: [(name: String, value: String)]

  /// - Parameters:
  ///   - address: as `http://localhost:9090`, with the path's beginning where a proxy has one.
  ///   - http: how to ask.
  ///   - headers: sent along, as `Authorization`.
  public init(
    address: String, http: HTTPClient, headers: [(name: String, value: String)] = []
  ) {
    self.address = address
    self.http = http
    self.headers = headers
  }

  /// Values of an expression at one time.
  ///
  /// - Parameters:
  ///   - expression: of PromQL. One that ends in `[1h]` gives samples as they were scraped.
  ///   - at: seconds since 1970; nil for now.
  /// - Returns: a series for each set of labels; a scalar is one without labels.
  public func query(
    _ expression: String, at: Double? = nil
  ) throws(PrometheusError) -> [PrometheusSeries] {
    try get(
      "query", [("query", expression)] + (at.map { [("time", "\($0)")] } ?? []),
      as: PrometheusAnswer.Result.self
    ).series
  }

  /// Values of an expression over a time.
  ///
  /// - Parameters:
  ///   - expression: of PromQL.
  ///   - from: the first time, in seconds since 1970.
  ///   - until: the last.
  ///   - step: seconds from value to value.
  public func queryRange(
    _ expression: String, from: Double, until: Double, step: Double
  ) throws(PrometheusError) -> [PrometheusSeries] {
    try get(
      "query_range",
      [
        ("query", expression), ("start", "\(from)"), ("end", "\(until)"), ("step", "\(step)"),
      ], as: PrometheusAnswer.Result.self
    ).series
  }

  /// What Prometheus scrapes.
  public func targets() throws(PrometheusError) -> [PrometheusTarget] {
    try get("targets", [("state", "active")], as: PrometheusAnswer.Targets.self).activeTargets
  }

  private func get<Value: Decodable>(
    _ path: String, _ query: [(String, String)], as type: Value.Type
  ) throws(PrometheusError) -> Value {
    let query = query.map { "\($0)=\(WebAddress.segment($1))" }.joined(separator: "&")
    let url = WebAddress.appending("api/v1/\(path)?\(query)", to: address)
    let host = WebAddress.peer(of: address)
    let answer: HTTPResponse
    do {
      answer = try http.send(HTTPRequest(method: "GET", url: url, headers: headers))
    } catch {
      throw .unreachable(error)
    }
    guard !answer.isTruncated else { throw .tooLarge(host: host, bytes: http.responseLimit) }
    // Whoever is between answers in its own way: what cannot be read says no more than its status.
    let read = try? JSONDecoder().decode(PrometheusAnswer.self, from: Data(answer.body))
    guard (200...299).contains(answer.status) else {
      let reason = Outgoing.line(String((read?.error ?? "").prefix(300)))
      throw .refused(host: host, status: answer.status, reason: reason)
    }
    guard read?.status == "success",
      let data = try? JSONDecoder().decode(
        PrometheusAnswer.Whole<Value>.self, from: Data(answer.body)
      ).data
    else { throw .unintelligible(host: host) }
    return data
  }
}
