import Alerting
import Monitoring
import Testing

/// A rule's words are of its failing: of a figure that no longer does they say so.
struct RecoveryWordingTests {
  private func descriptions(_ values: [Double], _ rule: AlertRule) -> [String?] {
    var engine = AlertEngine(rules: [rule], startedAt: MinuteSeries.start)
    return MinuteSeries.samples("error_rate", values).map { sample in
      _ = engine.evaluate([sample])
      return engine.records(at: sample.at).first?.description
    }
  }

  @Test func `What is well again says since when, firing on and over`() throws {
    var rule = try MinuteSeries.rule("bad", "error_rate", "> 5%")
    rule.description = try #require(DescriptionTemplate("{value:.1%} fail; {threshold:.0%} is bad"))
    rule.keepFiringFor = TimeSpan("2m")
    rule.recovery = try MinuteSeries.bounds("> 0.04")
    #expect(
      descriptions([0.08, 0.045, 0, 0.01, 0], rule) == [
        "8.0% fail; 5% is bad", "4.5% fail; 5% is bad (better again, and not yet recovered)",
        "0.0% fail; 5% is bad (well again since 2024-01-01T00:02:00Z)",
        "1.0% fail; 5% is bad (well again since 2024-01-01T00:02:00Z)",
        "0.0% fail; 5% is bad (well again since 2024-01-01T00:02:00Z)",
      ])
  }

  @Test func `What fails again says no more that it is well`() throws {
    var rule = try MinuteSeries.rule("bad", "error_rate", "> 5%", failures: 2)
    rule.description = try #require(DescriptionTemplate("{value:.1%} fail"))
    #expect(
      descriptions([0.08, 0.09, 0, 0.07, 0], rule) == [
        "8.0% fail", "9.0% fail", "0.0% fail (well again since 2024-01-01T00:02:00Z)", "7.0% fail",
        "7.0% fail (well again since 2024-01-01T00:04:00Z)",
      ])
  }
}
