import Foundation
import Support
import Testing

@testable import DataSources

struct DriverLookupTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func lookup(_ environment: [String: String], in working: String = "/") -> DriverLookup {
    DriverLookup(environment: environment, workingDirectory: working, executable: nil)
  }

  @Test func `A manifest names library and entry point, relative to itself`() throws {
    let library = try folder.write("lib/driver.so", "")
    _ = try folder.write(
      "mine.toml",
      """
      manifest_version = 1
      name = "mine"
      [Driver]
      entrypoint = "MineInit"
      [Driver.shared]
      \(DriverManifest.platform) = "lib/driver.so"
      other_platform = "nowhere.so"
      """)
    let found = try lookup(["ADBC_DRIVER_PATH": folder.path]).candidates(for: "mine")
    #expect(found.first == .init(library: library, entrypoints: ["MineInit"]))
  }

  @Test func `Folders come in the order of the ADBC specification`() throws {
    _ = try folder.write(".drivers/x", "")
    let folders = lookup(
      ["ADBC_DRIVER_PATH": "/a:/b", "HOME": "/home/me"], in: folder.path + "/deep/er"
    ).folders
    #expect(
      folders.prefix(4) == ["/a", "/b", "/home/me/.config/adbc/drivers", "/etc/adbc/drivers"])
    #expect(folders.contains(folder.path + "/.drivers"))
    let configured = lookup(["XDG_CONFIG_HOME": "/config", "HOME": "/home/me"]).folders
    #expect(configured.first == "/config/adbc/drivers")
  }

  @Test func `A driver that is nowhere names every place and the mend`() {
    let lookup = lookup(["ADBC_DRIVER_PATH": folder.path])
    do {
      _ = try DriverLibrary.load("no_such_driver", lookup: lookup)
      Issue.record("it was found")
    } catch {
      #expect(error.code == "driver_not_found")
      #expect(error.what.contains(folder.path))
      #expect(error.mend.contains("dbc install no_such_driver"))
    }
  }

  @Test func `A manifest without this platform says so`() throws {
    let path = try folder.write("odd.toml", "[Driver.shared]\nplan9_mips = \"x.so\"\n")
    #expect(throws: DataSourceError.self) { try DriverManifest(path: path) }
    let broken = try folder.write("broken.toml", "[Driver\n")
    #expect(throws: DataSourceError.self) { try DriverManifest(path: broken) }
  }

  @Test func `A library that is none is refused with the loader's reason`() throws {
    let path = try folder.write("libadbc_driver_fake.so", "not a library")
    #expect(throws: DataSourceError.self) {
      try DriverLibrary.load(path, lookup: lookup([:]))
    }
  }

  @Test func `Names come out of library paths`() {
    #expect(DriverLookup.bareName("/x/libadbc_driver_sqlite.so.113") == "sqlite")
    #expect(DriverLookup.bareName("libduckdb.so") == "duckdb")
    #expect(DriverLookup.entrypoints("my_db").contains("AdbcDriverMyDbInit"))
  }

  @Test func `Passwords do not get into names`() {
    let shown = SourceOpener.redacted("postgresql://me:secret@host:5432/db")
    #expect(!shown.contains("secret"))
    #expect(shown.contains("me") && shown.contains("host"))
  }

  @Test(arguments: [
    "password", "PWD", "auth_token", "client_secret", "api_key", "apikey", "aws_access_key_id",
    "private_key_pkcs8_value", "sslkey", "credentials", "authorization_header", "passphrase",
  ])
  func `What a configuration may not say is not shown either`(name: String) {
    #expect(SecretName.isSecret(name, "hunter2"))
    // One in 64 secrets in base64 begins so.
    #expect(SecretName.isSecret(name, "/hunter2=="))
    for secret in ["hunter2", "/hunter2==", "hunter2.pem"] {
      let shown = SourceOpener.redacted("snowflake://host/db?role=r&\(name)=\(secret)")
      #expect(!shown.contains("hunter2") && shown.contains("role=r"), "\(shown)")
    }
  }

  @Test(arguments: [
    ("duckdb", "a\"b", "\"a\"\"b\""), ("spark", "a`b", "`a``b`"), ("postgresql", "a b", "\"a b\""),
  ])
  func `Identifiers stay identifiers`(_ driver: String, _ name: String, _ quoted: String) {
    #expect(Dialect.named(driver).identifier(name) == quoted)
  }
}
