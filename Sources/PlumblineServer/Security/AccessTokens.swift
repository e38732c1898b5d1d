import Crypto
import Foundation
import Hummingbird
import Monitoring

/// The tokens that are accepted, as digests.
struct AccessTokens: Sendable {
  private struct Known: Sendable {
    let digest: [UInt8]
    let scopes: Set<ServiceConfiguration.Scope>
    let expires: Instant?

    func answer(for scope: ServiceConfiguration.Scope, at now: Instant) -> Answer {
      if let expires, now >= expires { return .expired }
      return scopes.contains(scope) || scopes.contains(.admin) ? .allowed : .outOfScope
    }
  }

  /// What a request may do, or why not; the greatest of several counts.
  enum Answer: Int, Comparable {
    case unknown
    case expired
    case outOfScope
    case allowed

    static func < (one: Answer, other: Answer) -> Bool { one.rawValue < other.rawValue }
  }

  private let known: [Known]

  init(_ tokens: [ServiceConfiguration.Token]) {
    known = tokens.map { token in
      let digest: [UInt8] =
        switch token.digest {
        case .sha256(let bytes): bytes
        case .ofSecret(let secret): Array(SHA256.hash(data: Data(secret.utf8)))
        }
      return Known(digest: digest, scopes: token.scopes, expires: token.expires)
    }
  }

  /// Whether requests need a token.
  var isRequired: Bool { !known.isEmpty }

  /// Compares a token with all that are known, taking as long whichever it is and wherever it differs.
  ///
  /// One that is listed more than once may do what any of its entries that has not expired allows.
  func check(
    _ token: String, for scope: ServiceConfiguration.Scope, at now: Instant
  ) -> Answer {
    let digest = Array(SHA256.hash(data: Data(token.utf8)))
    return known.reduce(Answer.unknown) { best, known in
      let answer = known.answer(for: scope, at: now)
      return Self.isSame(digest, known.digest) ? max(best, answer) : best
    }
  }

  private static func isSame(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    guard one.count == other.count else { return false }
    return zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}

/// Lets requests through that may do what a group of routes does.
struct ScopeMiddleware<Context: RequestContext>: RouterMiddleware {
  let scope: ServiceConfiguration.Scope
  let state: ServiceState

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let tokens = state.tokens
    guard tokens.isRequired else { return try await next(request, context) }
    let header = request.headers[.authorization] ?? ""
    let prefix = "bearer "
    guard header.lowercased().hasPrefix(prefix) else {
      throw Self.unauthorized("the request has no bearer token", challenge: "Bearer")
    }
    switch tokens.check(String(header.dropFirst(prefix.count)), for: scope, at: state.now()) {
    case .allowed: return try await next(request, context)
    case .unknown:
      throw Self.unauthorized(
        "the token is not known", challenge: "Bearer error=\"invalid_token\"")
    case .expired:
      throw Self.unauthorized(
        "the token has expired", challenge: "Bearer error=\"invalid_token\"")
    case .outOfScope:
      throw Problem(
        .forbidden, "forbidden", "the token is not for this",
        mend: "use a token with the scope \(scope.rawValue) or admin")
    }
  }

  private static func unauthorized(_ detail: String, challenge: String) -> Problem {
    var problem = Problem(
      .unauthorized, "unauthorized", detail,
      mend: "send `Authorization: Bearer TOKEN` with a token of the configuration")
    problem.headers[.wwwAuthenticate] = challenge
    return problem
  }
}
