import Foundation
import Support
import Testing

/// The page at `/`, in a real browser.
struct DashboardTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// The page's elements, after its program has run.
  private func page(_ service: RunningService) throws -> String {
    try Browser.look(at: service.address.absoluteString + "/", in: folder.path).dom
  }

  private func start(_ more: String = "") throws -> RunningService {
    try RunningService(
      folder,
      """
      service:
        data_folder: \(folder.path)/data
        listen: 127.0.0.1:0
      \(more)
      models:
        - {name: fraud, version: v2, checks: [{type: drift, schedule: "0 0 1 1 *", window: 1d}]}
        - {name: other, version: "<b>bold"}
      experiments: [{experiment_id: checkout, metrics: [converted]}]
      """)
  }

  @Test func `Models, checks and experiments are drawn, texts of others as text`() throws {
    let drawn = try page(start())
    #expect(drawn.contains("<strong>fraud</strong>") && drawn.contains("not made yet"))
    #expect(drawn.contains("control 50 %, treatment 50 %"))
    #expect(drawn.contains("&lt;b&gt;bold") && !drawn.contains("<b>"))
    #expect(drawn.contains("id=\"token\" hidden"))
  }

  @Test func `Messages that no channel took are counted and shown`() async throws {
    let service = try RunningService(
      folder,
      alerting: """
        rules:
          - {name: failing, metric: error_rate, condition: "> 50%", consecutive_failures: 1, severity: critical}
        channels:
          - {name: hook, type: webhook, url: "http://127.0.0.1:1/", timeout: 1s, give_up_after: 1s}
        """)
    _ = await service.predict(0..<100, status: "error")
    let count = "plumbline_notifications_given_up_total{channel=\"hook\",kind=\"firing\"} 1"
    while await service.request("GET", "metrics")?.text.contains(count) != true {
      await Task.yield()
    }
    let drawn = try page(service)
    #expect(drawn.contains("<section aria-labelledby=\"undelivered-title\" id=\"undelivered\">"))
    #expect(drawn.contains("<td>hook</td><td>firing</td>"), "\(drawn)")
    let attempts = try #require(await service.request("GET", "v1/notifications"))
    let none = await service.request("GET", "v1/notifications?outcome=delivered,refused")
    #expect((none?.json["attempts"] as? [Any])?.isEmpty == true)
    #expect(await service.request("GET", "v1/notifications?outcome=lost")?.status == 400)
    let outcomes = (attempts.json["attempts"] as? [[String: Any]])?.map { $0["outcome"] as? String }
    #expect(outcomes?.first == "given_up" && outcomes?.last == "delayed")
  }

  @Test func `A service with tokens asks for one`() async throws {
    let secret = try folder.write("secret", "the-dashboard-token")
    let service = try start("  tokens: [{name: d, scopes: [read], file: \(secret)}]")
    let drawn = try page(service)
    #expect(drawn.contains("<form id=\"token\">") && !drawn.contains("fraud"))
    let page = try #require(await service.request("GET", ""))
    #expect(page.headers["content-security-policy"]?.contains("default-src 'none'") == true)
  }

  @Test func `A model that got worse has a way to why`() throws {
    let first = try start()
    first.send(SIGTERM)
    #expect(first.wait() == 0)
    let made = try ToolRun.python(
      [
        "-c",
        """
        import sqlite3, sys
        with sqlite3.connect(sys.argv[1]) as history:
          for model, status in (("fraud", "degraded"), ("other", "healthy")):
            history.execute("INSERT INTO run (kind, command, created_at, model, check_name, due_at,"
              " status, headline, report) VALUES ('drift', 'serve', '2026-11-24T10:00:00Z', ?,"
              " 'drift', '2026-11-24T10:00:00Z', ?, '3 of 5 columns drifted', x'7b7d')",
              (model, status))
        """, folder.path + "/data/history.db",
      ])
    #expect(made.code == 0, "\(made.errors)")
    let drawn = try page(start())
    #expect(drawn.contains("title=\"Why fraud is as it is\">Why?</button>"), "\(drawn)")
    #expect(!drawn.contains("Why other"))
  }
}
