import Alerting
import Events
import Foundation
import Hummingbird
import Monitoring
import Store

/// Silences: alerts that nobody is told of for a time.
struct SilenceRoutes<Context: RequestContext> {
  let state: ServiceState
  let history: History

  private struct Silences: Encodable {
    let silences: [Silence]
  }

  private struct Wish: Decodable {
    /// A matcher as people write it, `model_name=fraud`, or as silences are answered with, an object.
    struct Matcher: Decodable {
      let text: String

      init(from decoder: any Decoder) throws {
        // Tried as an object where it is no text, so that an error names what the object lacks.
        do {
          text = try decoder.singleValueContainer().decode(String.self)
        } catch DecodingError.typeMismatch {
          text = try LabelMatcher(from: decoder).text
        }
      }
    }

    static var wanted: [String: String] {
      [
        "matchers":
          "a list of texts such as \"model_name=fraud\", or of objects with label, operation and value",
        "duration": "a text such as \"2h\"",
        "starts_at": "a text in ISO 8601, such as \"2026-11-24T08:00:00Z\"",
        "ends_at": "a text in ISO 8601, such as \"2026-11-24T08:00:00Z\"",
        "created_by": "the name of who silences", "comment": "a text",
      ]
    }

    var matchers: [Matcher]
    var duration: String?
    var startsAt: Instant?
    var endsAt: Instant?
    var createdBy: String
    var comment: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case matchers, duration, comment
      case startsAt = "starts_at"
      case endsAt = "ends_at"
      case createdBy = "created_by"
    }
  }

  func add(to router: some RouterMethods<Context>) {
    let admin = ScopeMiddleware<Context>(scope: .admin, state: state)
    router.group("v1/silences").add(middleware: ScopeMiddleware(scope: .read, state: state))
      .get { request, _ in
        let wantsAll = try request.flag("all") ?? false
        return try JSONText.response(
          Silences(silences: history.silences(notEndedAt: wantsAll ? nil : state.now())))
      }
    router.group("v1/silences").add(middleware: admin).post(use: create)
    router.group("v1/silences/{id}").add(middleware: admin).delete(use: end)
  }

  @Sendable private func create(_ request: Request, _ context: Context) async throws -> Response {
    let wish = try await request.json(
      Wish.self, Wish.CodingKeys.self, wanted: Wish.wanted, mend: Self.mend)
    let silence = try SilenceRequest(
      matchers: wish.matchers.map(\.text), startsAt: wish.startsAt, endsAt: wish.endsAt,
      duration: wish.duration, createdBy: wish.createdBy, comment: wish.comment
    ).silence(at: state.now(), else: unclear)
    var kept = silence
    kept.id = try history.add(silence)
    return try JSONText.response(kept, status: .created)
  }

  @Sendable private func end(_ request: Request, _ context: Context) async throws -> Response {
    guard let id = context.parameters.get("id", as: Int64.self),
      try history.endSilence(id, at: state.now())
    else {
      throw Problem(
        .notFound, "no_such_silence", "there is no such silence that has not ended",
        mend: "see GET /v1/silences")
    }
    return Response(status: .noContent)
  }

  private func unclear(_ reason: String) -> Problem {
    Problem(.badRequest, "invalid_request", reason, mend: Self.mend)
  }

  private static var mend: String {
    "send {\"matchers\": [\"model_name=fraud\"], \"duration\": \"2h\", \"created_by\": \"NAME\"}"
  }
}
