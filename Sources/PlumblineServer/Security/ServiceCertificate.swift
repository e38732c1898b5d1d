import DataSources
import Foundation
import Monitoring
import NIOSSL

/// The certificate the service shows and its key, which belong together.
enum ServiceCertificate {
  /// What TLS is set up with.
  ///
  /// - Throws: ``ServiceError/certificate(reason:)``, which names the file.
  static func configuration(
    _ tls: ServiceConfiguration.TLS
  ) throws(ServiceError) -> TLSConfiguration {
    let chain = try reading("no certificate can be read from \(tls.certificate)") {
      try NIOSSLCertificate.fromPEMFile(tls.certificate)
    }
    let key = try reading(keyUnusable(tls.key)) {
      try NIOSSLPrivateKey(file: tls.key, format: .pem)
    }
    let configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    // Whether they belong together shows when a context is made of them.
    _ = try reading("the key \(tls.key) does not belong to the certificate \(tls.certificate)") {
      try NIOSSLContext(configuration: configuration)
    }
    return configuration
  }

  private static func keyUnusable(_ path: String) -> String {
    // What cannot be read is not encrypted, as far as is known.
    let text = (try? SmallFile.text(path)) ?? ""
    return text.contains("ENCRYPTED")
      ? "the key \(path) is encrypted, and nobody is there to be asked for its passphrase"
      : "no private key can be read from \(path)"
  }

  private static func reading<Value>(
    _ failure: @autoclosure () -> String, _ read: () throws -> Value
  ) throws(ServiceError) -> Value {
    do { return try read() } catch { throw .certificate(reason: failure()) }
  }
}
