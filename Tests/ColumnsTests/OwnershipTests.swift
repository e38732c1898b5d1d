import Columns
import Synchronization
import Testing

/// Whoever imports Arrow memory gives it back, once, when nobody reads it any more.
struct OwnershipTests {
  @Test func `Memory is given back when the last column is gone`() {
    let producer = Producer()
    var batch = producer.batch("g", [[], bytes([1.0, 2])], length: 2)
    var column = batch?.column(0)
    batch = nil
    #expect(batch == nil)
    #expect(producer.releases.load(ordering: .relaxed) == 0)
    #expect(column?.number(1) == 2)
    column = nil
    #expect(column == nil)
    #expect(producer.releases.load(ordering: .relaxed) == 1)
  }

  @Test func `A batch that is not of its schema's shape is given back at once`() {
    let producer = Producer()
    #expect(producer.batch("g", [[], bytes([1.0])], length: 1, children: 2) == nil)
    #expect(producer.releases.load(ordering: .relaxed) == 1)
  }

  @Test func `A column that is shorter than its batch is not handed out`() throws {
    let producer = Producer()
    let batch = try #require(producer.batch("g", [[], bytes([1.0])], length: 1, rows: 2))
    #expect(batch.rows == 2)
    #expect(batch.column(0) == nil)
  }
}
