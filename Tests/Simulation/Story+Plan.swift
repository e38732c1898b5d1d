import Foundation
import Monitoring
import Statistics

extension Story {
  /// Decides what an incident does, so that it costs something where it should.
  mutating func plan(_ incident: Incident, _ reference: [World.Row]) {
    switch incident {
    case .harmlessDrift: harmless = random.uniform() < 0.5 ? 1.2 : -1.2
    case .featureDrift: planDrift(reference)
    case .labelShift: planLabelShift(reference)
    case .conceptGlobal:
      let way = random.uniform()
      if way < 0.4 {
        flipped = world.important[0]
      } else if way < 0.8 {
        offset = sign() * (0.8 + random.uniform())
      } else {
        blur = 1.4 + random.uniform()
      }
    case .conceptSegment:
      let above = random.uniform() < 0.3 ? world.important[1] : nil
      segment = (0, random.index(below: world.categories[0]), above)
      let way = random.uniform()
      if way < 0.35 {
        flipped = world.important[0]
      } else if way < 0.7 {
        offset = sign() * (1.3 + 1.4 * random.uniform())
      } else {
        // In one direction, as what is rare becomes what is usual there.
        isTurned = true
      }
    case .missingValues, .unitChange, .stuckFeature:
      feature = "n\(world.important[0])"
    case .encodingChange: feature = "c0"
    case .versionRollout:
      var weights = world.modelWeights
      for index in weights.indices { weights[index] *= 1 + 0.5 * random.normal() }
      weights[world.important[0]] *= 0.1
      changedWeights = weights
    case .configChange:
      (temperature, scoreOffset) = (1.6, sign() * 0.9)
    case .dependencyChange: scoreOffset = sign() * 1.1
    case .newSegment:
      unseen = (0, 0.08 + 0.2 * random.uniform())
      feature = "c0"
    case .quiet, .latency, .memory, .gpu, .servingBug, .trafficSpike: break
    }
  }

  private mutating func sign() -> Double { random.uniform() < 0.5 ? -1 : 1 }

  /// The drift of an important feature that costs most, of a few that are tried.
  private mutating func planDrift(_ reference: [World.Row]) {
    var best = (rise: -Double.infinity, feature: 0, by: 0.0)
    let size = 0.8 + 1.7 * random.uniform()
    for index in world.important.prefix(3) {
      for by in [-size, size] {
        var sum = 0.0
        for row in reference.prefix(1_000) {
          var row = row
          row.numbers[index] += by
          let truth = world.truth(row)
          row.score = world.score(world.model(row))
          sum += expectedLoss(row, truth) - expectedLoss(row, undone: index, by)
        }
        if sum > best.rise { best = (sum, index, by) }
      }
    }
    shift = (best.feature, best.by)
    feature = "n\(best.feature)"
  }

  private func expectedLoss(_ row: World.Row, undone index: Int, _ by: Double) -> Double {
    var row = row
    row.numbers[index] -= by
    row.score = world.score(world.model(row))
    return expectedLoss(row, world.truth(row))
  }

  private func expectedLoss(_ row: World.Row, _ truth: Double) -> Double {
    if world.isRegression { return abs(row.score - truth) }
    let p = 1 / (1 + exp(-truth))
    return p * (1 - row.score) * (1 - row.score) + (1 - p) * row.score * row.score
  }

  /// More of the outcomes that are predicted worse.
  private mutating func planLabelShift(_ reference: [World.Row]) {
    let middle =
      world.isRegression
      ? Moments(reference.map(\.outcome)).mean : 0.5
    func mean(_ rows: [World.Row]) -> Double {
      rows.isEmpty ? 0 : rows.reduce(0) { $0 + world.loss($1) } / Double(rows.count)
    }
    let high = mean(reference.filter { $0.outcome > middle })
    let low = mean(reference.filter { $0.outcome <= middle })
    priorWeight = (high > low ? 1 : -1) * (world.isRegression ? 1.2 : 1.5 + 2 * random.uniform())
  }

  func tables(_ first: [World.Row], _ second: [World.Row]) -> DiagnosisTables {
    var features: [DiagnosisTables.Feature] = []
    for index in 0..<world.numbers {
      func shown(_ rows: [World.Row]) -> [Double] {
        rows.map { row in
          let value = row.numbers[index]
          guard incidents.contains(.unitChange), index == world.important[0], row.isBroken
          else { return world.shown(value, index) }
          // The unit of what is logged, not of the number behind it.
          return world.shown(value / unit, index) * unit
        }
      }
      features.append(
        .init(name: "n\(index)", reference: shown(first), current: shown(second)))
    }
    for (index, count) in world.categories.enumerated() {
      func codes(_ rows: [World.Row]) -> [Double] {
        rows.map { Double($0.codes[index] == -2 ? count + 1 : $0.codes[index]) }
      }
      let names = (0..<count).map { "k\($0)" } + ["new", "renamed"]
      features.append(
        .init(
          name: "c\(index)", reference: codes(first), current: codes(second), categories: names))
    }
    func side(_ rows: [World.Row]) -> DiagnosisTables.Side {
      DiagnosisTables.Side(
        scores: rows.map(\.score), outcomes: rows.map(\.outcome),
        loss: world.isRegression ? .absoluteError : .brier,
        times: rows.map {
          Simulator.start.microseconds + Int64($0.day * Double(Simulator.day))
        })
    }
    return DiagnosisTables(
      features: features, reference: side(first), current: side(second),
      loss: world.isRegression ? .absoluteError : .brier, isClassification: !world.isRegression)
  }
}
