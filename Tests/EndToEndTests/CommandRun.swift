import Foundation
import Support
import Testing

/// The binary as people and scripts run it.
enum CommandRun {
  typealias Outcome = ToolRun

  static func plumbline(
    _ arguments: [String], input: String = "", environment: [String: String] = [:]
  ) throws -> Outcome {
    try ToolRun(
      RunningService.binary.path, arguments, input: input, environment: environment)
  }

  /// Whether a document is as one of `docs/schemas` has it; what is not is recorded.
  static func isOfSchema(_ schema: String, _ path: String) throws -> Bool {
    let outcome = try ToolRun.schema(schema, of: path)
    if outcome.code != 0 { Issue.record("\(outcome.all)") }
    return outcome.code == 0
  }
}

/// A page in a real browser.
struct Browser {
  /// The page's elements after it was shown, and what its console said.
  struct Sight {
    let dom: String
    let complaints: String
  }

  /// - Parameters:
  ///   - address: of the page.
  ///   - folder: for the browser's profile.
  ///   - isDark: whether whoever looks prefers dark pages.
  static func look(at address: String, in folder: String, isDark: Bool = false) throws -> Sight {
    let browser = "/usr/bin/chromium"
    try #require(
      FileManager.default.isExecutableFile(atPath: browser),
      "chromium is not installed: run Scripts/bootstrap test-tools")
    let outcome = try ToolRun(
      browser,
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000", "--dump-dom",
        "--user-data-dir=\(folder)/profile-\(UUID().uuidString)", "--enable-logging=stderr",
        "--allow-file-access-from-files",
        "--blink-settings=preferredColorScheme=\(isDark ? 0 : 1)", address,
      ])
    let complaints = outcome.errors.split(separator: "\n").filter { $0.contains("CONSOLE") }
    return Sight(dom: outcome.output, complaints: complaints.joined(separator: "\n"))
  }

  /// What a page looks like in a frame of some width.
  struct Measures: Decodable {
    /// How wide it would have to be for everything to be seen.
    var width: Int
    var background: String
    var color: String
    /// Nodes of the tree that take up room.
    var nodes: Int
    var text: String
  }

  static func measure(
    page: String, width: Int, in folder: String, isDark: Bool = false
  ) throws -> Measures {
    let frame = folder + "/frame-\(width)-\(isDark).html"
    let script = """
      <!doctype html><body style="margin:0"><pre id="out"></pre>
      <iframe id="page" style="border:0;width:\(width)px;height:800px" src="file://\(page)"></iframe>
      <script>
      document.getElementById("page").onload = (event) => {
        const page = event.target.contentDocument;
        const style = event.target.contentWindow.getComputedStyle(page.body);
        const nodes = [...page.querySelectorAll("svg rect.node, svg rect.walked")]
          .filter((node) => node.getBoundingClientRect().width > 20).length;
        document.getElementById("out").textContent = btoa(unescape(encodeURIComponent(JSON.stringify({
          width: page.documentElement.scrollWidth, background: style.backgroundColor,
          color: style.color, nodes, text: page.body.innerText }))));
      };
      </script>
      """
    try script.write(toFile: frame, atomically: true, encoding: .utf8)
    let sight = try look(at: "file://" + frame, in: folder, isDark: isDark)
    let start = try #require(sight.dom.range(of: "id=\"out\">"))
    let end = try #require(sight.dom[start.upperBound...].range(of: "</pre>"))
    let data = try #require(
      Data(base64Encoded: String(sight.dom[start.upperBound..<end.lowerBound])))
    return try JSONDecoder().decode(Measures.self, from: data)
  }
}
