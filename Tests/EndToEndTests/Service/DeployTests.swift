import Foundation
import Support
import Testing

/// What comes along to run the service with.
struct DeployTests {
  private let deploy = URL(fileURLWithPath: #filePath)
    .appendingPathComponent("../../../../Deploy").standardizedFileURL
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func run(_ tool: String, _ arguments: [String]) throws -> (code: Int32, text: String) {
    let run = try ToolRun(tool, arguments)
    return (run.code, run.all)
  }

  private func read(_ path: String) throws -> String {
    try String(contentsOf: deploy.appendingPathComponent(path), encoding: .utf8)
  }

  @Test func `The monitoring stack's parts take their configuration`() throws {
    // As the stack mounts them.
    _ = try folder.write("plumbline.rules.yml", read("prometheus/plumbline.rules.yml"))
    let secret = try folder.write("token", "a-token-of-the-stack")
    func withSecret(_ path: String) throws -> String {
      try folder.write(
        path,
        read("monitoring-stack/\(path)").replacing("/run/secrets/plumbline_token", with: secret))
    }
    let prometheus = try run(
      "/usr/bin/promtool", ["check", "config", withSecret("prometheus.yml")])
    #expect(prometheus.code == 0 && prometheus.text.contains("rules found"), "\(prometheus.text)")
    let alertmanager = try run(
      "/usr/bin/amtool",
      ["check-config", deploy.appendingPathComponent("monitoring-stack/alertmanager.yml").path])
    #expect(alertmanager.code == 0, "\(alertmanager.text)")
    let service = try run(
      RunningService.binary.path, ["check-config", "--config", withSecret("plumbline.yaml")])
    #expect(service.code == 0, "\(service.text)")
    let compose = """
      import sys, yaml
      stack = yaml.safe_load(open(sys.argv[1]))
      assert set(stack["services"]) == {"plumbline", "prometheus", "alertmanager", "grafana"}
      for name, service in stack["services"].items():
          for volume in service.get("volumes", []):
              source = volume.split(":")[0]
              if source.startswith("."):
                  open(sys.argv[1].rsplit("/", 1)[0] + "/" + source) if "." in source.rsplit("/", 1)[1] else None
              else:
                  assert source in stack["volumes"], source
          for secret in service.get("secrets", []):
              assert secret in stack["secrets"], secret
          for other in service.get("depends_on", []):
              assert other in stack["services"], other
      """
    let checked = try run(
      "/usr/bin/python3",
      ["-c", compose, deploy.appendingPathComponent("monitoring-stack/compose.yaml").path])
    #expect(checked.code == 0, "\(checked.text)")
  }
}
