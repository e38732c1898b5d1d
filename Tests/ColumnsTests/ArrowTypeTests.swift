import Columns
import Testing

struct ArrowTypeTests {
  @Test(arguments: [
    ("n", ArrowType.null), ("b", .boolean), ("l", .int64), ("g", .float64), ("u", .string),
    ("vu", .stringView), ("z", .binary), ("w:16", .binary), ("d:38,2", .decimal), ("tdD", .date),
    ("tsu:UTC", .timestamp), ("ttm", .time), ("tDs", .duration), ("tiM", .duration),
    ("+l", .nested), ("+s", .nested), ("+ud:0,1", .nested), ("", .unknown("")),
    ("new", .unknown("new")),
  ])
  func `Format strings name their type`(_ format: String, _ type: ArrowType) {
    #expect(ArrowType(format: format) == type)
  }
}
