import Columns
import Testing

struct ColumnTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let format: String
    /// The four values 0, 1, 2, 3.
    let buffer: [UInt8]
    var testDescription: String { format }
  }

  static let numbers: [Case] = [
    Case(format: "c", buffer: bytes([0, 1, 2, 3] as [Int8])),
    Case(format: "C", buffer: bytes([0, 1, 2, 3] as [UInt8])),
    Case(format: "s", buffer: bytes([0, 1, 2, 3] as [Int16])),
    Case(format: "S", buffer: bytes([0, 1, 2, 3] as [UInt16])),
    Case(format: "i", buffer: bytes([0, 1, 2, 3] as [Int32])),
    Case(format: "I", buffer: bytes([0, 1, 2, 3] as [UInt32])),
    Case(format: "l", buffer: bytes([0, 1, 2, 3] as [Int64])),
    Case(format: "L", buffer: bytes([0, 1, 2, 3] as [UInt64])),
    Case(format: "e", buffer: bytes([0, 1, 2, 3] as [Float16])),
    Case(format: "f", buffer: bytes([0, 1, 2, 3] as [Float])),
    Case(format: "g", buffer: bytes([0, 1, 2, 3] as [Double])),
  ]

  private func sample(_ batch: RecordBatch?) throws -> NumericSample {
    let column = try #require(batch?.column(0))
    var sample = NumericSample()
    #expect(column.append(to: &sample))
    #expect(sample.rows == column.count)
    return sample
  }

  @Test(arguments: numbers)
  func `Every numeric type is read, less its nulls`(_ type: Case) throws {
    let all = try sample(Producer().batch(type.format, [[], type.buffer], length: 4))
    #expect(all.values == [0, 1, 2, 3])
    let some = try sample(Producer().batch(type.format, [[0b0000_1010], type.buffer], length: 4))
    #expect(some.values == [1, 3])
    #expect(some.missing == 2)
  }

  @Test(arguments: numbers)
  func `Offsets of the column and of the batch add up`(_ type: Case) throws {
    let sliced = try sample(
      Producer().batch(
        type.format, [[0b0000_1101], type.buffer], length: 3, offset: 1, batchOffset: 1))
    #expect(sliced.values == [2, 3])
  }

  @Test func `Booleans are 0 and 1, bit by bit`() throws {
    let sample = try sample(
      Producer().batch("b", [[0xff, 0b01], [0b1010_0101, 0b11]], length: 9, offset: 1))
    #expect(sample.values == [0, 1, 0, 0, 1, 0, 1, 1])
    #expect(sample.missing == 1)
  }

  @Test func `NaN is missing and infinities are not finite`() throws {
    let values: [Double] = [1, .nan, .infinity, -.infinity, -0.0, .signalingNaN]
    let sample = try sample(Producer().batch("g", [[0b0011_1111], bytes(values)], length: 6))
    #expect(sample.values == [1, 0])
    #expect(sample.missing == 2)
    #expect(sample.nonFinite == 2)
  }

  @Test func `A null that holds an infinity is only missing`() throws {
    let sample = try sample(
      Producer().batch("g", [[0b01], bytes([2, Double.infinity])], length: 2))
    #expect(sample.values == [2])
    #expect((sample.missing, sample.nonFinite) == (1, 0))
  }

  @Test func `Text is read in all three layouts`() throws {
    let text = Array("añb".utf8)
    let expected: [String?] = ["añ", "", nil, "b"]
    let small = Producer().batch(
      "u", [[0b1011], bytes([0, 3, 3, 3, 4] as [Int32]), text], length: 4)
    let large = Producer().batch(
      "U", [[0b1011], bytes([0, 3, 3, 3, 4] as [Int64]), text], length: 4)
    for batch in [small, large] {
      let column = try #require(batch?.column(0))
      #expect((0..<4).map { column.string($0) } == expected)
      #expect(column.string(4) == nil)
    }
    let long = Array("a text of more than twelve bytes".utf8)
    let inPlace = bytes([Int32(5)]) + Array("short".utf8) + [UInt8](repeating: 0, count: 7)
    let apart = bytes([Int32(long.count)]) + long.prefix(4) + bytes([Int32(0), 0])
    let views = Producer().batch("vu", [[], inPlace + apart, long, bytes([Int64(32)])], length: 2)
    let column = try #require(views?.column(0))
    #expect(column.string(0) == "short")
    #expect(column.string(1) == "a text of more than twelve bytes")
  }

  @Test func `Bytes that are not UTF-8 become replacement characters`() throws {
    let batch = Producer().batch("u", [[], bytes([0, 2] as [Int32]), [0xff, 0x41]], length: 1)
    #expect(try #require(batch?.column(0)).string(0) == "\u{fffd}A")
  }

  @Test func `A slice is a column of its own`() throws {
    let batch = Producer().batch("g", [[0b1101], bytes([0.0, 1, 2, 3])], length: 4)
    let slice = try #require(batch?.column(0)?.slice(1..<4))
    var sample = NumericSample()
    #expect(slice.append(to: &sample))
    #expect(sample.values == [2, 3])
    #expect(sample.missing == 1)
    #expect(batch?.column(0)?.slice(2..<5) == nil)
    #expect(slice.slice(1..<2)?.number(0) == 2)
  }

  @Test func `Texts and lists are not numbers`() throws {
    var sample = NumericSample()
    let text = Producer().batch("u", [[], bytes([0, 1] as [Int32]), [65]], length: 1)
    #expect(try #require(text?.column(0)).append(to: &sample) == false)
    let list = Producer().batch("+l", [[], bytes([0, 0] as [Int32])], length: 1)
    #expect(try #require(list?.column(0)).append(to: &sample) == false)
    #expect(sample == NumericSample())
  }
}
