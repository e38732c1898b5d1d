import Foundation
import Support
import Testing

@testable import DataSources

/// What the system, SQLite and the engine say, in words.
struct SystemReasonTests {
  @Test func `The system's reason is found in what Foundation makes of it`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("file", "x")
    for (path, reason) in [
      (folder.path, "it is a folder"), (folder.path + "/none/x", "there is no such file or folder"),
    ] {
      let error = try #require(throws: (any Error).self) {
        try Data("y".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
      }
      #expect(SystemReason.text(error) == reason)
    }
    let full = try #require(throws: (any Error).self) {
      try FileHandle(forWritingTo: URL(fileURLWithPath: "/dev/full"))
        .write(contentsOf: Data("y".utf8))
    }
    #expect(SystemReason.text(full) == "there is no room left on the disk")
    let inFile = try #require(throws: (any Error).self) {
      try FileManager.default.createDirectory(
        atPath: file + "/x", withIntermediateDirectories: true)
    }
    #expect(SystemReason.text(inFile) == "what should be a folder on its path is none")
    #expect(!SystemReason.text(CocoaError(.fileWriteUnknown)).contains("Cocoa"))
    #expect(
      SystemReason.text(DataSourceError.emptyFile(path: "a.csv")) == "a.csv is empty")
  }

  @Test func `SQLite's codes are words, and its words are kept where a code says nothing`() {
    #expect(SystemReason.text(sqlite: 13, message: "full") == "there is no room left on the disk")
    #expect(SystemReason.text(sqlite: 8, message: nil) == "it may not be written to")
    #expect(SystemReason.text(sqlite: 1, message: "no such table: run") == "no such table: run")
  }

  @Test func `An error inside an error is its text, not its JSON`() {
    let said =
      "IO Error: Async write failed: {\"exception_type\":\"IO\",\"exception_message\":"
      + "\"Could not write file \\\"x\\\": No space left on device\",\"errno\":\"28\"}"
    #expect(
      oneLine(said)
        == "IO Error: Async write failed: Could not write file \"x\": No space left on device")
    for odd in ["{\"exception_type\"", "all {} well", ""] { #expect(oneLine(odd) == odd) }
  }
}
