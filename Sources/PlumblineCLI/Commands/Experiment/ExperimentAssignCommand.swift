import ArgumentParser
import DataSources
import Foundation
import Monitoring

struct ExperimentAssignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assign",
    abstract: "Tell each user's variant: ids on standard input, one a line.",
    discussion: """
      Prints `user_id<TAB>variant`. The same user always gets the same variant; users beyond the \
      experiment's coverage get `none`.

      Example:
        plumbline experiment assign --config experiment.yaml < users.txt
      """)

  @Option(help: ArgumentHelp("The experiment (YAML).", valueName: "file"))
  var config: String

  /// Bytes that are read at a time.
  private static let portion = 1 << 22

  func run() throws {
    let experiment = try ExperimentCommand.config(config)
    let assignment = experiment.assignment
    let names = experiment.variants.map { Self.ending($0.name) }
    let outside = Self.ending(VariantAssignment.outside)
    var text: [UInt8] = []
    var isOver = false
    while !isOver {
      let more: Data?
      do {
        more = try FileHandle.standardInput.read(upToCount: Self.portion)
      } catch {
        throw FileError.unreadable(path: "standard input", reason: SystemReason.text(error))
      }
      if let more, !more.isEmpty { text.append(contentsOf: more) } else { isOver = true }
      let end = isOver ? text.count : (text.lastIndex(of: 10).map { $0 + 1 } ?? 0)
      let lines = Self.lines(text[..<end])
      let variants = assignment.variants(of: lines, in: text)
      var printed: [UInt8] = []
      printed.reserveCapacity(end + lines.count * 10)
      for (line, variant) in zip(lines, variants) {
        printed.append(contentsOf: text[line])
        printed.append(contentsOf: variant.map { names[$0] } ?? outside)
      }
      try Console.write(bytes: printed)
      text.removeFirst(end)
    }
  }

  private static func ending(_ variant: String) -> [UInt8] { Array("\t\(variant)\n".utf8) }

  /// Where lines are that are not empty, line ends of either kind left out.
  private static func lines(_ text: ArraySlice<UInt8>) -> [Range<Int>] {
    var lines: [Range<Int>] = []
    var start = text.startIndex
    func add(_ end: Int) {
      let last = end > start && text[end - 1] == 13 ? end - 1 : end
      if last > start { lines.append(start..<last) }
    }
    for index in text.indices where text[index] == 10 {
      add(index)
      start = index + 1
    }
    add(text.endIndex)
    return lines
  }
}
