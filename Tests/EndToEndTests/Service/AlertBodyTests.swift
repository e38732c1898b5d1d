import Foundation
import Support
import Testing

/// Bodies of requests about alerts: each mistake is named by its member.
struct AlertBodyTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private static let mistakes = [
    (
      #"{"matchers": ["a=b"], "ends_at": 1764000000, "created_by": "ada"}"#,
      "`ends_at` has to be a text in ISO 8601"
    ),
    (
      #"{"matchers": ["a=b"], "starts_at": "soon", "duration": "1h", "created_by": "ada"}"#,
      "`starts_at` has to be a text in ISO 8601"
    ),
    (
      #"{"matchers": ["a=b"], "duration": "1h", "author": "ada"}"#,
      "the body has members nobody knows: `author`"
    ),
    (
      #"{"matchers": ["a=b"], "duration": "1h"}"#,
      "`created_by` is missing: it is the name of who silences"
    ),
    (#"{"duration": "1h", "created_by": "ada"}"#, "`matchers` is missing: it is a list of texts"),
    (#"{"matchers": "a=b", "created_by": "ada"}"#, "`matchers` has to be a list of texts such as"),
    (
      #"{"matchers": ["a=b", 1], "created_by": "ada"}"#,
      "`matchers[1]` is not right: `matchers` has to be a list"
    ),
    (
      #"{"matchers": [{"label": "a", "operation": "="}], "created_by": "ada"}"#,
      "`matchers[0].value` is missing: `matchers` has to be a list"
    ),
    (
      #"{"matchers": [{"label": "a", "operation": "==", "value": "b"}], "created_by": "ada"}"#,
      "`matchers[0].operation` is not right: `matchers` has to be a list"
    ),
    (#"["a=b"]"#, "the body is no JSON object"), ("{", "the body is no JSON object"),
  ]

  @Test
  func `What is wrong with a body is said by its member, and silences are taken as they are given`()
    async throws
  {
    let service = try RunningService(folder, alerting: "rules: []")
    defer { service.send(SIGTERM) }
    func post(_ path: String, _ body: String) async -> RunningService.Answer? {
      await service.request("POST", path, body: Data(body.utf8), type: "application/json")
    }
    for (body, words) in Self.mistakes {
      let answer = await post("v1/silences", body)
      let detail = answer?.json["detail"] as? String ?? ""
      #expect(answer?.status == 400 && detail.hasPrefix(words), "\(body): \(detail)")
    }
    for (body, words) in [
      (#"{"by": "ada", "take_over": "yes"}"#, "`take_over` has to be true or false"),
      (#"{"take_over": true}"#, "`by` is missing: it is the name of who takes the alert on"),
    ] {
      let answer = await post("v1/alerts/none/ack", body)
      #expect(answer?.status == 400 && answer?.json["detail"] as? String == words)
    }
    let made = await post(
      "v1/silences",
      #"{"matchers": ["model_name=fraud", "check=~a|b", "x!=\"q\""], "duration": "1h", "created_by": "ada"}"#
    )
    #expect(made?.status == 201)
    // As it is answered with it can be sent.
    let matchers = try #require(made?.json["matchers"] as? NSArray)
    let wish: [String: Any] = ["matchers": matchers, "duration": "1h", "created_by": "ada"]
    let body = String(decoding: try JSONSerialization.data(withJSONObject: wish), as: UTF8.self)
    let again = await post("v1/silences", body)
    #expect(again?.status == 201 && again?.json["matchers"] as? NSArray == matchers)
  }
}
