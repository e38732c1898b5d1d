/// What differs between the SQL of one engine and another's.
///
/// One value per engine; everything else in Plumbline writes the SQL they have in common.
public struct Dialect: Sendable {
  /// The driver name the dialect belongs to.
  public var name: String
  /// The character round an identifier; doubled inside one.
  var identifierQuote: String
  /// The type name of a double-precision float.
  var doubleType: String
  /// The type name of text of any length.
  var textType: String
  /// Whether rows without ORDER BY come in the same order each time they are read.
  public var readsInStableOrder: Bool
  /// A 64-bit hash of a row's columns, in SQL; nil where the engine has none.
  var rowHash: (@Sendable (_ expressions: [String]) -> String)?
  /// Whole microseconds since 1970 UTC of a timestamp or date, in SQL.
  var epochMicroseconds: @Sendable (_ expression: String) -> String
  /// The length of a text in characters, in SQL.
  var characterLength: String

  /// `name` as an identifier.
  public func identifier(_ name: String) -> String {
    identifierQuote
      + name.split(separator: identifierQuote, omittingEmptySubsequences: false)
      .joined(separator: identifierQuote + identifierQuote) + identifierQuote
  }

  /// `value` as a string literal.
  public func literal(_ value: String) -> String {
    "'" + value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
      + "'"
  }

  /// `expression` as a double.
  public func double(_ expression: String) -> String { "CAST(\(expression) AS \(doubleType))" }

  /// `expression` as text.
  public func text(_ expression: String) -> String { "CAST(\(expression) AS \(textType))" }

  /// The dialect for a driver's name; plain SQL for one it does not know.
  public static func named(_ driver: String) -> Dialect {
    let name = driver.contains("/") ? DriverLookup.bareName(driver) : driver
    return switch name {
    case "duckdb": .duckDB
    case "postgresql": .postgreSQL
    case "sqlite": .sqlite
    case "spark": .spark
    default: .standard(name)
    }
  }
}
