import Foundation
public import Monitoring
import Statistics

/// How causes are ranked elsewhere, to compare with: by how many alerts there are, and by correlation.
public enum PeerRankers {
  /// The cause that most alerts are about, with the usual thresholds and an alert for each day and series;
  /// nil for none.
  public static func mostAlerts(_ report: DiagnosisReport, _ evidence: DiagnosisEvidence)
    -> RootCause?
  {
    var counts: [RootCause: Int] = [:]
    for feature in report.features where (feature.distance ?? 0) >= 0.1 {
      counts[.dataDrift, default: 0] += 1
      counts[.modelBug, default: 0] += feature.defects.isEmpty ? 0 : 1
    }
    if let analysis = evidence.analysis {
      if (analysis.scoreDistance ?? 0) >= 0.1 { counts[.targetDrift, default: 0] += 1 }
      if (analysis.labelShift?.pValue ?? 1) < 0.05 { counts[.targetDrift, default: 0] += 1 }
      if analysis.degraded == true { counts[.conceptDrift, default: 0] += 1 }
    }
    let limits: [(String, RootCause, (Double) -> Bool)] = [
      ("latency_p99_ms", .infrastructure, { $0 > 500 }),
      ("memory_utilization", .infrastructure, { $0 > 90 }),
      ("cpu_utilization", .infrastructure, { $0 > 90 }),
      ("gpu_utilization", .infrastructure, { $0 < 20 }),
      ("requests_per_second", .trafficPattern, { $0 > 120 }),
    ]
    let from = evidence.currentFrom ?? Instant(microseconds: 0)
    for (metric, cause, fails) in limits {
      let days = Set(
        evidence.metrics.filter { $0.metric == metric && $0.at >= from && fails($0.value ?? .nan) }
          .map { $0.at.microseconds / 86_400_000_000 })
      counts[cause, default: 0] += days.count
    }
    counts[.modelBug, default: 0] += (evidence.deployments ?? []).count { $0.at >= from }
    return counts.filter { $0.value > 0 }.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }?.key
  }

  /// The cause whose daily series goes most with the daily loss; nil where none does.
  public static func highestCorrelation(_ evidence: DiagnosisEvidence) -> RootCause? {
    guard let tables = evidence.tables, !tables.reference.times.isEmpty else { return nil }
    let times = tables.reference.times + tables.current.times
    guard let start = times.min(), let end = times.max() else { return nil }
    let days = Int((end - start) / 86_400_000_000) + 1
    func daily(_ values: [Double], _ times: [Int64]) -> [Double] {
      var (sums, counts) = ([Double](repeating: 0, count: days), [Double](repeating: 0, count: days))
      for (value, time) in zip(values, times) where value.isFinite && time >= start {
        let day = Int((time - start) / 86_400_000_000)
        guard day < days else { continue }
        sums[day] += value
        counts[day] += 1
      }
      return zip(sums, counts).map { $1 > 0 ? $0 / $1 : .nan }
    }
    let loss = daily(tables.reference.losses + tables.current.losses, times)
    var series: [(RootCause, [Double])] = []
    for feature in tables.features {
      let values = feature.reference.values + feature.current.values
      series.append((.dataDrift, daily(values, times)))
      series.append((.modelBug, daily(values.map { $0.isNaN ? 1 : 0 }, times)))
    }
    series.append((.targetDrift, daily(tables.reference.outcomes + tables.current.outcomes, times)))
    for (name, cause) in [
      ("latency_p99_ms", RootCause.infrastructure), ("memory_utilization", .infrastructure),
      ("cpu_utilization", .infrastructure), ("gpu_utilization", .infrastructure),
      ("requests_per_second", .trafficPattern),
    ] {
      let samples = evidence.metrics.filter { $0.metric == name }
      series.append((cause, daily(samples.map { $0.value ?? .nan }, samples.map(\.at.microseconds))))
    }
    for deployment in evidence.deployments ?? [] where deployment.at.microseconds > start {
      series.append(
        (
          .modelBug,
          (0..<days).map {
            start + Int64($0) * 86_400_000_000 >= deployment.at.microseconds ? 1 : 0
          }
        ))
    }
    let ranked = series.map { ($0.0, abs(correlation($0.1, loss))) }
    guard let best = ranked.max(by: { $0.1 < $1.1 }), best.1 >= 0.5 else { return nil }
    return best.0
  }

  private static func correlation(_ one: [Double], _ two: [Double]) -> Double {
    let pairs = zip(one, two).filter { $0.0.isFinite && $0.1.isFinite }
    guard pairs.count >= 10 else { return 0 }
    let (first, second) = (Moments(pairs.map(\.0)).mean, Moments(pairs.map(\.1)).mean)
    var (product, a, b) = (0.0, 0.0, 0.0)
    for (x, y) in pairs {
      product += (x - first) * (y - second)
      a += (x - first) * (x - first)
      b += (y - second) * (y - second)
    }
    return a > 0 && b > 0 ? product / (a * b).squareRoot() : 0
  }
}
