import Foundation
import Support
import Testing

/// What people get wrong at the command line, and what they are told: which option, which column, which
/// file, and why.
struct MistakeTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    _ = try folder.write(
      "a.parquet",
      rowsOf: """
        SELECT TIMESTAMP '2026-01-01' + INTERVAL 1 HOUR * range AS t,
          CASE WHEN range % 2 = 0 THEN 'AA' ELSE 'BB' END AS carrier, range % 7 AS num,
          (range % 10) / 10.0 AS p, range % 3 - 0.5 AS score, range % 2 AS late, 'control' AS variant
        FROM range(300)
        """)
    _ = try folder.write("b.csv", "carrier,num\nAA,1\nBB,2\nAA,3\n")
    _ = try folder.write(
      "plan.yaml", "experiment_id: x\nmetrics: [num]\nmin_sample_size: 10\n")
    _ = try folder.write("bad.yaml", "experiment_id: x\nmetrics: [\n")
    _ = try folder.write("figures.csv", "time,latency\n2026-01-01,3\n")
    try FileManager.default.createDirectory(
      atPath: folder.path + "/nothing", withIntermediateDirectories: true)
  }

  /// Runs the binary in the folder, so that messages have the names of files as they are here.
  private func plumbline(_ arguments: [String], input: String = "") throws -> ToolRun {
    let drivers = FileManager.default.currentDirectoryPath + "/.drivers"
    return try ToolRun(
      RunningService.binary.path, arguments, input: input,
      environment: ["ADBC_DRIVER_PATH": drivers], at: folder.path)
  }

  struct Mistake: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    /// What standard error has to say.
    let told: [String]
    var input = ""
    var testDescription: String { arguments.joined(separator: " ") }

    init(_ arguments: [String], _ told: [String], input: String = "") {
      (self.arguments, self.told, self.input) = (arguments, told, input)
    }
  }

  private static let measured = ["performance", "a.parquet", "--target", "late"]
  private static let analysed = [
    "experiment", "analyze", "a.parquet", "--config", "plan.yaml", "--variant", "variant",
  ]

  /// Columns and expressions that give no numbers.
  static let unfit = [
    Mistake(
      measured + ["--probability", "carrier"],
      ["--probability: column `carrier` of a.parquet is text, a number is needed: ", "'AA'"]),
    Mistake(
      ["performance", "a.parquet", "--target", "num", "--prediction", "carrier"]
        + ["--task", "regression"], ["--prediction: column `carrier` of a.parquet is text"]),
    Mistake(
      measured + ["--probability", "p", "--value", "carrier"],
      ["--value: `carrier` cannot be computed over a.parquet: ", "'AA'"]),
    Mistake(
      measured + ["--probability", "p", "--value", "nope+1"],
      ["--value: `nope+1` cannot be computed over a.parquet: ", "\"nope\" not found"]),
    Mistake(
      ["performance", "a.parquet", "--probability", "p", "--label-rule", "drop table x"],
      ["--label-rule: `drop table x` cannot be computed", "syntax error"]),
    Mistake(
      ["drift", "a.parquet", "b.csv", "--numerical", "carrier"],
      ["--numerical: column `carrier` of ", " is text, a number is needed"]),
    Mistake(
      analysed + ["--metric", "t"], ["--metric: column `t` of a.parquet is timestamp"]),
    Mistake(
      analysed + ["--metric", "num", "--timestamp", "carrier"],
      ["column `carrier` is text, not a timestamp"]),
    Mistake(
      ["diagnose", "a.parquet", "b.csv", "--current-sql", "select nope from source"],
      ["the query over b.csv fails: ", "\"nope\" not found", "check the query"]),
    Mistake(
      ["drift", "a.parquet", "b.csv", "--current-sql", "select carrier::INT AS num from source"],
      ["the query over b.csv fails: ", "check the query"]),
    Mistake(
      measured + ["--probability", "score"],
      [
        "--probability: 200 of 300 values of `score` in a.parquet are outside 0 to 1, from -0.5 to 1.5"
      ]),
  ]

  @Test(arguments: unfit)
  func `What gives no numbers is named by its option`(_ mistake: Mistake) throws {
    let outcome = try plumbline(mistake.arguments)
    #expect(outcome.code == 2)
    for part in mistake.told { #expect(outcome.errors.contains(part), "\(outcome.errors)") }
    #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    #expect(!outcome.errors.contains("file is whole"), "\(outcome.errors)")
  }

  /// Files that are folders, elsewhere, empty, or not what they should be.
  static let files = [
    Mistake(["drift", "a.parquet", "b.csv", "--html", "nothing"], ["nothing", "it is a folder"]),
    Mistake(
      ["drift", "a.parquet", "b.csv", "--config", "nothing"], ["nothing", "it is a folder"]),
    Mistake(["doctor", "--offline", "--token-file", "nothing"], ["nothing", "it is a folder"]),
    Mistake(
      ["drift", "a.parquet", "b.csv", "--config", "none"], ["none", "there is no such file"]),
    Mistake(
      ["drift", "a.parquet", "b.csv", "--history", "figures.csv"],
      ["figures.csv", "it is no SQLite file"]),
    Mistake(
      ["serve", "--data-folder", "b.csv", "--listen", "127.0.0.1:0"], ["b.csv", "it is no folder"]
    ),
    Mistake(["drift", "a.parquet", "nothing"], ["the folder nothing holds no file of data"]),
    Mistake(
      ["drift", "a.parquet", "https://example.com/b.csv"],
      ["https://example.com/b.csv is not on this machine; ", "download it first"]),
    Mistake(
      ["drift", "s3://bucket/b.parquet", "b.csv"],
      ["s3://bucket/b.parquet is not on this machine; ", "download it first"]),
    Mistake(
      ["drift", "a.parquet", "-"], ["standard input cannot be read: ", "it takes NDJSON"],
      input: "{\"num\": 1"),
    Mistake(["diagnose", "--metrics", "figures.csv"], ["figures.csv", "no column `timestamp`"]),
    Mistake(["experiment", "assign", "--config", "bad.yaml"], ["bad.yaml:3: not YAML: "]),
    Mistake(["run"], ["the request has to be an object"], input: "[]"),
  ]

  @Test(arguments: files)
  func `Nothing of the system's own shows through`(_ mistake: Mistake) throws {
    let outcome = try plumbline(mistake.arguments, input: mistake.input)
    #expect(outcome.code == 2)
    for part in mistake.told { #expect(outcome.errors.contains(part), "\(outcome.errors)") }
    #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    for hidden in [
      "Cocoa", "SQLite error", "INSERT", "CREATE", "plumbline-stdin", "libadbc",
      "Expected to decode",
      "^", "--timestamp",
    ] {
      #expect(!outcome.errors.contains(hidden), "\(outcome.errors)")
    }
  }

  /// What does not go together, or is lacking.
  static let usage = [
    Mistake(
      ["check-config"], ["no file is given", "Usage: plumbline check-config [--format <format>]"]),
    Mistake(
      measured + ["--probability", "p", "--labels-sql", "select 1"],
      ["--labels-sql is a query over --labels", "Usage: plumbline performance [<options>]"]),
    Mistake(
      measured + ["--probability", "p", "--reference-sql", "select 1"],
      ["--reference-sql is a query over --reference"]),
    Mistake(
      ["diagnose", "--history", "kept.db", "--model", "fraud"],
      [
        "no metric of the model fraud is in the history kept.db",
        "Usage: plumbline diagnose [<options>]", "See 'plumbline diagnose --help'",
      ]),
    Mistake(
      ["experiment", "analyze"],
      ["--config names", "Usage: plumbline experiment analyze [<options>] [<source>]"]),
  ]

  @Test(arguments: usage)
  func `A mistake in a command is met with that command's usage`(_ mistake: Mistake) throws {
    _ = try plumbline(["drift", "a.parquet", "b.csv", "--history", "kept.db"])
    let outcome = try plumbline(mistake.arguments)
    #expect(outcome.code == 2)
    for part in mistake.told { #expect(outcome.errors.contains(part), "\(outcome.errors)") }
    #expect(!outcome.errors.contains("<subcommand>"), "\(outcome.errors)")
  }

  @Test func `A negative number after an option is its value`() throws {
    for arguments in [["--threshold", "-1"], ["--threshold=-1"]] {
      let outcome = try plumbline(["drift", "a.parquet", "b.csv"] + arguments)
      #expect(outcome.code == 2)
      #expect(
        outcome.errors.hasPrefix("error: --threshold cannot be `-1.0`"), "\(outcome.errors)")
    }
    #expect(
      try plumbline(["performance", "a.parquet", "--target", "late", "--", "-1"]).errors
        .contains("-1"))
  }

  @Test func `A variant without a row is no small sample`() throws {
    let outcome = try plumbline(Self.analysed + ["--metric", "num"])
    #expect(outcome.code == 2)
    #expect(outcome.output.contains("No row is of variant 'treatment'"), "\(outcome.output)")
  }

  @Test func `Mistakes of a configuration are test cases for continuous integration`() throws {
    let mistaken = try plumbline(["check-config", "--config", "bad.yaml", "--format", "junit"])
    #expect(mistaken.code == 2 && mistaken.errors.isEmpty)
    #expect(mistaken.output.contains("tests=\"1\" failures=\"1\""), "\(mistaken.output)")
    #expect(mistaken.output.contains("name=\"line 3\"") && mistaken.output.contains("not YAML"))
    _ = try folder.write("fine.yaml", "service: {}\n")
    let fine = try plumbline(["check-config", "--config", "fine.yaml", "--format", "junit"])
    #expect(fine.code == 0 && fine.output.contains("tests=\"1\" failures=\"0\""))
  }

  @Test func `A place that is taken, and a name nobody knows, are told in words`() throws {
    let taken = try TakenPort()
    let configuration = try folder.write("open.yaml", "service: {allow_unauthenticated: true}\n")
    let busy = try plumbline([
      "serve", "--data-folder", "data", "--listen", "127.0.0.1:\(taken.port)",
    ])
    #expect(busy.code == 2)
    #expect(busy.errors.contains("another process listens there"), "\(busy.errors)")
    let unknown = try plumbline([
      "serve", "--config", configuration, "--data-folder", "data", "--listen",
      "nobody.invalid:8080",
    ])
    #expect(unknown.code == 2)
    #expect(unknown.errors.contains("no machine is known by this name"), "\(unknown.errors)")
    for said in [busy.errors, unknown.errors] {
      #expect(!said.contains("errno") && !said.contains("SocketAddress"), "\(said)")
    }
  }

  @Test func `A closed standard output is said`() throws {
    let shell = try ToolRun(
      "/bin/sh",
      ["-c", "exec \"$0\" drift a.parquet b.csv >&-", RunningService.binary.path],
      environment: [
        "ADBC_DRIVER_PATH": FileManager.default.currentDirectoryPath + "/.drivers"
      ], at: folder.path)
    #expect(shell.code == 2)
    #expect(
      shell.errors.hasPrefix("error: standard output cannot be written: it is closed"),
      "\(shell.errors)")
  }
}

/// A port that something listens on.
private final class TakenPort {
  let port: Int
  private let listener: Int32

  init() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutableBytes(of: &address) { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) { pointer in
        bind(listener, pointer.baseAddress, size) == 0 && listen(listener, 1) == 0
          && getsockname(listener, pointer.baseAddress, &size) == 0
      }
    }
    self.listener = listener
    port = Int(UInt16(bigEndian: address.sin_port))
    try #require(isListening)
  }

  deinit { close(listener) }
}
