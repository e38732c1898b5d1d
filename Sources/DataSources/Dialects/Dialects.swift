extension Dialect {
  /// DuckDB, the embedded default.
  public static let duckDB = Dialect(
    name: "duckdb", identifierQuote: "\"", doubleType: "DOUBLE", textType: "VARCHAR",
    readsInStableOrder: true,
    rowHash: { "hash(\($0.joined(separator: ", ")))" },
    epochMicroseconds: { "epoch_us(\($0))" },
    characterLength: "length")

  public static let postgreSQL = Dialect(
    name: "postgresql", identifierQuote: "\"", doubleType: "float8", textType: "text",
    readsInStableOrder: false, rowHash: nil,
    epochMicroseconds: { "CAST(floor(extract(epoch FROM \($0)) * 1000000) AS bigint)" },
    characterLength: "char_length")

  /// SQLite keeps times as text; `julianday` understands every spelling it documents.
  public static let sqlite = Dialect(
    name: "sqlite", identifierQuote: "\"", doubleType: "REAL", textType: "TEXT",
    readsInStableOrder: false, rowHash: nil,
    epochMicroseconds: {
      "CAST(round((julianday(\($0)) - 2440587.5) * 86400000.0) AS INTEGER) * 1000"
    },
    characterLength: "length")

  /// In Spark a double quote begins a string, so identifiers take back-ticks.
  public static let spark = Dialect(
    name: "spark", identifierQuote: "`", doubleType: "DOUBLE", textType: "STRING",
    readsInStableOrder: false, rowHash: nil,
    epochMicroseconds: { "unix_micros(CAST(\($0) AS TIMESTAMP))" },
    characterLength: "char_length")

  /// Standard SQL, for engines without a dialect of their own.
  static func standard(_ name: String) -> Dialect {
    Dialect(
      name: name, identifierQuote: "\"", doubleType: "DOUBLE PRECISION", textType: "VARCHAR",
      readsInStableOrder: false, rowHash: nil,
      epochMicroseconds: { "CAST(floor(extract(epoch FROM \($0)) * 1000000) AS bigint)" },
      characterLength: "char_length")
  }
}
