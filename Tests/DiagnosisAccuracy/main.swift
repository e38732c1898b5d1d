import Foundation
import Monitoring
import Simulation
import Statistics
import Synchronization

// Fits the probabilities of causes on simulated incidents, or measures them on others.
//
//   swift run -c release diagnosis-accuracy fit       writes CauseCalibration.swift
//   swift run -c release diagnosis-accuracy measure   writes docs/diagnosis-accuracy.md

/// Seeds that probabilities are fitted on, and others that they are measured on.
let fitted: Range<UInt64> = 1..<38
let heldOut: Range<UInt64> = 10_001..<10_016

func diagnose(_ seeds: Range<UInt64>) -> [Campaign.Verdict] {
  let plans = Campaign.plans(seeds: seeds)
  let campaign = Campaign()
  let verdicts = Mutex([Campaign.Verdict?](repeating: nil, count: plans.count))
  DispatchQueue.concurrentPerform(iterations: plans.count) { index in
    let verdict = campaign.diagnose(plans[index].incidents, seed: plans[index].seed)
    verdicts.withLock { $0[index] = verdict }
  }
  return verdicts.withLock { $0.compactMap { $0 } }
}

switch CommandLine.arguments.dropFirst().first {
case "fit":
  let text = try Calibration.fit(diagnose(fitted), seed: fitted.lowerBound)
  try text.write(
    toFile: "Sources/Monitoring/Diagnosis/CauseCalibration.swift", atomically: true, encoding: .utf8
  )
case "measure":
  let text = AccuracyTable(
    verdicts: diagnose(heldOut), fitted: fitted, heldOut: heldOut
  ).markdown
  try text.write(toFile: "docs/diagnosis-accuracy.md", atomically: true, encoding: .utf8)
  print(text)
case "show":
  let size = UInt64(CommandLine.arguments.dropFirst(2).first ?? "") ?? 1
  for verdict in diagnose(20_001..<(20_001 + size)) {
    let signals = verdict.signals.values.filter { $0.value > 0.005 }.sorted { $0.key < $1.key }
      .map { "\($0.key)=\(($0.value * 100).rounded() / 100)" }.joined(separator: " ")
    print(
      verdict.isRight ? "ok " : "BAD", verdict.made.incidents.map(\.rawValue), verdict.made.seed,
      verdict.report.primaryCause.rawValue,
      verdict.report.causes.prefix(2).map {
        "\($0.kind.rawValue) \(($0.score * 100).rounded() / 100)"
      },
      signals)
  }
case "large":
  // A table of 200 000 rows by 20 features.
  var generator = SeededGenerator(seed: 1)
  func numbers() -> [Double] { (0..<200_000).map { _ in generator.uniform() } }
  let features = (0..<20).map { index in
    DiagnosisTables.Feature(name: "f\(index)", reference: numbers(), current: numbers())
  }
  func side(_ column: [Double]) -> DiagnosisTables.Side {
    DiagnosisTables.Side(
      scores: column, outcomes: column.map { generator.uniform() < $0 ? 1 : 0 }, loss: .brier,
      times: (0..<200_000).map { Int64($0) * 10_000_000 })
  }
  var evidence = DiagnosisEvidence()
  evidence.tables = DiagnosisTables(
    features: features, reference: side(features[0].reference.values),
    current: side(features[0].current.values), loss: .brier, isClassification: true)
  let clock = ContinuousClock()
  let time = clock.measure { print(Diagnosis().run(evidence).summary) }
  print(time)
default:
  print("diagnosis-accuracy fit | measure | show [seeds]")
  exit(2)
}
