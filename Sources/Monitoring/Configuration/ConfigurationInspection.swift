public import DataSources
import Foundation

/// Something a configuration names that has to be on the machine it is for.
struct Mention: Sendable {
  enum Subject: Sendable {
    case driver(String)
    /// Rows of a model: its role is `reference`, `production` or `labels`.
    case source(String, hasQuery: Bool, role: String)
    case certificate(String)
    case key(String)
    /// Where it is said where to listen.
    case listener
    /// Where it is said that certificate and key are.
    case tls
  }

  let line: Int
  let subject: Subject
}

/// A configuration file held against the machine it is read on.
///
/// ```swift
/// let inspection = ConfigurationInspection(
///   of: text, path: "plumbline.yaml", environment: ProcessInfo.processInfo.environment)
/// for mistake in inspection.all { print(mistake.line, mistake.text) }
/// ```
public struct ConfigurationInspection: Sendable {
  /// What could be read of it.
  public private(set) var configuration: Configuration
  /// What is wrong with the file, by line.
  public private(set) var mistakes: [ConfigurationError.Mistake]
  /// What the file names and this machine has not: drivers, certificates, files with references.
  public private(set) var absences: [ConfigurationError.Mistake] = []
  /// What is worth knowing and no mistake, such as production that has no files yet.
  public private(set) var notes: [ConfigurationError.Mistake] = []

  /// Whether there is nothing in the file.
  public let isEmpty: Bool
  /// The line that says where to listen; nil where none does, or nothing is to be said of it since the
  /// tokens have mistakes.
  public private(set) var listenerLine: Int?
  /// The line of certificate and key; nil where there are none, or one is missing.
  public private(set) var tlsLine: Int?

  private let path: String
  private let lookup: DriverLookup
  private let sources: SourceOpener

  /// - Parameters:
  ///   - text: what the file holds.
  ///   - path: the file's path, for messages.
  ///   - environment: where secrets are that the file has as `{env: NAME}`.
  ///   - lookup: where drivers are looked for.
  public init(
    of text: String, path: String, environment: [String: String],
    lookup: DriverLookup = .current
  ) {
    let read = ConfigurationReader.mentioning(text, path: path, environment: environment)
    configuration = read.configuration
    mistakes = read.mistakes.sorted { $0.line < $1.line }
    isEmpty = read.isEmpty
    self.path = path
    self.lookup = lookup
    sources = SourceOpener(
      lookup: lookup, connections: configuration.connections, readsStandardInput: false)
    for mention in read.mentions { look(at: mention) }
    absences.sort { $0.line < $1.line }
    notes.sort { $0.line < $1.line }
  }

  /// Everything that is wrong, by line.
  public var all: [ConfigurationError.Mistake] {
    (mistakes + absences).sorted { $0.line < $1.line }
  }

  /// The configuration, where nothing is wrong with the file, nor with what it names.
  ///
  /// - Throws: ``ConfigurationError`` with every mistake.
  public func flawless() throws(ConfigurationError) -> Configuration {
    guard all.isEmpty else { throw ConfigurationError(path: path, mistakes: all) }
    return configuration
  }

  /// The configuration, where nothing is wrong with the file itself.
  ///
  /// - Throws: ``ConfigurationError`` with every mistake.
  public func readable() throws(ConfigurationError) -> Configuration {
    guard mistakes.isEmpty else { throw ConfigurationError(path: path, mistakes: mistakes) }
    return configuration
  }

  private mutating func look(at mention: Mention) {
    switch mention.subject {
    case .driver(let name):
      do throws(DataSourceError) {
        try lookup.check(name)
      } catch {
        absences.append(mistake(error, mention.line))
      }
    case .source(let source, let hasQuery, let role):
      look(at: source, hasQuery, role, mention.line)
    case .certificate(let path): look(atFile: path, mention.line, "CERTIFICATE-----", "certificate")
    case .key(let path): look(atFile: path, mention.line, "PRIVATE KEY-----", "private key")
    case .listener: listenerLine = mention.line
    case .tls: tlsLine = configuration.service.tls.map { _ in mention.line }
    }
  }

  private mutating func look(
    at source: String, _ hasQuery: Bool, _ role: String, _ line: Int
  ) {
    do throws(DataSourceError) {
      try sources.check(source, hasQuery: hasQuery, option: "sql")
    } catch {
      let mistake = mistake(error, line, source, of: role + ": ")
      switch error {
      // What is checked may come later; what it is compared with is needed from the first check on.
      case .nothingMatches where role != "reference", .emptyFile where role != "reference",
        .emptyFolder where role != "reference":
        notes.append(mistake)
      default: absences.append(mistake)
      }
    }
  }

  private func mistake(
    _ error: DataSourceError, _ line: Int, _ source: String = "", of role: String = ""
  ) -> ConfigurationError.Mistake {
    let (what, mend) = words(error, source)
    return .init(line: line, what: role + what, mend: mend)
  }

  private func words(_ error: DataSourceError, _ source: String) -> (what: String, mend: String) {
    switch error {
    case .driverNotFound(let name, _):
      let known = lookup.installed
      let have =
        known.isEmpty ? "none is installed" : "installed are \(known.joined(separator: ", "))"
      let hint = closestName(to: name, among: known).map { "; did you mean `\($0)`?" } ?? ""
      return (
        "no ADBC driver named `\(ConfigurationReader.shown(name))`: \(have)\(hint)", error.mend
      )
    case .fileNotFound(let path):
      let names = configuration.connections.keys.sorted()
      let hint = closestName(to: source, among: names).map {
        ", or did you mean connection `\($0)`?"
      }
      let place =
        path.hasPrefix("/")
        ? "" : "; a relative path is one of \(FileManager.default.currentDirectoryPath)"
      return (error.what, "check the path\(hint ?? "")\(place)")
    case .queryNeeded:
      return (error.what, "write {source: \(source), sql: \"SELECT …\"}")
    default: return (error.what, error.mend)
    }
  }

  private mutating func look(
    atFile path: String, _ line: Int, _ marker: String, _ what: String
  ) {
    do throws(SecretProblem) {
      guard try !SmallFile.text(path).contains(marker) else { return }
      absences.append(
        .init(
          line: line, what: "the file `\(path)` holds no \(what) in PEM", mend: "check service.tls")
      )
    } catch {
      absences.append(.init(line: line, what: error.description, mend: error.mend))
    }
    tlsLine = nil
  }
}
