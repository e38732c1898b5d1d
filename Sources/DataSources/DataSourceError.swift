/// What can go wrong between a source's name and its columns.
public enum DataSourceError: ExplainedError, Equatable {
  case driverNotFound(name: String, searched: [String])
  case driverUnusable(name: String, path: String, reason: String)
  case manifestUnreadable(path: String, reason: String)
  case fileNotFound(path: String)
  case nothingMatches(pattern: String)
  case unknownFormat(path: String)
  case emptyFile(path: String)
  /// A folder without a file of a known format.
  case emptyFolder(path: String)
  /// A file that is reached over a network.
  case remoteFile(address: String)
  case unreadable(source: String, reason: String)
  case cannotConnect(source: String, reason: String)
  case queryNeeded(source: String, option: String)
  case queryFailed(source: String, reason: String)
  case unexpectedResult(source: String, reason: String)
  case temporaryFile(reason: String)
  /// Standard input, asked for of a service.
  case noStandardInput
  /// A folder with files of several formats, of each of which there are some.
  case severalFormats(folder: String, formats: [String])
  /// A part of a connection's address or options is not where the configuration says.
  case secretMissing(source: String, reason: String)

  /// What standard input is called as a source.
  static let standardInput = "standard input"

  public var code: String {
    switch self {
    case .driverNotFound: "driver_not_found"
    case .driverUnusable: "driver_unusable"
    case .manifestUnreadable: "manifest_unreadable"
    case .fileNotFound: "file_not_found"
    case .nothingMatches: "nothing_matches"
    case .unknownFormat: "unknown_format"
    case .emptyFile: "empty_file"
    case .emptyFolder: "empty_folder"
    case .remoteFile: "remote_file"
    case .unreadable: "unreadable_source"
    case .cannotConnect: "cannot_connect"
    case .queryNeeded: "query_needed"
    case .queryFailed: "query_failed"
    case .unexpectedResult: "unexpected_result"
    case .temporaryFile: "temporary_file"
    case .noStandardInput: "no_standard_input"
    case .severalFormats: "several_formats"
    case .secretMissing: "secret_missing"
    }
  }

  public var what: String {
    switch self {
    case .driverNotFound(let name, let searched):
      "no ADBC driver named `\(name)`: looked for \(searched.joined(separator: ", "))"
    case .driverUnusable(let name, let path, let reason):
      "the ADBC driver `\(name)` at \(path) cannot be used: \(reason)"
    case .manifestUnreadable(let path, let reason):
      "the driver manifest \(path) cannot be read: \(reason)"
    case .fileNotFound(let path): "there is no file or folder \(path)"
    case .nothingMatches(let pattern): "no file matches \(pattern)"
    case .unknownFormat(let path): "\(path) is of no format Plumbline knows by its ending"
    case .emptyFile(let path): "\(path) is empty"
    case .emptyFolder(let path): "the folder \(path) holds no file of data"
    case .remoteFile(let address): "\(address) is not on this machine"
    case .unreadable(let source, let reason): "\(source) cannot be read: \(reason)"
    case .cannotConnect(let source, let reason): "\(source) cannot be reached: \(reason)"
    case .queryNeeded(let source, _): "\(source) is a database and does not say which rows"
    case .queryFailed(let source, let reason): "the query over \(source) fails: \(reason)"
    case .unexpectedResult(let source, let reason):
      "\(source) answered with something else than was asked: \(reason)"
    case .severalFormats(let folder, let formats):
      "\(folder) holds files of several formats: \(formats.joined(separator: ", "))"
    case .noStandardInput: "a service has no standard input"
    case .temporaryFile(let reason): "standard input cannot be kept in a temporary file: \(reason)"
    case .secretMissing(let source, let reason): "\(source) cannot be reached: \(reason)"
    }
  }

  public var mend: String {
    switch self {
    case .driverNotFound(let name, _):
      name == "duckdb"
        ? "run `make drivers` in Plumbline's folder, or `dbc install duckdb`"
        : "install it with `dbc install \(name)`, or put a manifest \(name).toml or its library "
          + "into a folder named by ADBC_DRIVER_PATH"
    case .driverUnusable: "install the driver again, for this machine's system and processor"
    case .manifestUnreadable: "mend the manifest, or install the driver again"
    case .fileNotFound, .nothingMatches: "check the path; a pattern with * has to be quoted"
    case .unknownFormat:
      "name a .parquet, .csv, .tsv, .ndjson or .jsonl file, a folder of them, or DRIVER://…"
    case .emptyFile: "check the job that writes it"
    case .emptyFolder:
      "check the path, and that .parquet, .csv, .tsv, .ndjson or .jsonl files are in it"
    case .remoteFile:
      "files are read from this machine's disks: download it first, and name its path"
    case .unreadable(let source, _) where source == Self.standardInput:
      "it takes NDJSON, an object on each line"
    case .unreadable: "check that the file is whole and of the format its ending says"
    case .cannotConnect: "check the address, the server and the credentials"
    case .queryNeeded(_, let option): "say it with \(option) \"SELECT …\""
    case .queryFailed: "check the query; it must be one SELECT"
    case .unexpectedResult: "check the query and the driver's version"
    case .severalFormats(let folder, let formats):
      "name those that are meant by a pattern, such as "
        + "'\(folder)/*.\(formats.first?.split(separator: " ").last ?? "parquet")'"
    case .noStandardInput: "name a file or a connection"
    case .temporaryFile: "make room in the folder named by TMPDIR"
    case .secretMissing: "set the variable for this process, or mend the file"
    }
  }
}

extension DataSourceError {
  /// What an engine's refusal is: of the query, where somebody wrote one; else of the rows.
  static func failure(of source: String, isWritten: Bool, reason: String) -> DataSourceError {
    isWritten
      ? .queryFailed(source: source, reason: reason) : .unreadable(source: source, reason: reason)
  }
}
