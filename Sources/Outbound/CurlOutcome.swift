import CCurl

/// What a call of libcurl came to, read out of C memory.
struct CurlOutcome {
  var number: Int
  var status: Int
  var headers: String
  var body: [UInt8]
  var isTruncated: Bool
  /// What curl says of the error.
  var message: String

  /// Frees the response.
  init(consuming response: consuming plumbline_curl_response) {
    number = Int(response.code)
    status = response.status
    headers = String(decoding: Self.bytes(response.headers, response.headers_length), as: UTF8.self)
    body = Self.bytes(response.body, response.body_length)
    isTruncated = response.is_truncated != 0
    message = withUnsafeBytes(of: response.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    plumbline_curl_free(&response)
  }

  private static func bytes(_ start: UnsafeMutablePointer<CChar>?, _ length: Int) -> [UInt8] {
    guard let start else { return [] }
    return Array(UnsafeRawBufferPointer(start: start, count: length))
  }

  /// The typed error of a call that failed; nil where it succeeded.
  ///
  /// - Parameter peer: host and port.
  func error(peer: String, milliseconds: Int, certificateFile: String?) -> OutboundError? {
    switch number {
    case 0: nil
    case 3, 43: .unusable("the address of \(peer) is not of a form that can be used")
    case 5, 6: .unresolved(host: peer)
    case 7: .refused(host: peer)
    case 28: .timedOut(host: peer, milliseconds: milliseconds)
    case 51, 60, 83, 91: .untrusted(host: peer, detail: Outgoing.line(message))
    case 77: .certificates(file: certificateFile ?? "the system's store")
    case 35, 53, 54, 58, 59, 66, 80: .tls(host: peer, detail: Outgoing.line(message))
    case 16, 18, 52, 55, 56, 92: .reset(host: peer)
    // 1 is an answer of HTTP before 1.0, or of nothing like it: of the schemes none is asked but those
    // that are spoken.
    case 1, 8, 61: .unintelligible(host: peer)
    case 64: .noStartTLS(host: peer)
    default: .failed(host: peer, number: number)
    }
  }
}

/// Text that goes out in a place where lines and control characters mean something.
enum Outgoing {
  /// One line: every control character, CR and LF among them, is a space.
  static func line(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    scalars.append(
      contentsOf: text.unicodeScalars.map { isControl($0) ? " " as Unicode.Scalar : $0 })
    return String(trimmed(String(scalars)[...]))
  }

  /// Without the white space around it.
  static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop(while: \.isWhitespace)
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }

  static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control || scalar == "\u{2028}" || scalar == "\u{2029}"
  }

  /// Calls with C strings of the texts, which are NUL-terminated for that time only.
  static func withCStrings<Result>(
    _ texts: [String], _ body: ([UnsafePointer<CChar>?]) -> Result
  ) -> Result {
    // One block for all texts, so that no pointer outlives what it points to.
    var bytes: [CChar] = []
    var starts: [Int] = []
    for text in texts {
      starts.append(bytes.count)
      bytes += text.utf8CString
    }
    return bytes.withUnsafeBufferPointer { buffer in
      body(starts.map { start in buffer.baseAddress.map { $0 + start } })
    }
  }
}
