/// An error that tells a person what is wrong, where, and what mends it.
///
/// At a door (command line, HTTP) it becomes one line, or one object with these members.
public protocol ExplainedError: Error, Sendable, CustomStringConvertible {
  /// A stable name of the kind of error, `snake_case`.
  var code: String { get }
  /// What is wrong, and where: a phrase that names the file, column or option.
  var what: String { get }
  /// What the reader can do about it.
  var mend: String { get }
}

extension ExplainedError {
  public var description: String { "\(what); \(mend)" }
}
