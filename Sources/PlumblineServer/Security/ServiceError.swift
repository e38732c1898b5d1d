public import DataSources
public import Monitoring

/// What keeps the service from starting.
public enum ServiceError: ExplainedError, Equatable {
  case unprotected(host: String)
  case certificate(reason: String)
  case cannotListen(address: String, reason: String)

  public var code: String {
    switch self {
    case .unprotected: "unprotected"
    case .certificate: "certificate_unusable"
    case .cannotListen: "cannot_listen"
    }
  }

  public var what: String {
    switch self {
    case .unprotected(let host): "everyone who reaches \(host) could send and read everything"
    case .certificate(let reason): "the certificate or its key cannot be used: \(reason)"
    case .cannotListen(let address, let reason): "\(address) cannot be listened on: \(reason)"
    }
  }

  public var mend: String {
    switch self {
    case .unprotected:
      "set service.tokens, listen on 127.0.0.1, or set service.allow_unauthenticated: true"
    case .certificate:
      "check service.tls: two files in PEM that belong together, the key without a passphrase"
    case .cannotListen: "set service.listen to an address and port that are free and permitted"
    }
  }
}

extension ServiceConfiguration {
  /// Throws where a service would take and show everything without asking who it is.
  func checkProtection() throws(ServiceError) {
    if isUnprotected { throw .unprotected(host: host) }
  }
}

extension ConfigurationInspection {
  /// What a service that has this file alone would refuse to start for, though all of it can be read.
  public var refusals: [ConfigurationError.Mistake] {
    let service = configuration.service
    func refusal(
      _ line: Int?, _ check: () throws(ServiceError) -> Void
    ) -> ConfigurationError.Mistake? {
      guard let line else { return nil }
      do throws(ServiceError) {
        try check()
        return nil
      } catch {
        return .init(line: line, what: error.what, mend: error.mend)
      }
    }
    return [
      refusal(listenerLine) { () throws(ServiceError) in try service.checkProtection() },
      refusal(tlsLine) { () throws(ServiceError) in
        if let tls = service.tls { _ = try ServiceCertificate.configuration(tls) }
      },
    ].compactMap(\.self)
  }
}
