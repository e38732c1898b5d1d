import Foundation
import Support
import Testing

/// Pages in a real browser.
enum BrowserPage {
  /// A page's elements, after its program has run.
  static func elements(of address: String, _ folder: TemporaryFolder) throws -> String {
    let browser = Process()
    browser.executableURL = URL(fileURLWithPath: "/usr/bin/chromium")
    browser.arguments = [
      "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(folder.path)/browser",
      "--virtual-time-budget=5000", "--dump-dom", address,
    ]
    let output = Pipe()
    browser.standardOutput = output
    browser.standardError = FileHandle.nullDevice
    try browser.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    browser.waitUntilExit()
    return text
  }
}

/// The page at `/`.
struct DashboardTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func page(_ service: RunningService) throws -> String {
    try BrowserPage.elements(of: service.address.absoluteString + "/", folder)
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

  @Test func `A service with tokens asks for one`() async throws {
    let secret = try folder.write("secret", "the-dashboard-token")
    let service = try start("  tokens: [{name: d, scopes: [read], file: \(secret)}]")
    let drawn = try page(service)
    #expect(drawn.contains("<form id=\"token\">") && !drawn.contains("fraud"))
    let page = try #require(await service.request("GET", ""))
    #expect(page.headers["content-security-policy"]?.contains("default-src 'none'") == true)
  }
}
