public import DataSources

/// Why Prometheus did not say what it was asked.
public enum PrometheusError: ExplainedError, Equatable {
  /// There was no answer.
  case unreachable(OutboundError)
  /// It answered with a status that is no success; `reason` is its own word.
  case refused(host: String, status: Int, reason: String)
  /// The answer is longer than is read.
  case tooLarge(host: String, bytes: Int)
  /// The answer is none of Prometheus' HTTP API.
  case unintelligible(host: String)

  public var code: String {
    switch self {
    case .unreachable: "prometheus_unreachable"
    case .refused: "prometheus_refused"
    case .tooLarge: "prometheus_answer_too_large"
    case .unintelligible: "prometheus_unintelligible"
    }
  }

  public var what: String {
    switch self {
    case .unreachable(let error): error.what
    case .refused(let host, let status, let reason):
      "\(host) answered with \(status)" + (reason.isEmpty ? "" : ": \(reason)")
    case .tooLarge(let host, let bytes): "\(host) answered with more than \(bytes) bytes"
    case .unintelligible(let host): "what \(host) answers is not of Prometheus' HTTP API"
    }
  }

  public var mend: String {
    switch self {
    case .unreachable(let error): error.mend
    case .refused(_, 401, _), .refused(_, 403, _):
      "give the credentials Prometheus, or the proxy before it, asks for"
    case .refused: "check the query, and the address: it ends before /api/v1"
    case .tooLarge: "ask for fewer series or a shorter time"
    case .unintelligible: "check the address: it ends before /api/v1"
    }
  }
}
