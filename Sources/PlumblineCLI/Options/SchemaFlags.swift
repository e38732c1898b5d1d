import ArgumentParser
import Monitoring

/// What columns are for, by flags; what a flag says overrides the configuration.
struct SchemaFlags: ParsableArguments {
  @Option(help: ArgumentHelp("Compare only these columns.", valueName: "a,b"))
  var columns: String?

  @Option(help: ArgumentHelp("Columns to compare as numbers.", valueName: "a,b"))
  var numerical: String?

  @Option(help: ArgumentHelp("Columns to compare as categories.", valueName: "a,b"))
  var categorical: String?

  @Option(help: ArgumentHelp("Columns of free text, compared by length.", valueName: "a,b"))
  var text: String?

  @Option(help: ArgumentHelp("The column a model predicts.", valueName: "column"))
  var target: String?

  @Option(help: ArgumentHelp("The column of predictions.", valueName: "column"))
  var prediction: String?

  @Option(help: ArgumentHelp("Columns of predicted probabilities.", valueName: "a,b"))
  var probabilities: String?

  @Option(help: ArgumentHelp("The column that says when a row happened.", valueName: "column"))
  var timestamp: String?

  @Option(help: ArgumentHelp("The column that names a row; never compared.", valueName: "column"))
  var id: String?

  @Option(help: ArgumentHelp("Columns of segments, compared as features are.", valueName: "a,b"))
  var segment: String?

  @Option(help: ArgumentHelp("The column of row weights; never compared.", valueName: "column"))
  var weight: String?

  @Option(help: ArgumentHelp("Columns to leave out.", valueName: "a,b"))
  var ignore: String?

  @Flag(inversion: .prefixedNo, help: "Whether drift of the target is checked.")
  var includeTarget: Bool?

  /// Puts what was given over what `schema` says.
  func apply(to schema: inout SchemaOptions) {
    if let columns { schema.columns = names(columns) }
    if let numerical { schema.numerical = names(numerical) }
    if let categorical { schema.categorical = names(categorical) }
    if let text { schema.text = names(text) }
    if let target { schema.target = target }
    if let prediction { schema.prediction = prediction }
    if let probabilities { schema.probabilities = names(probabilities) }
    if let timestamp { schema.timestamp = timestamp }
    if let id { schema.id = id }
    if let segment { schema.segments = names(segment) }
    if let weight { schema.weight = weight }
    if let ignore { schema.ignored = names(ignore) }
    if let includeTarget { schema.includeTarget = includeTarget }
  }

  private func names(_ list: String) -> [String] { ColumnList.names(list) }
}

/// A list of column names as typed: `a,b`, or `"a,b",c` where a name holds a comma.
enum ColumnList {
  static func names(_ list: String) -> [String] {
    var names: [String] = []
    var name = ""
    var isQuoted = false
    var wasQuoted = false
    for character in list {
      switch character {
      case "\"":
        // A quote doubled inside a quoted name stands for itself.
        if !isQuoted && wasQuoted && !name.isEmpty { name.append("\"") }
        isQuoted.toggle()
        wasQuoted = true
      case "," where !isQuoted:
        names.append(wasQuoted ? name : trimmed(name))
        name = ""
        wasQuoted = false
      default: name.append(character)
      }
    }
    names.append(wasQuoted ? name : trimmed(name))
    return names.filter { !$0.isEmpty }
  }

  /// Entries of a list of `name=value`.
  static func pairs(_ list: String, _ option: String) throws -> [(String, String)] {
    try names(list).map { pair in
      guard let middle = pair.firstIndex(of: "="), middle > pair.startIndex else {
        throw ValidationError("\(option) takes name=value pairs, not `\(pair)`")
      }
      return (String(pair[..<middle]), String(pair[pair.index(after: middle)...]))
    }
  }

  private static func trimmed(_ name: String) -> String {
    String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
