import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Why the system, or SQLite, refuses something, in words that need no table of codes.
public enum SystemReason {
  /// The reason in an error of Foundation, wherever in it the system's own is; what an
  /// ``ExplainedError`` says.
  public static func text(_ error: any Error) -> String {
    if let explained = error as? any ExplainedError { return explained.what }
    var next: (any Error)? = error
    // Errors hold those they come from, a few deep.
    for _ in 0..<8 {
      guard let current = next.map({ $0 as NSError }) else { break }
      if current.domain == NSPOSIXErrorDomain { return text(errno: Int32(current.code)) }
      next = current.userInfo[NSUnderlyingErrorKey] as? any Error
    }
    return error is CocoaError ? "the system does not say why" : "\(error)"
  }

  /// The reason by the system's number.
  public static func text(errno code: Int32) -> String {
    switch code {
    case EISDIR: "it is a folder"
    case ENOTDIR: "what should be a folder on its path is none"
    case ENOENT: "there is no such file or folder"
    case EEXIST: "it is there already"
    case EACCES, EPERM: "it is not permitted"
    case EROFS: "the disk can only be read"
    case ENOSPC: "there is no room left on the disk"
    case EDQUOT: "the user's share of the disk is used up"
    case EFBIG: "the file would be larger than is allowed"
    case EIO: "the disk reports a fault"
    case ENAMETOOLONG: "the name is too long"
    case ELOOP: "its links lead in a circle"
    case EMFILE, ENFILE: "too many files are open"
    case ENOMEM: "there is not enough memory"
    case EBADF: "it is closed"
    case EPIPE: "nobody reads it any more"
    case EADDRINUSE: "another process listens there"
    case EADDRNOTAVAIL: "this machine does not have the address"
    default: String(cString: strerror(code))
    }
  }

  /// The reason by SQLite's number, without the SQL that met it.
  ///
  /// - Parameters:
  ///   - code: a primary result code.
  ///   - message: SQLite's own, for codes that say nothing by themselves.
  public static func text(sqlite code: Int32, message: String?) -> String {
    switch code {
    case 3, 23: "it is not permitted"
    case 5, 6: "another process holds it"
    case 7: "there is not enough memory"
    case 8: "it may not be written to"
    case 10: "the disk reports a fault"
    case 11: "it is damaged"
    case 13: "there is no room left on the disk"
    case 14: "it cannot be opened: look who may read its folder, and whether it is one"
    case 26: "it is no SQLite file"
    default: message ?? "SQLite reports its error \(code)"
    }
  }
}
