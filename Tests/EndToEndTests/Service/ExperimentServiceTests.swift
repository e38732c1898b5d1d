import Foundation
import Support
import Testing

/// Experiments that are assigned, measured and analysed over HTTP.
struct ExperimentServiceTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func start() throws -> RunningService {
    try RunningService(
      folder,
      """
      service: {data_folder: \(folder.path)/data, listen: "127.0.0.1:0"}
      experiments:
        - experiment_id: checkout
          traffic_split: 0.5
          min_sample_size: 100
          max_sample_size: 1000
          spending: obrien_fleming
          metrics: [converted]
          guardrails: {latency_p99_ms: {max: 300, column: latency_ms, aggregate: p99}}
      """)
  }

  private func post(
    _ service: RunningService, _ route: String, _ body: String, type: String = "application/json"
  ) async throws -> RunningService.Answer {
    try #require(
      await service.request(
        "POST", "v1/experiments/\(route)", body: Data(body.utf8), type: type))
  }

  @Test func `Users are assigned, measured and compared`() async throws {
    let service = try start()
    let listed = try #require(await service.request("GET", "v1/experiments"))
    #expect(listed.text.contains("\"experiment_id\":\"checkout\""))
    let early = try #require(await service.request("GET", "v1/experiments/checkout"))
    #expect(early.status == 409 && early.json["code"] as? String == "no_observations")

    let users = (0..<800).map { "user_\($0)" }
    let list = users.map { "\"\($0)\"" }.joined(separator: ",")
    let many = try await post(service, "checkout/assign", "{\"user_ids\": [\(list)]}")
    let assigned = try #require(many.json["assignments"] as? [[String: String]])
    #expect(assigned.map { $0["user_id"] } == users)
    // The requirement's formula, by another's MD5.
    let check = """
      import hashlib
      for i in range(800):
          place = int(hashlib.md5(f"checkout:user_{i}".encode()).hexdigest(), 16) % 10000 / 10000
          print("control" if place < 0.5 else "treatment")
      """
    let expected = try ToolRun.python(["-c", check]).output.split(separator: "\n").map(String.init)
    #expect(assigned.map { $0["variant"] } == expected)
    let one = try await post(service, "checkout/assign", #"{"user_id": "user_7"}"#)
    #expect(one.json["variant"] as? String == expected[7])

    // Half of the treatment converts, a quarter of control; the service knows who is which.
    let rows = users.enumerated().map { index, user in
      let converted = expected[index] == "treatment" ? index % 2 == 0 : index % 4 == 0
      return "{\"observation_id\": \"o\(index)\", \"user_id\": \"\(user)\", \"metrics\": "
        + "{\"converted\": \(converted), \"latency_ms\": \(100 + index % 50)}}"
    }.joined(separator: "\n")
    let type = "application/x-ndjson"
    for (accepted, duplicates) in [(800, 0), (0, 800)] {
      let answer = try await post(service, "checkout/observations", rows, type: type)
      #expect(answer.json["accepted"] as? Int == accepted, "\(answer.text)")
      #expect(answer.json["duplicates"] as? Int == duplicates)
    }
    // Where users went can be seen without a look at what came of it.
    let allocation = try #require(
      await service.request("GET", "v1/experiments/checkout/allocation"))
    let arms = try #require(allocation.json["variants"] as? [[String: Any]])
    #expect(
      arms.map { $0["units"] as? Int }
        == ["control", "treatment"].map { name in expected.count { $0 == name } })
    #expect(
      (arms.first?["metrics"] as? [String: Int])?["converted"] == arms.first?["units"] as? Int)
    #expect(!allocation.text.contains("mean") && allocation.status == 200)
    let report = try #require(await service.request("GET", "v1/experiments/checkout"))
    #expect(report.status == 200, "\(report.text)")
    let comparison = try #require((report.json["comparisons"] as? [[String: Any]])?.first)
    let treatment = zip(expected, 0...).filter { $0.0 == "treatment" }
    let rate = Double(treatment.count { $0.1 % 2 == 0 }) / Double(treatment.count)
    let mean = try #require(comparison["treatment_mean"] as? Double)
    #expect(abs(mean - rate) < 1e-12)
    #expect(["STOP", "SHIP"].contains(report.json["verdict"] as? String), "\(report.text)")
    #expect((report.json["guardrails"] as? [[String: Any]])?.count == 2)
    // Who looks again at the same rows has not looked once more.
    func looks(_ answer: RunningService.Answer) -> Int? {
      ((answer.json["sequential"] as? [String: Any])?["looks"] as? [Any])?.count
    }
    let again = try #require(await service.request("GET", "v1/experiments/checkout"))
    #expect(looks(report) == 1 && looks(again) == 1)
    let page = try #require(
      await service.request("GET", "v1/experiments/checkout", headers: ["Accept": "text/html"]))
    #expect(page.text.hasPrefix("<!doctype html>"))
    let models = try #require(await service.request("GET", "v1/models"))
    #expect(!models.text.contains("checkout"))
  }

  @Test func `What is no observation or no experiment is refused`() async throws {
    let service = try start()
    let bad = try await post(
      service, "checkout/observations",
      """
      [{"user_id": "a", "metrics": {"converted": 1}}, {"metrics": {"converted": 1}},
       {"user_id": "b", "metrics": {"variant": 1}}, {"user_id": "c", "metrics": {"converted": "yes"}},
       {"user_id": "d", "metrics": 3}, {"user_id": 12, "variant": "control", "metrics": {}}]
      """)
    #expect(bad.json["accepted"] as? Int == 2)
    let rejected = try #require(bad.json["rejected"] as? [[String: Any]])
    #expect(rejected.map { $0["index"] as? Int } == [1, 2, 3, 4])
    for (route, body, status) in [
      ("nothing/assign", "{}", 404), ("checkout/assign", "{}", 400), ("checkout/assign", "[", 400),
      ("checkout/assign", #"{"user_id": "a", "user_ids": ["b"]}"#, 400),
      ("nothing/observations", "[]", 404),
    ] {
      #expect(try await post(service, route, body).status == status, "\(route) \(body)")
    }
    #expect(await service.request("GET", "v1/experiments/nothing")?.status == 404)
  }
}
