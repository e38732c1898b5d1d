/// Sends users to the variants of an experiment: always the same user to the same variant, on every
/// machine, without anything kept.
///
/// The place of a user is the MD5 digest of `experiment_id:user_id` as a number of 128 bits, less all
/// whole 10 000s, over 10 000; the line from 0 to 1 is cut by the variants' shares in their order.
/// Where only some users take part, each variant has the first part of its stretch: a larger coverage
/// adds users and moves none.
///
/// ```swift
/// let assignment = VariantAssignment(experimentID: "model_v2", shares: [0.5, 0.5])
/// let variant = assignment.variant(of: "user_1")
/// ```
public struct VariantAssignment: Sendable {
  private let prefix: [UInt8]
  private let shares: [Double]
  private let coverage: Double

  /// What the variant of a user who does not take part is called.
  public static let outside = "none"

  /// - Parameters:
  ///   - experimentID: another one spreads the same users anew.
  ///   - shares: of the variants, adding up to 1.
  ///   - coverage: the share of users that take part, 0…1.
  public init(experimentID: String, shares: [Double], coverage: Double = 1) {
    prefix = Array((experimentID + ":").utf8)
    self.shares = shares
    self.coverage = coverage
  }

  /// The user's place, 0..<1, in steps of 1/10 000.
  public func place(of userID: String) -> Double { places(of: [userID])[0] }

  /// The index of the user's variant; nil where the user does not take part.
  public func variant(of userID: String) -> Int? {
    index(at: place(of: userID))
  }

  /// The indices of many users' variants: several times as fast as one by one.
  public func variants(of userIDs: [String]) -> [Int?] {
    places(of: userIDs).map(index)
  }

  /// Which share of the line a place is in; the last where rounding leaves a rest.
  private func index(at place: Double) -> Int? {
    let last = shares.count - 1
    var start = 0.0
    for (index, share) in shares.enumerated() {
      if place < start + share || index == last {
        return coverage == 1 || place < start + coverage * share ? index : nil
      }
      start += share
    }
    return nil
  }

  private func places(of userIDs: [String]) -> [Double] {
    places(count: userIDs.count) { index in
      userIDs[index].utf8.count
    } copy: { index, target in
      var id = userIDs[index]
      id.withUTF8 { bytes in
        if let base = bytes.baseAddress { target.copyMemory(from: base, byteCount: bytes.count) }
      }
      return
    }
  }

  /// The variants of users whose ids are lines of a text.
  ///
  /// - Parameters:
  ///   - lines: where each line is in `text`.
  ///   - text: the lines' bytes.
  public func variants(of lines: [Range<Int>], in text: [UInt8]) -> [Int?] {
    text.withUnsafeBytes { bytes in
      places(count: lines.count) { index in
        lines[index].count
      } copy: { index, target in
        let line = UnsafeRawBufferPointer(rebasing: bytes[lines[index]])
        if let base = line.baseAddress { target.copyMemory(from: base, byteCount: line.count) }
        return
      }.map(index)
    }
  }

  /// Four messages lie side by side; what they begin with stays where it is from four to four.
  private func places(
    count: Int, length: (Int) -> Int, copy: (Int, UnsafeMutableRawPointer) -> Void
  ) -> [Double] {
    let longest = (0..<count).reduce(0) { max($0, length($1)) }
    let stride = 64 * MD5.blocks(of: prefix.count + longest)
    let messages = UnsafeMutableRawPointer.allocate(byteCount: 4 * stride, alignment: 64)
    defer { messages.deallocate() }
    messages.initializeMemory(as: UInt8.self, repeating: 0, count: 4 * stride)
    for lane in 0..<4 {
      (messages + lane * stride).copyMemory(from: prefix, byteCount: prefix.count)
    }
    var places = [Double](repeating: 0, count: count)
    var blocks = SIMD4<Int>(repeating: 0)
    for first in Swift.stride(from: 0, to: count, by: 4) {
      let filled = min(4, count - first)
      for lane in 0..<filled {
        let message = messages + lane * stride
        let whole = prefix.count + length(first + lane)
        copy(first + lane, message + prefix.count)
        MD5.pad(message, length: whole)
        blocks[lane] = MD5.blocks(of: whole)
      }
      let remainders = MD5.remainders(messages, stride: stride, blocks: blocks)
      for lane in 0..<filled { places[first + lane] = Double(remainders[lane]) / 10_000 }
    }
    return places
  }
}
