import Columns
import DataSources
import Foundation
import Support
import Synchronization
import Testing

/// What was acknowledged is there, once, whatever happens to the process.
struct DurabilityTests {
  /// Ids that were acknowledged, and those whose answer never came.
  private final class Ledger: Sendable {
    let next = Atomic(0)
    let acknowledged = Mutex<Set<Int>>([])
    let open = Mutex<[[Int]]>([])

    /// Ids nobody has sent before.
    func fresh(_ count: Int) -> [Int] {
      let first = next.add(count, ordering: .relaxed).oldValue
      return Array(first..<first + count)
    }
  }

  /// Ids of the events a service that stopped has kept.
  private func ids(in folder: TemporaryFolder) throws -> [String] {
    let kept = try SourceOpener().open(folder.path + "/data/events/fraud/predictions")
    let connection = try kept.database.connect()
    let stream = try kept.run(kept.select(["prediction_id"]), over: connection)
    var found: [String] = []
    while let batch = try stream.next() {
      guard let column = batch.column(0) else { continue }
      found += (0..<batch.rows).compactMap { column.string($0) }
    }
    return found
  }

  @Test func `A full disk refuses events and loses none that were acknowledged`() async throws {
    let folder = try TemporaryFolder()
    let configuration = "service: {data_folder: \(folder.path)/data, listen: \"127.0.0.1:0\"}"
    let full = try RunningService(folder, configuration, fileKilobytes: 600)
    var acknowledged = 0
    var refused: RunningService.Answer?
    while refused == nil, acknowledged < 200_000 {
      let answer = try #require(await full.predict(acknowledged..<acknowledged + 500))
      if answer.status == 200 { acknowledged += 500 } else { refused = answer }
    }
    #expect(refused?.status == 507 && refused?.json["code"] as? String == "not_kept")
    #expect(refused?.headers["retry-after"] != nil)
    // It goes on living, and can be asked.
    #expect(try #require(await full.request("GET", "healthz")).status == 200)
    #expect(try #require(await full.request("GET", "metrics")).text.contains("not_kept"))
    // But it is not ready for more.
    #expect(try #require(await full.request("GET", "readyz")).status == 503)
    let told = full.logText.matches(of: /error events cannot be written.*not be kept/).count
    #expect(told == 1, "\(full.logText)")
    full.send(SIGTERM)
    _ = full.wait()
    let roomy = try RunningService(folder, configuration)
    let again = try #require(await roomy.predict(0..<acknowledged + 500))
    #expect(again.json["accepted"] as? Int == 500, "\(again.text)")
    #expect(try #require(await roomy.request("GET", "readyz")).status == 200)
    roomy.send(SIGTERM)
    #expect(roomy.wait() == 0)
    let found = try ids(in: folder)
    #expect(found.count == acknowledged + 500 && Set(found).count == found.count)
  }

  @Test func `A full disk that payload loggers meet makes the service not ready, too`() async throws
  {
    let folder = try TemporaryFolder()
    let configuration = "service: {data_folder: \(folder.path)/data, listen: \"127.0.0.1:0\"}"
    let full = try RunningService(folder, configuration, fileKilobytes: 600)
    func send(_ number: Int) async throws -> RunningService.Answer {
      let rows = (0..<200).map { "[\($0), \(number), 0.5, 1e300]" }.joined(separator: ",")
      return try #require(
        await full.request(
          "POST", "v1/cloudevents", body: Data("{\"instances\": [\(rows)]}".utf8),
          type: "application/json",
          headers: [
            "Ce-Id": "\(number)", "Ce-Specversion": "1.0", "Ce-Source": "s",
            "Ce-Type": "org.kubeflow.serving.inference.request",
            "Ce-Inferenceservicename": "iris",
          ]))
    }
    #expect(try await send(0).status == 202)
    #expect(try #require(await full.request("GET", "readyz")).status == 200)
    var number = 1
    var answer = try await send(number)
    while answer.status == 202, number < 2_000 {
      number += 1
      answer = try await send(number)
    }
    #expect(answer.status == 507 && answer.json["code"] as? String == "not_kept", "\(answer.text)")
    #expect(try #require(await full.request("GET", "readyz")).status == 503)
  }

  @Test func `A journal that is lost takes no file along, whoever opens the folder next`()
    async throws
  {
    let folder = try TemporaryFolder()
    let data = folder.path + "/data"
    let configuration = "service: {data_folder: \(data), listen: \"127.0.0.1:0\"}"
    let first = try RunningService(folder, configuration)
    #expect(await first.predict(0..<50)?.status == 200)
    first.send(SIGTERM)
    #expect(first.wait() == 0)
    func loseJournal() throws {
      for file in try FileManager.default.contentsOfDirectory(atPath: data) {
        if file.hasPrefix("events.db") {
          try FileManager.default.removeItem(atPath: "\(data)/\(file)")
        }
      }
    }
    func export(to name: String) throws -> CommandRun.Outcome {
      try CommandRun.plumbline([
        "export", "fraud", "--data-folder", data, "--to", "\(folder.path)/\(name)", "--format",
        "json",
      ])
    }
    try loseJournal()
    let saved = try export(to: "saved")
    #expect(saved.json["rows"] as? Int == 50 && saved.errors.contains("the journal was lost"))
    #expect(try ids(in: folder).count == 50)
    try loseJournal()
    let second = try RunningService(folder, configuration)
    #expect(second.logText.contains("error the journal of events was lost"), "\(second.logText)")
    #expect(await second.predict(0..<60)?.json["duplicates"] as? Int == 50)
    second.send(SIGTERM)
    #expect(second.wait() == 0)
    #expect(try ids(in: folder).count == 60)
    // What an export cannot have it says.
    let day = try #require(
      FileManager.default.contentsOfDirectory(atPath: data + "/events/fraud/predictions").first)
    let files = "events/fraud/predictions/\(day)"
    let file = try #require(
      FileManager.default.contentsOfDirectory(atPath: "\(data)/\(files)").first)
    try Data("PAR1".utf8).write(to: URL(fileURLWithPath: "\(data)/\(files)/\(file)"))
    let rest = try export(to: "rest")
    #expect([10, 50].contains(rest.json["rows"] as? Int), "\(rest.all)")
    #expect(
      rest.errors.contains("gone or damaged are left out: \(files)/\(file)\n"), "\(rest.errors)")
  }

  @Test func `A data folder with a name of one letter, or none, is one like others`() async throws {
    let folder = try TemporaryFolder()
    let service = try RunningService(
      folder, "service: {data_folder: \(folder.path)/D, listen: \"127.0.0.1:0\"}")
    #expect(await service.predict(0..<50)?.status == 200)
    service.send(SIGTERM)
    #expect(service.wait() == 0)
    for (name, place) in [("D", folder.path), (".", folder.path + "/D")] {
      // What is made again is brought to the disk with the folders it is in.
      try FileManager.default.removeItem(atPath: folder.path + "/D/index")
      let target = "\(folder.path)/out-\(name)"
      let export = try ToolRun(
        RunningService.binary.path,
        ["export", "fraud", "--data-folder", name, "--to", target, "--format", "json"], at: place)
      #expect(export.hasExited && export.json["rows"] as? Int == 50, "\(export.all)")
    }
  }

  @Test func `Events that were acknowledged survive kill -9, each once`() async throws {
    let folder = try TemporaryFolder()
    let configuration = """
      service:
        data_folder: \(folder.path)/data
        listen: 127.0.0.1:0
        limits: {unsealed_rows: 40}
      """
    let ledger = Ledger()
    for round in 0..<8 {
      let service = try RunningService(folder, configuration)
      // What had no answer is sent again, as clients do; it may be known already.
      for ids in ledger.open.withLock({ open in
        defer { open = [] }
        return open
      }) {
        let answer = try #require(await service.predict(ids))
        let counts = ["accepted", "duplicates"].compactMap { answer.json[$0] as? Int }
        #expect(answer.status == 200 && counts.reduce(0, +) == ids.count)
        ledger.acknowledged.withLock { $0.formUnion(ids) }
      }
      let before = ledger.acknowledged.withLock { $0.count }
      let enough = before + 40 * (round * 7 % 5 + 1)
      await withTaskGroup { group in
        for _ in 0..<4 {
          group.addTask {
            while ledger.acknowledged.withLock({ $0.count }) < enough {
              let ids = ledger.fresh(Int.random(in: 1...60))
              guard let answer = await service.predict(ids), answer.status == 200 else {
                return ledger.open.withLock { $0.append(ids) }
              }
              ledger.acknowledged.withLock { $0.formUnion(ids) }
            }
            // The first who has enough ends it for all, in the middle of what they do.
            service.send(SIGKILL)
          }
        }
      }
      _ = service.wait()
    }
    // What was sealed twice over was not kept aside: nothing of it was needed.
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/data/orphans"))
    // They are known by what the disk has of them, and were that to lose the index, by the events alone.
    try FileManager.default.removeItem(atPath: folder.path + "/data/index")
    let last = try RunningService(folder, configuration)
    let known = ledger.acknowledged.withLock { Array($0) }
    for start in stride(from: 0, to: known.count, by: 200) {
      let ids = known[start..<min(start + 200, known.count)]
      let again = try #require(await last.predict(ids))
      #expect(again.json["duplicates"] as? Int == ids.count, "\(again.text)")
    }
    last.send(SIGTERM)
    #expect(last.wait() == 0)
    let found = try ids(in: folder)
    let acknowledged = ledger.acknowledged.withLock { $0 }
    #expect(acknowledged.count > 800)
    #expect(Set(found).count == found.count)
    #expect(Set(acknowledged.map { "p\($0)" }).subtracting(found).isEmpty)
    // More than was acknowledged can only be what had no answer.
    let unanswered = Set(ledger.open.withLock { $0 }.joined().map { "p\($0)" })
    #expect(Set(found).subtracting(acknowledged.map { "p\($0)" }).isSubset(of: unanswered))
  }
}
