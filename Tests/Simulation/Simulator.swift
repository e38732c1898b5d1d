import Foundation
import Monitoring
import Statistics

/// Makes cases from seeds: the same seed and incidents give the same case.
///
/// Four weeks of reference and one of current, in which something begins within the first three days, at once or
/// little by little; it is as large as chance has it, and no incident where it costs nothing. Half the worlds have something innocent besides: a deployment that changes nothing, a drift that costs nothing,
/// a busy CPU. In some, evidence is missing.
public struct Simulator: Sendable {
  public static let version = "4"
  static let day: Int64 = 86_400_000_000
  static let start = Instant("2026-03-02T00:00:00Z") ?? Instant(microseconds: 0)

  /// Rows of the reference; current has about a quarter.
  public var rows: Int

  public init(rows: Int = 4_000) {
    self.rows = rows
  }

  public func make(_ incidents: [Incident], seed: UInt64) -> SimulatedCase {
    var story = Story(incidents, seed: seed, rows: rows)
    return story.tell()
  }
}

/// One case being made.
struct Story {
  var incidents: [Incident]
  let seed: UInt64
  var world: World
  var random: SeededGenerator
  let onsetDay: Double
  let rows: Int
  var causes: Set<RootCause> = []
  var kinds: Set<CauseKind> = []
  var feature: String?
  /// What current rows are made with.
  var shift: (feature: Int, by: Double)?
  var priorWeight: Double?
  var flipped: Int?
  var offset = 0.0
  /// How many times as far outcomes are from what features let expect.
  var blur = 1.0
  /// Whether outcomes are the opposite of what they were.
  var isTurned = false
  /// The category or the number in whose rows the relation is another.
  var segment: (feature: Int, code: Int, above: Int?)?
  var changedWeights: [Double]?
  var temperature = 1.0
  var scoreOffset = 0.0
  var unseen: (feature: Int, share: Double)?
  var harmless: Double?
  /// The share of values that go missing.
  let lost: Double
  /// What another unit multiplies values by.
  let unit: Double
  /// Days until all rows are affected.
  let ramp: Double

  init(_ incidents: [Incident], seed: UInt64, rows: Int) {
    self.incidents = incidents
    self.seed = seed
    self.rows = rows
    world = World(seed: seed)
    random = SeededGenerator(seed: seed &+ 1_000_003)
    onsetDay = 28 + (random.uniform() * 72).rounded() / 24
    lost = 0.15 + 0.6 * random.uniform()
    unit = [10, 20, 100, 0.1][random.index(below: 4)]
    ramp = random.uniform() < 0.25 ? 3 * random.uniform() : 0
  }

  mutating func tell() -> SimulatedCase {
    let first = referenceRows()
    for incident in incidents { plan(incident, first) }
    if !incidents.contains(.harmlessDrift), random.uniform() < 0.25 {
      harmless = random.uniform() < 0.5 ? 1 : -1
    }
    let second = currentRows()
    var evidence = DiagnosisEvidence()
    evidence.tables = tables(first, second)
    let start = Simulator.start.microseconds
    evidence.currentFrom = Instant(microseconds: start + 28 * Simulator.day)
    evidence.now = Instant(microseconds: start + 35 * Simulator.day)
    evidence.metrics = metrics()
    evidence.deployments = deployments()
    hide(&evidence)
    // What costs nothing is no cause, whatever it was meant to be.
    var isCostless = false
    for incident in incidents {
      guard let kind = incident.kind else { continue }
      guard costs(incident, first) else {
        isCostless = true
        continue
      }
      kinds.insert(kind)
      causes.insert(kind.cause)
    }
    return SimulatedCase(
      seed: seed, incidents: incidents, evidence: evidence, isCostless: isCostless, causes: causes,
      kinds: kinds,
      feature: feature,
      onset: Instant(microseconds: start + Int64(onsetDay * Double(Simulator.day))))
  }

  private mutating func referenceRows() -> [World.Row] {
    (0..<rows).map { index in
      var row = world.features()
      row.outcome = world.outcome(world.truth(row))
      row.score = world.score(world.model(row))
      row.day = 28 * Double(index) / Double(rows)
      return row
    }
  }

  private func isAffected(_ row: World.Row) -> Bool {
    guard let segment else { return true }
    return row.codes[segment.feature] == segment.code
      && (segment.above.map { row.numbers[$0] > 0 } ?? true)
  }

  private mutating func hasBegun(_ day: Double) -> Bool {
    guard day >= onsetDay, ramp > 0 else { return day >= onsetDay }
    return random.uniform() * ramp < day - onsetDay
  }

  /// Whether a change of the world raises the loss by a twentieth where it is, once it has come and is alone.
  private func costs(_ incident: Incident, _ reference: [World.Row]) -> Bool {
    guard incident.needsLabels || incident == .featureDrift else { return true }
    var story = alone(incident)
    let own = story
    func mean(_ rows: [World.Row]) -> Double {
      let affected = rows.filter(own.isAffected)
      return affected.reduce(0) { $0 + world.loss($1) } / Double(max(1, affected.count))
    }
    return mean((0..<4_000).map { _ in story.currentRow(40) }) > 1.05 * mean(reference)
  }

  private func alone(_ incident: Incident) -> Story {
    var story = self
    story.incidents = [incident]
    story.harmless = nil
    for other in incidents where other != incident {
      switch other {
      case .featureDrift: story.shift = nil
      case .labelShift: story.priorWeight = nil
      case .conceptGlobal, .conceptSegment:
        (story.segment, story.flipped, story.offset) = (nil, nil, 0)
        (story.blur, story.isTurned) = (1, false)
      case .versionRollout: story.changedWeights = nil
      case .configChange, .dependencyChange: (story.temperature, story.scoreOffset) = (1, 0)
      case .newSegment: story.unseen = nil
      default: break
      }
    }
    return story
  }

  private mutating func currentRows() -> [World.Row] {
    let isSpike = incidents.contains(.trafficSpike)
    let rate = Double(rows) / 28
    var made: [World.Row] = []
    var day = 28.0
    while day < 35 {
      day += 1 / (rate * (isSpike && day >= onsetDay ? 2.6 : 1))
      guard day < 35 else { break }
      made.append(currentRow(day))
    }
    return made
  }

  private mutating func currentRow(_ day: Double) -> World.Row {
    while true {
      var row = world.features()
      row.day = day
      let begun = hasBegun(day)
      if begun, let shift { row.numbers[shift.feature] += shift.by }
      if begun, let harmless { row.numbers[world.numbers - 1] += harmless }
      if begun, let unseen, random.uniform() < unseen.share {
        row.codes[unseen.feature] = world.categories[unseen.feature]
      }
      let affected = begun && isAffected(row)
      let truth = world.truth(
        row, flipped: affected ? flipped : nil, offset: affected ? offset : 0)
      row.outcome = world.outcome(
        affected && isTurned ? -truth : truth, blur: affected ? blur : 1)
      if begun, let priorWeight, random.uniform() > acceptance(row.outcome, priorWeight) {
        continue
      }
      breakRow(&row, begun)
      let predictor =
        world.model(given(row, begun), weights: begun ? changedWeights : nil)
        * (begun ? temperature : 1) + (begun ? scoreOffset : 0)
      row.score = world.score(predictor)
      return row
    }
  }

  /// How often a row of an outcome is kept, where outcomes change their shares.
  private func acceptance(_ outcome: Double, _ weight: Double) -> Double {
    if world.isRegression { return 1 / (1 + exp(-weight * outcome)) }
    return (outcome > 0.5) == (weight > 0) ? 1 : 1 / (1 + abs(weight))
  }

  /// What the pipeline does to features before they are logged and scored.
  private mutating func breakRow(_ row: inout World.Row, _ begun: Bool) {
    guard begun else { return }
    row.isBroken = true
    let used = world.important[0]
    for incident in incidents {
      switch incident {
      case .missingValues: if random.uniform() < lost { row.numbers[used] = .nan }
      case .stuckFeature: row.numbers[used] = 0.8
      case .unitChange: row.numbers[used] *= unit
      case .encodingChange where row.codes[0] == 0: row.codes[0] = -2
      default: break
      }
    }
  }

  /// What the model is given: what was logged, or in a serving bug something else.
  private func given(_ row: World.Row, _ begun: Bool) -> World.Row {
    guard begun, incidents.contains(.servingBug) else { return row }
    var row = row
    row.numbers[world.important[0]] = 0
    return row
  }
}
