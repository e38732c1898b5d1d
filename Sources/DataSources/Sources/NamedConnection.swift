import Foundation

/// How to reach a database that a configuration gives a name.
public struct NamedConnection: Sendable, Equatable {
  /// Text of an option, or where it is.
  ///
  /// Its description never has the text, which may hold a password.
  public enum Text: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    case text(String)
    case secret(SecretPlace)

    public var description: String {
      switch self {
      case .text: "…"
      case .secret(let place): place.description
      }
    }

    public var debugDescription: String { description }
  }

  public var driver: String
  public var uri: Text?
  public var options: [String: Text]

  public init(driver: String, uri: Text? = nil, options: [String: Text] = [:]) {
    self.driver = driver
    self.uri = uri
    self.options = options
  }
}

/// Where a secret is that does not stand in a configuration.
public enum SecretPlace: Sendable, Equatable, CustomStringConvertible {
  /// An environment variable.
  case variable(String)
  /// A small file of text.
  case file(String)

  public var description: String {
    switch self {
    case .variable(let name): "the variable `\(name)`"
    case .file(let path): "the file `\(path)`"
    }
  }

  /// The secret, without white space around it.
  public func read(environment: [String: String]) throws(SecretProblem) -> String {
    let text: String
    switch self {
    case .variable(let name):
      guard let value = environment[name] else { throw .noVariable(name) }
      text = value
    case .file(let path): text = try SmallFile.text(path)
    }
    let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !secret.isEmpty else { throw .empty(self) }
    // A line break would end a header early.
    guard !secret.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    else { throw .severalLines(self) }
    return secret
  }
}

/// Why a secret, or a small file, is not to be had. Never says what is in it.
public enum SecretProblem: Error, Equatable, CustomStringConvertible {
  case noVariable(String)
  case empty(SecretPlace)
  case severalLines(SecretPlace)
  case unreadable(path: String)
  case tooLarge(path: String)
  case notText(path: String)

  public var description: String {
    switch self {
    case .noVariable(let name): "the environment has no variable `\(name)`"
    case .empty(let place): "\(place) is empty"
    case .severalLines(let place): "\(place) holds control characters or more than one line"
    case .unreadable(let path): "the file `\(path)` cannot be read"
    case .tooLarge(let path): "the file `\(path)` is larger than \(SmallFile.limit) bytes"
    case .notText(let path): "the file `\(path)` is not UTF-8 text"
    }
  }

  public var mend: String {
    switch self {
    case .noVariable: "set it for this process, or mend its name"
    case .empty: "put there what is to be read"
    case .severalLines: "put it there alone, on one line"
    case .unreadable: "check the path, and that the service's user may read it"
    case .tooLarge, .notText: "check the path"
    }
  }
}

/// Whole files that are small.
public enum SmallFile {
  static let limit = 1 << 20

  /// A file's text. Never more than the limit is read, so that a device without an end does no harm.
  public static func text(_ path: String) throws(SecretProblem) -> String {
    guard let file = FileHandle(forReadingAtPath: path) else { throw .unreadable(path: path) }
    var bytes = Data()
    do {
      while bytes.count <= limit,
        let part = try file.read(upToCount: limit + 1 - bytes.count), !part.isEmpty
      {
        bytes += part
      }
    } catch {
      throw .unreadable(path: path)
    }
    guard bytes.count <= limit else { throw .tooLarge(path: path) }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .notText(path: path) }
    return text
  }
}
