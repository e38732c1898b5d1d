import Foundation
import Monitoring
import Simulation
import Statistics
import Synchronization

// Fits the probabilities of causes on simulated incidents, or measures them on others.
//
//   swift run -c release diagnosis-accuracy fit       writes CauseCalibration.swift
//   swift run -c release diagnosis-accuracy measure   writes docs/diagnosis-accuracy.md
//   … signals usual|elsewhere FIRST ROUNDS            a line of JSON for each case: what it is, what was found
//   … intervals [ROUNDS]                              how often intervals of parts hold the truth
//   … large                                           how long 200 000 rows by 20 features take

/// Seeds that probabilities are fitted on, and others that they are measured on.
let fitted: Range<UInt64> = 1..<40
let heldOut: Range<UInt64> = 10_001..<10_017

func diagnose(_ place: Campaign.Place, _ seeds: Range<UInt64>) -> [Campaign.Verdict] {
  let plans = Campaign.plans(seeds: seeds)
  let campaign = Campaign(place)
  let verdicts = Mutex([Campaign.Verdict?](repeating: nil, count: plans.count))
  DispatchQueue.concurrentPerform(iterations: plans.count) { index in
    var verdict = campaign.diagnose(plans[index].incidents, seed: plans[index].seed)
    verdict.forgetRows()
    verdicts.withLock { $0[index] = verdict }
  }
  return verdicts.withLock { $0.compactMap { $0 } }
}

let arguments = CommandLine.arguments.dropFirst()
switch arguments.first {
case "fit":
  let text = try Calibration.fit(diagnose(.usual, fitted), seed: fitted.lowerBound)
  try text.write(
    toFile: "Sources/Monitoring/Diagnosis/CauseCalibration.swift", atomically: true, encoding: .utf8
  )
case "measure":
  let tables = Campaign.Place.allCases.map { place in
    AccuracyTable(place: place, all: diagnose(place, heldOut), heldOut: heldOut)
  }
  let text = AccuracyTable.document(
    tables, fitted: fitted, intervals: try IntervalTable(rounds: 400).markdown)
  try text.write(toFile: "docs/diagnosis-accuracy.md", atomically: true, encoding: .utf8)
  print(text)
case "intervals":
  print(try IntervalTable(rounds: Int(arguments.dropFirst().first ?? "") ?? 100).markdown)
case "signals":
  let words = Array(arguments.dropFirst())
  let place = words.first.flatMap(Campaign.Place.init) ?? .usual
  let first = words.count > 1 ? UInt64(words[1]) ?? 20_001 : 20_001
  let rounds = words.count > 2 ? UInt64(words[2]) ?? 1 : 1
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys]
  for verdict in diagnose(place, first..<(first + rounds)) {
    print(String(decoding: try encoder.encode(CaseLine(verdict)), as: UTF8.self))
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
  print("diagnosis-accuracy fit | measure | intervals | signals | large")
  exit(2)
}
