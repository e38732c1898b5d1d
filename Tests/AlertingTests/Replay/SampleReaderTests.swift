import Alerting
import DataSources
import Foundation
import Monitoring
import Statistics
import Store
import Support
import Testing

struct SampleReaderTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func read(_ text: String) throws -> SampleReader.Result {
    let file = try folder.write("m.csv", text)
    return try SampleReader(SourceOpener().open(file)).read()
  }

  @Test func `A long table has a metric and a value in each row, and labels`() throws {
    let result = try read(
      """
      timestamp,metric,value,reference,lower,upper,model_name,zone
      2024-01-01 00:00:00,errors,0.5,0.25,0.4,0.6,fraud,eu
      2024-01-01 00:01:00,errors,,,,,fraud,
      ,errors,1,,,,fraud,eu

      """)
    #expect(result.unreadableRows == 1)
    #expect(
      result.samples == [
        MetricSample(
          metric: "errors", labels: ["model_name": "fraud", "zone": "eu"],
          at: MinuteSeries.minute(0), value: 0.5, reference: 0.25,
          interval: Interval(lower: 0.4, upper: 0.6)),
        MetricSample(
          metric: "errors", labels: ["model_name": "fraud"], at: MinuteSeries.minute(1), value: nil),
      ])
  }

  @Test func `In a wide table every column of numbers is a metric`() throws {
    let result = try read(
      """
      timestamp,errors,latency,model_name
      2024-01-01T00:00:00Z,1,0.5,fraud
      2024-01-01T00:01:00Z,2,,fraud

      """)
    #expect(result.samples.map(\.metric) == ["errors", "latency", "errors", "latency"])
    #expect(result.samples.map(\.value) == [1, 0.5, 2, nil])
    #expect(result.samples.allSatisfy { $0.labels == ["model_name": "fraud"] })
  }

  @Test func `Times may be seconds since 1970`() throws {
    let result = try read("timestamp,errors\n1704067200,1\n1704067260.5,2\n")
    #expect(
      result.samples.map(\.at.iso8601) == ["2024-01-01T00:00:00Z", "2024-01-01T00:01:00.5Z"])
  }

  @Test(arguments: [
    ("1704067200000", "1704067200000"), ("1704067200000000000", "1.7040672e+18"),
    ("sometime", "sometime"), ("\"24/11/2026, 8 h\"", "24/11/2026, 8 h"),
  ])
  func `Times none of which can be read are an error that says what is wanted`(
    _ time: String, _ shown: String
  ) throws {
    let error = #expect(throws: MonitoringError.self) {
      try read("timestamp,metric,value\n,a,1\n\(time),a,1\n\(time),a,2\n")
    }
    #expect(error?.what.hasSuffix("m.csv can be read: `\(shown)`") == true, "\(error?.what ?? "")")
    #expect(error?.mend.contains("seconds since 1970") == true)
  }

  @Test
  func
    `Of rows without a time it is said that there is none, and some that cannot be read are counted`()
    throws
  {
    let error = #expect(throws: MonitoringError.self) {
      try read("timestamp,metric,value\n,a,1\n,a,2\n")
    }
    #expect(error?.code == "no_times")
    let some = try read("timestamp,metric,value\n2024-01-01T00:00:00Z,a,1\nsoon,a,2\n,a,3\n")
    #expect(some.samples.count == 1 && some.unreadableRows == 2)
    // Rows that have a time are not told to have none.
    #expect(try read("timestamp,metric,value\n2024-01-01,,1\n,a,1\n").unreadableRows == 2)
  }

  @Test(arguments: ["when,errors\n2024-01-01,1\n", "timestamp,a\n2024-01-01,x\n"])
  func `A table without times or numbers is told`(text: String) throws {
    #expect(throws: MonitoringError.self) { try read(text) }
  }

  @Test func `A column without any value is no text, though files of text have it so`() throws {
    let result = try read(
      """
      timestamp,metric,value,reference,model_name
      2024-01-01T00:00:00Z,errors,,,fraud
      2024-01-01T00:01:00Z,errors,"","",fraud

      """)
    #expect(result.samples.map(\.metric) == ["errors", "errors"])
    #expect(result.samples.allSatisfy { $0.value == nil && $0.reference == nil })
    let mixed = try read("timestamp,metric,value\n2024-01-01,a,NaN\n2024-01-02,a,0.5\n")
    #expect(mixed.samples.last?.value == 0.5)
  }

  @Test(arguments: [
    ("timestamp,metric,value\n2024-01-01,a,much\n", "its column `value` holds `much`"),
    ("timestamp,metric,amount\n2024-01-01,a,1\n", "a column `metric` and none named `value`"),
    ("timestamp,a\n2024-01-01,x\n", "neither a column `metric` nor one of numbers"),
  ])
  func `What is no table of metrics is told why`(_ text: String, _ words: String) throws {
    let error = #expect(throws: MonitoringError.self) { try read(text) }
    #expect(error?.what.contains(words) == true && error?.what.contains("m.csv") == true)
    #expect(error?.mend.contains("timestamp, metric and value") == true)
  }

  @Test func `Kept runs that left no samples are replayed too`() throws {
    let sources = SourceOpener()
    let one = try folder.write("a.csv", "x,k\n1,a\n2,b\n3,c\n")
    let report = try DriftCheck(reference: sources.open(one), current: sources.open(one)).run()
    let history = try History(path: folder.path + "/h.db")
    for day in 1...3 {
      try history.add(
        Run(command: "drift", createdAt: "2024-01-0\(day)T00:00:00Z", report: .drift(report)))
    }
    try history.add(
      Run(
        command: "serve", createdAt: "2024-01-02T00:00:00Z", model: "fraud", check: "daily",
        dueAt: "2024-01-02T00:00:00Z", report: .drift(report)))
    try history.add([
      MetricSample(
        metric: "data_drift_score", labels: ["model_name": "fraud", "check": "daily"],
        at: MinuteSeries.minute(1_440), value: 0)
    ])
    let drift = try history.replaySamples().filter { $0.metric == "data_drift_score" }
    #expect(drift.count == 4)
    #expect(drift.count { $0.labels == ["check": "drift", "reference": one] } == 3)
    let later = try history.replaySamples(from: MinuteSeries.minute(1_441))
    #expect(Set(later.map(\.at.iso8601)) == ["2024-01-03T00:00:00Z"])
  }
}
