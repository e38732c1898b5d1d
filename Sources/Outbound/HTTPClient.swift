import CCurl

/// A request with everything that goes over the wire.
///
/// Its description leaves out path, headers and body, which may hold keys.
public struct HTTPRequest: Sendable, CustomStringConvertible {
  public var method: String
  public var url: String
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]

  public init(
    method: String, url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
  }

  public var description: String { "\(method) \(WebAddress.peer(of: url)) (\(body.count) bytes)" }
}

/// An answer, whatever its status.
public struct HTTPResponse: Sendable {
  public var status: Int
  public var headers: [(name: String, value: String)]
  /// As much of it as the client reads.
  public var body: [UInt8]
  /// Whether there was more of the body than is read.
  public var isTruncated: Bool

  public init(
    status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
    isTruncated: Bool = false
  ) {
    self.status = status
    self.headers = headers
    self.body = body
    self.isTruncated = isTruncated
  }

  /// The first header of a name, in any case.
  public subscript(header name: String) -> String? {
    let name = name.lowercased()
    return headers.first { $0.name.lowercased() == name }?.value
  }
}

/// Makes one HTTP exchange at a time, blocking, over libcurl.
///
/// Follows no redirects: an answer that is one comes back as it is, so that a body with alerts in it never
/// goes where nobody configured it to go. Proxies are taken from the environment as curl does.
///
/// ```swift
/// let client = HTTPClient(timeoutMilliseconds: 10_000)
/// let answer = try client.send(HTTPRequest(method: "GET", url: "https://example.com/health"))
/// ```
public struct HTTPClient: Sendable {
  /// Bytes of an answer that are read unless more is asked for; no provider says more that matters.
  public static let responseLimit = 1_048_576

  public var timeoutMilliseconds: Int
  /// Bytes of an answer that are read.
  public var responseLimit = HTTPClient.responseLimit
  /// A file of certificates that are trusted besides the system's.
  public var certificateFile: String?
  /// Whether who is asked is on this machine: no proxy is asked, and the certificate, which is of the name
  /// others know the service by, is not looked at. Never to be set where a secret is sent.
  public var isLocal = false

  public init(timeoutMilliseconds: Int, certificateFile: String? = nil) {
    self.timeoutMilliseconds = timeoutMilliseconds
    self.certificateFile = certificateFile
  }

  /// Sends a request and waits for the answer.
  ///
  /// Control characters in header values become spaces.
  ///
  /// - Returns: the answer, also where its status says that something is wrong.
  /// - Throws: ``OutboundError`` where there was no answer.
  public func send(_ request: HTTPRequest) throws(OutboundError) -> HTTPResponse {
    let peer = WebAddress.peer(of: request.url)
    guard WebAddress.isUsable(request.url) else {
      throw .unusable("the address of \(peer) is no http or https address")
    }
    guard HTTPToken.isValid(request.method) else { throw .unusable("the method is none of HTTP") }
    var lines: [String] = []
    for (name, value) in request.headers {
      guard HTTPToken.isValid(name) else { throw .unusable("a header's name is not one of HTTP") }
      let value = Outgoing.line(value)
      // curl takes a name with a semicolon for a header without a value.
      lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
    }
    let outcome = perform(request, lines: lines)
    if let error = outcome.error(
      peer: peer, milliseconds: timeoutMilliseconds, certificateFile: certificateFile)
    {
      throw error
    }
    return HTTPResponse(
      status: outcome.status, headers: Self.headers(outcome.headers), body: outcome.body,
      isTruncated: outcome.isTruncated)
  }

  private func perform(_ request: HTTPRequest, lines: [String]) -> CurlOutcome {
    let texts = [request.method, request.url, certificateFile ?? ""] + lines
    return Outgoing.withCStrings(texts) { strings in
      Array(strings.dropFirst(3)).withUnsafeBufferPointer { headers in
        request.body.withUnsafeBytes { body in
          var call = plumbline_http_request()
          call.method = strings[0]
          call.url = strings[1]
          call.certificate_file = certificateFile == nil ? nil : strings[2]
          call.headers = headers.baseAddress
          call.header_count = headers.count
          call.body = body.baseAddress
          call.body_length = body.count
          call.timeout_milliseconds = max(1, timeoutMilliseconds)
          call.response_limit = responseLimit
          call.is_local = isLocal ? 1 : 0
          return CurlOutcome(consuming: plumbline_http_send(&call))
        }
      }
    }
  }

  private static func headers(_ text: String) -> [(name: String, value: String)] {
    text.split(whereSeparator: \.isNewline).compactMap { line in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
      return (String(line[..<colon]), String(value))
    }
  }
}

/// A word as HTTP has it in methods and header names (RFC 9110, 5.6.2).
enum HTTPToken {
  static func isValid(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }
}
