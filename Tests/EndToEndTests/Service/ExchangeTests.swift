import Foundation
import Support
import Testing

/// Events that come in, and go out, in other shapes than JSON.
struct ExchangeTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func start(_ more: String = "") throws -> RunningService {
    try RunningService(
      folder,
      """
      service:
        data_folder: \(folder.path)/data
        listen: 127.0.0.1:0
        limits: {file_bytes: 1MB, body_bytes: 256KiB}
      models:
        - {name: iris, feature_names: [length, width], class_names: [setosa, virginica]}
      \(more)
      """)
  }

  @Test func `A Parquet file goes in and comes out`() async throws {
    let service = try start()
    let path = try folder.write(
      "bulk.parquet",
      rowsOf: """
        SELECT range AS prediction_id, TIMESTAMP '2024-05-01' + INTERVAL 1 HOUR * range AS timestamp,
          range AS x, range % 2 AS prediction
        FROM range(1000)
        """)
    let body = try Data(contentsOf: URL(fileURLWithPath: path))
    let type = "application/vnd.apache.parquet"
    let route = "v1/models/fraud/predictions"
    for (accepted, duplicates) in [(1_000, 0), (0, 1_000)] {
      let answer = try #require(await service.request("POST", route, body: body, type: type))
      #expect(answer.status == 200, "\(answer.text)")
      #expect(answer.json["accepted"] as? Int == accepted)
      #expect(answer.json["duplicates"] as? Int == duplicates)
    }
    let junk = try #require(
      await service.request("POST", route, body: Data("PAR1 no PAR1".utf8), type: type))
    #expect(junk.status == 400 && junk.json["code"] as? String == "unreadable_events")
    #expect(!junk.text.contains(folder.path))
    let large = try #require(
      await service.request("POST", route, body: Data(count: 1_000_001), type: type))
    #expect(large.status == 413 && large.text.contains("file_bytes"))

    let whole = try #require(await service.request("GET", route))
    #expect(whole.headers["content-type"] == type)
    let out = folder.path + "/out.parquet"
    try whole.body.write(to: URL(fileURLWithPath: out))
    #expect(try count(out) == 1_000)
    let some = try #require(
      await service.request("GET", route + "?from=2024-05-02&until=2024-05-03"))
    try some.body.write(to: URL(fileURLWithPath: out))
    #expect(try count(out) == 24)
    for (query, status) in [("?from=2030-01-01", 404), ("?from=soon", 400)] {
      #expect(await service.request("GET", route + query)?.status == status)
    }
    #expect(await service.request("GET", "v1/models/nobody/labels")?.status == 404)
    // Nothing is left of what came and went.
    let scratch = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/data/scratch")
    #expect(!scratch.contains { $0.hasSuffix(".parquet") }, "\(scratch)")
    service.send(SIGTERM)
    #expect(service.wait() == 0)
    let export = try CommandRun.plumbline([
      "export", "fraud", "--data-folder", folder.path + "/data", "--to", folder.path + "/days",
      "--quiet",
    ])
    #expect(export.code == 0, "\(export.errors)")
    #expect(try count(folder.path + "/days/*/*.parquet") == 1_000)
  }

  @Test func `A small file that is a large table is refused in bounded memory`() async throws {
    let service = try start()
    let wide = (0..<200).map { "1 AS c\($0)" }.joined(separator: ", ")
    let bombs = [
      "SELECT 'p' AS prediction_id, \(wide) FROM range(500000)",
      "SELECT 'p' || range % 9 AS prediction_id, repeat('x', 60000) AS a FROM range(20000)",
    ]
    _ = await service.predict([1])
    let before = try service.peakMemory()
    for (index, bomb) in bombs.enumerated() {
      let path = try folder.write("bomb\(index).parquet", rowsOf: bomb)
      let body = try Data(contentsOf: URL(fileURLWithPath: path))
      let answer = try #require(
        await service.request(
          "POST", "v1/models/fraud/predictions", body: body,
          type: "application/vnd.apache.parquet"))
      #expect(answer.status == 413 && answer.json["code"] as? String == "batch_too_large")
    }
    // As columns they are gigabytes.
    #expect(try service.peakMemory() - before < 256 << 20)
    #expect(await service.predict([1])?.json["duplicates"] as? Int == 1)
  }

  private func count(_ pattern: String) throws -> Int64? {
    let path = try folder.write(
      "count.csv", rowsOf: "SELECT count(*) AS n FROM read_parquet('\(pattern)')")
    return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").last
      .flatMap { Int64($0) }
  }

  @Test func `A payload logger's requests and responses are joined`() async throws {
    let service = try start()
    func send(_ side: String, _ body: String, id: String = "id%201") async throws
      -> RunningService.Answer
    {
      try #require(
        await service.request(
          "POST", "v1/cloudevents", body: Data(body.utf8), type: "application/json",
          headers: [
            "Ce-Id": id, "Ce-Specversion": "1.0", "Ce-Source": "http://localhost:9081/",
            "Ce-Type": "org.kubeflow.serving.inference.\(side)",
            "Ce-Inferenceservicename": "iris", "Ce-Namespace": "default",
            "Ce-Component": "predictor", "Ce-Endpoint": "default",
          ]))
    }
    let request = try await send("request", #"{"instances": [[5.1, 3.5], [6.2, 3.4]]}"#)
    #expect(request.status == 202 && request.json["waiting"] as? Int == 1, "\(request.text)")
    let again = try await send("request", #"{"instances": [[5.1, 3.5], [6.2, 3.4]]}"#)
    #expect(again.json["duplicates"] as? Int == 1)
    let response = try await send("response", #"{"predictions": [[0.9, 0.1], [0.2, 0.8]]}"#)
    #expect(response.json["accepted"] as? Int == 2, "\(response.text)")
    let file = try #require(await service.request("GET", "v1/models/iris/predictions"))
    let out = folder.path + "/out.parquet"
    try file.body.write(to: URL(fileURLWithPath: out))
    let rows = try folder.write(
      "rows.csv",
      rowsOf: """
        SELECT prediction_id, length, width, prediction, probability_virginica AS p, model_version
        FROM read_parquet('\(out)') ORDER BY 1
        """)
    #expect(
      try String(contentsOfFile: rows, encoding: .utf8).split(separator: "\n").dropFirst() == [
        "id 1:0,5.1,3.5,setosa,0.1,default", "id 1:1,6.2,3.4,virginica,0.8,default",
      ])
    let metrics = try #require(await service.request("GET", "metrics")).text
    #expect(metrics.contains("ml_predictions_total{model_name=\"iris\",model_version=\"default\""))

    let bad = try await send("response", #"{"wrong": 1}"#, id: "2")
    #expect(bad.status == 400 && bad.text.contains("predictions"))
    // Its request is refused with it, and counted.
    let alone = try await send("request", #"{"instances": [[5, 3], [6, 3]]}"#, id: "2")
    #expect(alone.status == 400 && alone.text.contains("refused together"), "\(alone.text)")
    #expect(
      try #require(await service.request("GET", "metrics")).text.contains(
        "plumbline_events_rejected_total{model_name=\"iris\",kind=\"predictions\"} 2"))
    // So it is where a response is too large to be read, whichever comes first.
    let large = "{\"predictions\": [\(String(repeating: "1, ", count: 100_000))1]}"
    _ = try await send("request", #"{"instances": [[5, 3]]}"#, id: "large")
    for id in ["large", "early"] {
      let refused = try await send("response", large, id: id)
      #expect(refused.status == 413 && refused.json["code"] as? String == "body_too_large")
    }
    let late = try await send("request", #"{"instances": [[5, 3]]}"#, id: "early")
    #expect(late.status == 400 && late.text.contains("refused together"), "\(late.text)")
    #expect(try await send("request", large, id: "x").status == 413)
    #expect(
      try #require(await service.request("GET", "metrics")).text.contains(
        "plumbline_events_rejected_total{model_name=\"iris\",kind=\"predictions\"} 4"))
    let batch = Data(
      #"[{"id": "3", "specversion": "0.3", "source": "s", "type": "io.seldon.serving.inference.request", "inferenceservicename": "iris", "data": {"data": {"ndarray": [[1, 2]]}}}, {"id": "4"}]"#
        .utf8)
    let mixed = try #require(
      await service.request(
        "POST", "v1/cloudevents", body: batch, type: "application/cloudevents-batch+json"))
    #expect(mixed.status == 202 && mixed.json["waiting"] as? Int == 1)
    #expect((mixed.json["rejected"] as? [[String: Any]])?.first?["index"] as? Int == 1)
    let odd = await service.request("POST", "v1/cloudevents", body: batch, type: "text/xml")
    #expect(odd?.status == 415)
  }
}
