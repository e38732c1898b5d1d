import DataSources
import Monitoring
import Support
import Testing

/// Secrets of connections stand in the environment or a file, never in the configuration.
struct ConnectionSecretTests {
  private func mistakes(_ text: String, environment: [String: String] = [:]) -> [String] {
    do {
      _ = try ConfigurationReader.read(text, path: "c.yaml", environment: environment)
      return []
    } catch {
      return error.mistakes.map(\.text)
    }
  }

  @Test(arguments: [
    "uri: 'postgresql://me:hunter2@host/db'", "uri: 'postgresql://me:hunter2@host/db?x=${A}'",
    "uri: 'postgresql://host/db?user=me&password=hunter2'", "uri: 'me:hunter2@account/db'",
    "uri: 'host=h password=hunter2'", "uri: 'postgresql://me:hunter2${A}@host/db'",
    "options: {password: hunter2}", "options: {adbc.snowflake.sql.auth_token: hunter2}",
    "options: {dsn: 'postgresql://me:hunter2@host/db'}", "options: {private_key: hunter2}",
    "options: {adbc.flight.sql.authorization_header: Bearer hunter2}",
    "uri: 'postgresql://host/db?sslkey=hunter2'", "uri: 'bigquery://p/d?credentials=hunter2'",
    "options: {account_key: /hunter2==}",
  ])
  func `An inline secret is a mistake, which does not repeat it`(text: String) throws {
    let found = mistakes(
      "connections: {w: {driver: postgresql, \(text)}}", environment: ["A": "x"])
    #expect(found.count == 1 && found[0].contains("does not stand in the file itself"), "\(found)")
    #expect(found[0].contains("{env: NAME} or {file: PATH}") && !found[0].contains("hunter2"))
  }

  @Test(arguments: ["reference", "production", "labels"])
  func `An address of a model has none either`(role: String) {
    let found = mistakes("models: [{name: m, \(role): 'postgresql://me:hunter2@host/db'}]")
    #expect(found.count == 1 && found[0].hasPrefix("\(role) has a password"), "\(found)")
    #expect(!found[0].contains("hunter2"))
  }

  @Test(arguments: [
    "uri: 'postgresql://host:5432/db?sslkey=/k.pem&passfile=/p'", "uri: 'sqlite:///a@b:c.db'",
    "uri: 'postgresql://me@host/db'", "uri: 'postgresql://me:${A}@host/db'",
    "options: {password: '${A}', private_key_path: /k, token_file: /t, username: me}",
    "options: {jwt_private_key: /run/k.p8, auth_credentials: key.json, keyspace: k, key: '${A}'}",
    "options: {primary_key: id, partition_key: day, aws_credentials_provider: default}",
  ])
  func `What is no secret, or stands elsewhere, may stand there`(text: String) {
    #expect(
      mistakes("connections: {w: {driver: postgresql, \(text)}}", environment: ["A": "x"]) == [])
  }

  @Test(arguments: [
    ("uri: {env: NOWHERE}", "no variable `NOWHERE`"), ("uri: {file: /nowhere}", "cannot be read"),
    ("uri: {enw: A}", "has to be {env: NAME}"),
    ("options: {password: {env: NOWHERE}}", "no variable"),
    ("options: {password: {file: /nowhere, env: A}}", "has to be {env: NAME}"),
  ])
  func `A place where no secret is is a mistake`(text: String, part: String) {
    let found = mistakes("connections: {w: {driver: postgresql, \(text)}}")
    #expect(found.count == 1 && found[0].contains(part), "\(found)")
  }

  @Test func `A secret is read when the connection is opened, and anew when it has changed`() throws
  {
    let folder = try TemporaryFolder()
    for name in ["one", "two"] {
      let database = try Database(
        driver: "sqlite", options: [("uri", "\(folder.path)/\(name).db")], name: name)
      try database.connect().execute("CREATE TABLE t AS SELECT '\(name)' AS name")
    }
    let secret = try folder.write("secret", "sqlite://\(folder.path)/one.db\n")
    let configuration = try ConfigurationReader.read(
      "connections: {w: {driver: sqlite, uri: {file: \(secret)}}}", path: "c.yaml",
      environment: [:])
    // The configuration knows the place alone.
    #expect(!"\(configuration.connections)".contains("one.db"))
    let sources = SourceOpener(connections: configuration.connections)
    func rows(_ name: String) throws -> Int {
      let relation = try sources.open("w", sql: "SELECT * FROM t WHERE name = '\(name)'")
      return try relation.rowCount(over: relation.database.connect())
    }
    #expect(try rows("one") == 1)
    _ = try folder.write("secret", "sqlite://\(folder.path)/two.db\n")
    #expect(try rows("two") == 1)
    _ = try folder.write("secret", "")
    let error = #expect(throws: DataSourceError.self) { try rows("two") }
    #expect(error?.code == "secret_missing" && error?.what.contains("is empty") == true)
  }

  @Test func `What a driver says of a connection that fails repeats no secret`() throws {
    let folder = try TemporaryFolder()
    let secret = try folder.write(
      "secret", "postgresql://me:hunter2@127.0.0.1:1/hunter2db?hunter2=1")
    let sources = SourceOpener(connections: [
      "w": NamedConnection(driver: "postgresql", uri: .secret(.file(secret)))
    ])
    let error = #expect(throws: DataSourceError.self) { try sources.open("w", sql: "SELECT 1") }
    #expect(
      error?.code == "cannot_connect" && error?.what.contains("hunter2") == false,
      "\(error?.what ?? "")")
  }
}
