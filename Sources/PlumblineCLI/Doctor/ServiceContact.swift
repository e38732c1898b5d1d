import DataSources
import Foundation
import Monitoring
import Outbound
import Telemetry

/// Why the service did not say what it was asked.
enum ServiceProblem: ExplainedError, Equatable {
  /// Nobody asked: why.
  case notAsked(String)
  case silent(OutboundError)
  /// It answered with a status that is no success.
  case refused(host: String, status: Int, detail: String)
  case tooLarge(host: String, bytes: Int)
  case unintelligible(host: String)

  var code: String {
    switch self {
    case .notAsked: "not_asked"
    case .silent: "service_silent"
    case .refused: "service_refused"
    case .tooLarge: "service_answer_too_large"
    case .unintelligible: "service_unintelligible"
    }
  }

  var what: String {
    switch self {
    case .notAsked(let why): why
    case .silent(let error): error.what
    case .refused(let host, let status, let detail):
      "\(host) answered with \(status)" + (detail.isEmpty ? "" : ": \(detail)")
    case .tooLarge(let host, let bytes): "\(host) answered with more than \(bytes) bytes"
    case .unintelligible(let host): "what \(host) answers is not of Plumbline's service"
    }
  }

  var mend: String {
    switch self {
    case .notAsked: "name the service with --url"
    case .silent(.refused):
      "start it with `plumbline serve`, or name where it listens with --url"
    case .silent(.untrusted):
      "name its authority's file with --certificate-authority, and with --url a host the "
        + "certificate is of"
    case .silent(let error): error.mend
    case .refused(_, 401, _):
      "give a token of the service's with PLUMBLINE_TOKEN or --token-file"
    case .refused(_, 403, _): "give a token whose scopes hold `read` or `admin`"
    case .refused(_, 404, _), .unintelligible:
      "check that --url is the service's address and that it is of this version"
    case .refused(_, 500..., _): "see the service's log"
    case .refused: "check the address and the token"
    case .tooLarge: "ask for a shorter time with --since"
    }
  }
}

/// The service over HTTP.
struct ServiceAccess: Sendable {
  /// Without a slash at its end.
  let address: String
  private let token: String?
  private let http: HTTPClient

  init(address: String, token: String?, http: HTTPClient) {
    self.address = address
    self.token = token
    self.http = http
  }

  var peer: String { WebAddress.peer(of: address) }

  /// An answer with status 200.
  func get(
    _ path: String, accept: String? = nil
  ) throws(ServiceProblem) -> HTTPResponse {
    try send("GET", path, accept.map { [("Accept", $0)] } ?? [], [])
  }

  func get<Value: Decodable>(
    _ path: String, as type: Value.Type
  ) throws(ServiceProblem) -> Value {
    try decoded(get(path), as: type)
  }

  func post<Value: Decodable>(
    _ path: String, _ body: some Encodable, as type: Value.Type
  ) throws(ServiceProblem) -> Value {
    // Bodies are texts and numbers: nothing of them cannot be written.
    guard let bytes = try? JSONEncoder().encode(body) else {
      throw .unintelligible(host: peer)
    }
    return try decoded(
      send("POST", path, [("Content-Type", "application/json")], Array(bytes)), as: type)
  }

  private func decoded<Value: Decodable>(
    _ answer: HTTPResponse, as type: Value.Type
  ) throws(ServiceProblem) -> Value {
    // What is wrong with it is a matter of whoever answers there, who may be no Plumbline at all.
    guard let value = try? JSONDecoder().decode(type, from: Data(answer.body)) else {
      throw .unintelligible(host: peer)
    }
    return value
  }

  private struct Problem: Decodable {
    var detail: String?
  }

  private func send(
    _ method: String, _ path: String, _ headers: [(name: String, value: String)], _ body: [UInt8]
  ) throws(ServiceProblem) -> HTTPResponse {
    var headers = headers
    if let token { headers.append(("Authorization", "Bearer \(token)")) }
    let answer: HTTPResponse
    do {
      answer = try http.send(
        HTTPRequest(
          method: method, url: WebAddress.appending(path, to: address), headers: headers,
          body: body))
    } catch {
      throw .silent(error)
    }
    guard answer.status == 200 else {
      // What is between may answer in its own way, without a detail.
      let problem = try? JSONDecoder().decode(Problem.self, from: Data(answer.body))
      throw .refused(
        host: peer, status: answer.status, detail: String((problem?.detail ?? "").prefix(300)))
    }
    guard !answer.isTruncated else { throw .tooLarge(host: peer, bytes: http.responseLimit) }
    return answer
  }
}

/// What the service said at the beginning of a visit.
struct ServiceContact: Sendable {
  /// nil where it is not asked.
  var access: ServiceAccess?
  /// `/readyz`.
  var ready: Result<HTTPResponse, ServiceProblem>
  /// When it answered, by this machine's clock.
  var answeredAt: Instant?
  /// `/metrics`.
  var metrics: Result<HTTPResponse, ServiceProblem>

  /// Nobody is asked.
  init(notAsked why: String) {
    ready = .failure(.notAsked(why))
    metrics = .failure(.notAsked(why))
  }

  init(_ access: ServiceAccess, now: () -> Instant) {
    self.access = access
    do throws(ServiceProblem) {
      ready = .success(try access.get("readyz"))
    } catch {
      ready = .failure(error)
    }
    answeredAt = now()
    // One that is not there is not waited for twice.
    if case .failure(.silent(let error)) = ready {
      metrics = .failure(.silent(error))
      return
    }
    do throws(ServiceProblem) {
      metrics = .success(try access.get("metrics", accept: "text/plain"))
    } catch {
      metrics = .failure(error)
    }
  }

  /// Whether something answers there at all.
  var answers: Bool {
    switch ready {
    case .success, .failure(.refused), .failure(.tooLarge): true
    case .failure: false
    }
  }

  var exposition: Exposition? {
    guard case .success(let answer) = metrics else { return nil }
    return Exposition(parsing: answer.body)
  }
}
