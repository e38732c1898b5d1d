import Foundation
import Hummingbird
import NIOCore

/// The service's description of itself, and what follows from it.
struct OpenAPIDocument: Sendable {
  /// The document's text.
  static var text: ByteBuffer { ByteBuffer(bytes: PackageResources.openapi_json) }

  private struct Document: Decodable {
    struct Path: Decodable {
      struct Operation: Decodable {}

      var get: Operation?
      var post: Operation?
      var delete: Operation?
    }

    var paths: [String: Path]
  }

  /// Segments of each address, nil for one that varies, and what may be done there.
  private let addresses: [(segments: [Substring?], methods: [String])]

  init() throws {
    let document = try JSONDecoder().decode(
      Document.self, from: Data(PackageResources.openapi_json))
    addresses = document.paths.map { address, path in
      (
        address.split(separator: "/").map { $0.hasPrefix("{") ? nil : $0 },
        [
          path.get.map { _ in "GET" }, path.get.map { _ in "HEAD" }, path.post.map { _ in "POST" },
          path.delete.map { _ in "DELETE" },
        ].compactMap(\.self)
      )
    }
  }

  /// What may be done at an address; empty where there is nothing.
  func methods(at path: String) -> [String] {
    let segments = path.split(separator: "/")
    let fitting = addresses.filter { address in
      address.segments.count == segments.count
        && zip(address.segments, segments).allSatisfy { $0 == nil || $0 == $1 }
    }
    return Set(fitting.flatMap(\.methods)).sorted()
  }
}
