// Times kernels over rows in memory, beside the least that could be done with them.
//
// Usage: Kernels ROWS; prints seconds as one JSON object.

import Foundation
import Plumbline

let count = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 1_000_000
var generator = SeededGenerator(seed: 1)
let scores = (0..<count).map { _ in generator.uniform() }
let happened = scores.map { generator.uniform() < $0 }
let values = (0..<count).map { _ in generator.uniform() + generator.uniform() }
let users = (0..<min(count, 2_000_000)).map { "user_\($0)" }

/// Keeps results from being left out as unused.
var kept = 0.0

@MainActor func least(_ repetitions: Int, _ work: () throws -> Double) rethrows -> Double {
  var best = Double.infinity
  for _ in 0..<repetitions {
    let begun = ContinuousClock.now
    kept += try work()
    let taken = begun.duration(to: .now).components
    best = min(best, Double(taken.seconds) + Double(taken.attoseconds) * 1e-18)
  }
  return best
}

let positives = zip(scores, happened).filter(\.1).map(\.0)
let negatives = zip(scores, happened).filter { !$0.1 }.map(\.0)
let ofTruth = zip(scores, happened).map { $1 ? $0 : 1 - $0 }
let half = count / 2
let (control, treatment) = (Array(values[..<half]), Array(values[half...]))
let assignment = VariantAssignment(experimentID: "bench", shares: [0.5, 0.5])

var times: [String: Double] = [:]
times["sorting the scores"] = least(3) {
  var sorted = scores
  sortAscending(&sorted)
  return sorted[half]
}
times["auc"] = try least(3) {
  try BinaryScores(positives: positives, negatives: negatives).areaUnderROC().value
}
times["one pass of sums"] = least(5) {
  var sums = SIMD8<Double>()
  let span = ofTruth.span
  for index in stride(from: 0, to: span.count - 7, by: 8) {
    var lanes = SIMD8<Double>()
    for lane in 0..<8 { lanes[lane] = span[index + lane] }
    sums += lanes
  }
  return sums.sum()
}
times["log_loss"] = try least(5) { try logLoss(ofTruth: ofTruth.span) }
times["comparison"] = try least(5) {
  try VariantComparison(
    control: MeanEstimate(Moments(control)), treatment: MeanEstimate(Moments(treatment))
  ).pValue
}
times["assignments"] =
  Double(users.count)
  / least(3) { Double(assignment.variants(of: users).reduce(0) { $0 + ($1 ?? 0) }) }
times["kept"] = kept
print(String(decoding: try JSONEncoder().encode(times), as: UTF8.self))
