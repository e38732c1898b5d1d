import ArgumentParser
import DataSources
import Foundation
import Monitoring
import Outbound
import Store

/// What a visit is asked for.
struct VisitOptions {
  var configurationPath: String?
  var url: String?
  var token: String?
  var prometheus: String?
  var prometheusToken: String?
  var job: String
  var dataFolder: String?
  var certificateAuthority: String?
  var since: TimeSpan
  var timeoutSeconds: Int
  var isOffline: Bool
  var sendsTests: Bool
  var environment: [String: String]
}

extension Visit {
  /// Finds out what can be asked, and asks the service whether it is there.
  ///
  /// - Throws: ``FileError`` where the configuration's file cannot be read, `ValidationError` where an
  ///   address is none.
  static func make(_ options: VisitOptions) throws -> Visit {
    var (configuration, mistakes) = (Configuration(), ConfigurationMistakes())
    if let path = options.configurationPath {
      (configuration, mistakes) = ConfigurationReader.readable(
        try TextFile.read(path), path: path, environment: options.environment)
    }
    if let dataFolder = options.dataFolder { configuration.service.dataFolder = dataFolder }
    for (option, address) in [("--url", options.url), ("--prometheus", options.prometheus)] {
      guard let address, !WebAddress.isUsable(address) else { continue }
      throw ValidationError("\(option) takes an address with http:// or https://")
    }
    var http = HTTPClient(
      timeoutMilliseconds: options.timeoutSeconds * 1_000,
      certificateFile: options.certificateAuthority)
    http.responseLimit = 64 << 20
    let contact = contact(options, configuration.service, http)
    let prometheus =
      options.isOffline
      ? nil
      : options.prometheus.map { address in
        PrometheusClient(
          address: address, http: http,
          headers: options.prometheusToken.map { [("Authorization", "Bearer \($0)")] } ?? [])
      }
    // A folder of this machine says nothing of another's service, unless it is named.
    let isHere = options.dataFolder != nil || options.url.map(isLoopback) ?? true
    let folder = isHere ? configuration.service.dataFolder : nil
    let sources = SourceOpener(connections: configuration.connections)
    return Visit(
      configuration: configuration, mistakes: mistakes,
      configurationPath: options.configurationPath, service: contact, prometheus: prometheus,
      job: options.job, records: records(folder, contact),
      events: events(folder, contact, sources), sources: sources, now: .now,
      since: options.since, isOffline: options.isOffline, sendsTests: options.sendsTests,
      http: HTTPClient(timeoutMilliseconds: options.timeoutSeconds * 1_000),
      dataFolder: folder)
  }

  private static func contact(
    _ options: VisitOptions, _ service: ServiceConfiguration, _ http: HTTPClient
  ) -> ServiceContact {
    if options.isOffline { return ServiceContact(notAsked: "not asked: --offline") }
    guard let address = options.url ?? address(of: service) else {
      return ServiceContact(
        notAsked: "it listens on any free port: name where with --url")
    }
    return ServiceContact(
      ServiceAccess(address: address, token: options.token, http: http), now: { .now })
  }

  /// Where a service that is configured so is reached from this machine; nil where that cannot be told.
  static func address(of service: ServiceConfiguration) -> String? {
    guard service.port != 0 else { return nil }
    let scheme = service.tls == nil ? "http" : "https"
    let host =
      switch service.host {
      case "0.0.0.0", "": "127.0.0.1"
      case "::": "[::1]"
      case let host where host.contains(":"): "[\(host)]"
      case let host: host
      }
    return "\(scheme)://\(host):\(service.port)"
  }

  static func isLoopback(_ url: String) -> Bool {
    let peer = WebAddress.peer(of: url)
    return ["localhost", "127.", "[::1]"].contains { peer.hasPrefix($0) }
  }

  private static func records(_ folder: String?, _ contact: ServiceContact) -> any Records {
    let overHTTP = contact.answers ? contact.access.map { ServiceRecords(access: $0) } : nil
    guard let folder else {
      return overHTTP ?? MissingRecords(why: "the service does not answer")
    }
    let path = folder + "/history.db"
    guard FileManager.default.fileExists(atPath: path) else {
      return overHTTP ?? MissingRecords(why: "\(path) is not there")
    }
    do throws(HistoryError) {
      return HistoryRecords(history: try History(reading: path), place: path)
    } catch {
      return MissingRecords(why: error.what, isBroken: true)
    }
  }

  /// The log belongs to one process: of a service that runs its events are asked for.
  private static func events(
    _ folder: String?, _ contact: ServiceContact, _ sources: SourceOpener
  ) -> any EventAccess {
    if contact.answers, let access = contact.access {
      return ServiceEvents(access: access, sources: sources)
    }
    guard let folder else { return MissingEvents(why: "the service does not answer") }
    return FolderEvents(folder: folder)
  }
}
