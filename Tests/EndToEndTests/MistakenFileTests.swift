import Foundation
import Support
import Testing

/// Files that were named by mistake: they stay as they are, and the mistake is told.
struct MistakenFileTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  /// Runs what has to be refused in one line.
  private func refusal(_ arguments: [String]) throws -> String {
    let outcome = try ToolRun(RunningService.binary.path, arguments, at: folder.path)
    #expect(outcome.code == 2 && outcome.output.isEmpty, "\(arguments): \(outcome.all)")
    #expect(outcome.errors.hasPrefix("error: "), "\(arguments): \(outcome.errors)")
    #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    return outcome.errors
  }

  // MARK: Histories

  @Test(arguments: [
    ["history", "list", "--history"], ["history", "show", "1", "--history"],
    ["alerts", "replay", "--history"], ["diagnose", "--history"],
  ])
  func `What only reads changes no file it was pointed to`(_ command: [String]) throws {
    let empty = try folder.write("empty.csv", "")
    #expect(try refusal(command + [empty]).contains("is empty, and no history"))
    #expect(try text(empty) == "")
    let table = try folder.write("table.csv", "x\n1\n")
    #expect(try refusal(command + [table]).contains("table.csv is no history; name the file"))
    #expect(try text(table) == "x\n1\n")
  }

  @Test func `A request that names a history there is none of makes none`() throws {
    for kind in ["alerting", "root_cause_analysis"] {
      let request = try folder.write(
        "request.json", #"{"monitoring_type": "\#(kind)", "data": {"history": "none.db"}}"#)
      #expect(try refusal(["run", request]).contains("there is no history none.db"))
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/none.db"))
  }

  @Test func `A run that cannot be kept leaves no half of a history behind`() throws {
    let table = try folder.write("a.csv", "x\n1\n2\n3\n")
    let history = folder.path + "/h.db"
    let outcome = try ToolRun(
      "/bin/bash",
      [
        "-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "limited", RunningService.binary.path,
        "drift", table, table, "--history", history,
      ])
    #expect(outcome.code == 2 && outcome.errors.hasPrefix("error: the history"), "\(outcome.all)")
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(left == ["a.csv"])
  }

  @Test func `A list of no runs is no list`() throws {
    for limit in ["0", "-1"] {
      let outcome = try CommandRun.plumbline([
        "history", "list", "--history", "none.db", "--limit=\(limit)",
      ])
      #expect(outcome.code == 2 && outcome.errors.contains("--limit takes a whole number above 0"))
    }
  }
}
