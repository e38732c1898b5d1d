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

  // MARK: Files that are written

  private static let row = "prediction_id,x,y,p\n" + "a,1,0,0.5\nb,2,1,0.5\n"

  @Test(arguments: [
    ["drift", "a.csv", "b.csv", "--html", "a.csv"],
    ["drift", "a.csv", "b.csv", "--json", "./b.csv"],
    ["drift", "a.csv", "link.csv", "--json", "b.csv"],
    ["drift", "a.csv", "*.csv", "--html", "b.csv"],
    ["drift", "a.csv", ".", "--html", "b.csv"],
    ["drift", "a.csv", "b.csv", "--history", "a.csv"],
    ["drift", "a.csv", "b.csv", "--config", "c.yaml", "--html", "c.yaml"],
    ["performance", "a.csv", "--target", "y", "--prediction", "p", "--html", "a.csv"],
    ["performance", "a.csv", "--target", "y", "--labels", "b.csv", "--id", "x", "--json", "b.csv"],
    ["diagnose", "a.csv", "b.csv", "--target", "y", "--probability", "p", "--html", "b.csv"],
    ["diagnose", "--history", "a.csv", "--html", "a.csv"],
    ["history", "show", "1", "--history", "a.csv", "--html", "a.csv"],
    ["experiment", "analyze", "a.csv", "--config", "c.yaml", "--state-out", "c.yaml"],
    ["alerts", "export", "--rules", "c.yaml", "--output", "c.yaml"],
  ])
  func `No file that is read is written over`(_ arguments: [String]) throws {
    let paths = try [
      folder.write("a.csv", Self.row), folder.write("b.csv", Self.row),
      folder.write("c.yaml", "drift: {method: psi}\n"),
    ]
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link.csv", withDestinationPath: "b.csv")
    let before = try paths.map(text)
    #expect(try refusal(arguments).contains("would write over"))
    #expect(try paths.map(text) == before)
  }

  @Test(arguments: [
    ["--html", "r", "--json", "./r"], ["--html", "h.db", "--history", "h.db"],
    ["--json", "new/../r", "--html", "r"],
  ])
  func `One file is not written twice`(_ options: [String]) throws {
    _ = try folder.write("a.csv", Self.row)
    _ = try folder.write("new/x", "")
    #expect(try refusal(["drift", "a.csv", "a.csv"] + options).contains("would both write"))
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(left == ["a.csv", "new"])
  }

  @Test func `A report beside the data, or over an older one, is written`() throws {
    _ = try folder.write("data/a.csv", Self.row)
    for _ in 0..<2 {
      let outcome = try ToolRun(
        RunningService.binary.path,
        [
          "drift", "data", "data/*.csv", "--html", "data/r.html", "--json", "data/r.json",
          "--quiet",
        ], at: folder.path)
      #expect(outcome.code == 0, "\(outcome.all)")
    }
    let devices = try ToolRun(
      RunningService.binary.path,
      ["drift", "data", "data", "--html", "/dev/null", "--json", "/dev/null", "--quiet"],
      at: folder.path)
    #expect(devices.code == 0, "\(devices.all)")
  }

  @Test func `A dash is no file to write`() throws {
    _ = try folder.write("a.csv", Self.row)
    let said = try refusal(["drift", "a.csv", "a.csv", "--json", "-"])
    #expect(said.contains("--format json prints the result"))
    #expect(
      try refusal(["drift", "a.csv", "a.csv", "--html", "-"]).contains("--html takes the name"))
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/-"))
  }

  // MARK: Data folders

  @Test func `An export of a folder where no service has run makes none`() throws {
    let said = try refusal(["export", "m", "--data-folder", "nope", "--to", "out"])
    #expect(
      said.contains("nope/events.db cannot be read: there is no such file: the service has not"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }
}
