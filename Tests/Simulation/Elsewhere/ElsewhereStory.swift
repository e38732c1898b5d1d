import Foundation
import Monitoring
import Statistics

/// A case from ``Elsewhere`` being made: two to six weeks and then three to fourteen days, in which something
/// comes at once or little by little, for good or only for some hours of the day.
struct ElsewhereStory {
  static let day: Int64 = 86_400_000_000
  static let start = Instant("2027-06-07T00:00:00Z") ?? Instant(microseconds: 0)
  /// What an incident has to add to the loss, at its height, to be one: a share of what it was.
  static let leastCost = 0.08
  static let sizes = [500, 1_200, 3_000, 8_000, 25_000, 60_000, 200_000]

  var incidents: [Incident]
  let seed: UInt64
  var world: Elsewhere
  var random: SeededGenerator
  let rows: Int
  let days: (reference: Double, current: Double)
  let onsetDay: Double
  /// Days until it is at its height.
  let ramp: Double
  /// Hours of the day in which a pipeline fails; nil for all.
  let outage: Range<Double>?

  // What happens, decided once.
  var moved: (feature: Int, by: Double, stretch: Double)?
  var tilt: Double?
  var harmless: Double?
  var priorWeight: Double?
  var sign = 1.0
  var offset = 0.0
  var place: (code: Int, feature: Int?)?
  var lost = 0.0
  var sentinel: Double?
  var unit = 1.0
  var renamed: Set<Int> = []
  var turned = 1.0
  var scoreOffset = 0.0
  var temperature = 1.0
  var unseen = 0.0
  var spike = 1.0

  init(_ incidents: [Incident], seed: UInt64, rows given: Int? = nil) {
    self.incidents = incidents
    self.seed = seed
    world = Elsewhere(seed: seed)
    random = SeededGenerator(seed: seed &* 31 &+ 5)
    let size = random.index(below: 20)
    rows = given ?? Self.sizes[size < 19 ? size % 6 : 6]
    days = (
      [14, 28, 42][random.index(below: 3)],
      random.uniform() < 0.15 ? 3 : random.uniform() < 0.6 ? 7 : 14
    )
    onsetDay =
      days.reference + (random.uniform() < 0.4 ? 0 : 0.5 * days.current * random.uniform())
    ramp = random.uniform() < 0.3 ? 0.6 * days.current * random.uniform() : 0
    outage = random.uniform() < 0.3 ? 7..<(11 + 6 * random.uniform()) : nil
    for incident in incidents { decide(incident) }
    if !incidents.contains(.harmlessDrift), random.uniform() < 0.2 { harmless = draw(0.5, 2) }
  }

  /// Between two numbers, on either side of 0.
  private mutating func draw(_ low: Double, _ high: Double) -> Double {
    (random.uniform() < 0.5 ? -1 : 1) * (low + (high - low) * random.uniform())
  }

  private mutating func decide(_ incident: Incident) {
    let first = random.uniform()
    switch incident {
    case .harmlessDrift: harmless = draw(0.5, 2.5)
    case .featureDrift:
      if first < 0.15 {
        tilt = draw(1, 2.5)
      } else {
        let stretch = first < 0.35 ? 1.5 + random.uniform() : 1
        moved = (world.important[random.index(below: 3)], draw(0.7, 3), stretch)
      }
    case .labelShift: priorWeight = 0.7 + 2 * random.uniform()
    case .conceptGlobal:
      if first < 0.4 { offset = draw(0.8, 2.2) } else { sign = first < 0.7 ? -0.5 : 0.2 }
    case .conceptSegment:
      place = (random.index(below: 3), first < 0.5 ? world.important[1] : nil)
      if random.uniform() < 0.5 { offset = draw(1.5, 3) } else { sign = -1 }
    case .missingValues:
      lost = 0.15 + 0.8 * random.uniform()
      sentinel = first < 0.3 ? -999 : first < 0.5 ? 0 : nil
    case .unitChange: unit = [0.001, 0.01, 0.1, 10, 100, 1_000][random.index(below: 6)]
    case .encodingChange: renamed = first < 0.5 ? [0] : [0, 1, 2]
    case .versionRollout: turned = first < 0.5 ? -0.3 : 0.3
    case .configChange: (temperature, scoreOffset) = (first < 0.5 ? 2.2 : 0.4, draw(0.5, 1))
    case .dependencyChange: scoreOffset = draw(0.8, 2)
    case .newSegment: unseen = 0.04 + 0.36 * random.uniform()
    case .trafficSpike: spike = 2.3 + 5 * random.uniform()
    case .quiet, .stuckFeature, .latency, .memory, .gpu, .servingBug: break
    }
  }

  /// As if only one of several had happened.
  func alone(_ incident: Incident) -> ElsewhereStory {
    var story = self
    story.incidents = [incident]
    story.harmless = nil
    for other in incidents where other != incident {
      switch other {
      case .featureDrift: (story.moved, story.tilt) = (nil, nil)
      case .labelShift: story.priorWeight = nil
      case .conceptGlobal, .conceptSegment:
        (story.place, story.sign, story.offset) = (nil, 1, 0)
      case .versionRollout: story.turned = 1
      case .configChange, .dependencyChange: (story.temperature, story.scoreOffset) = (1, 0)
      case .newSegment: story.unseen = 0
      default: break
      }
    }
    return story
  }

  var used: Int { world.important[0] }

  /// How far something has come, 0…1.
  func height(_ day: Double) -> Double {
    guard day >= onsetDay else { return 0 }
    return ramp > 0 ? min(1, (day - onsetDay) / ramp) : 1
  }

  /// Whether a pipeline fails on this row.
  private mutating func fails(_ day: Double) -> Bool {
    guard day >= onsetDay else { return false }
    if let outage { return outage.contains(24 * (day - day.rounded(.down))) }
    return height(day) >= 1 || random.uniform() < height(day)
  }

  /// Whether a row is where the relation is another.
  func isAffected(_ row: Elsewhere.Row) -> Bool {
    guard let place else { return true }
    return row.codes[0] == place.code && (place.feature.map { row.numbers[$0] > 0.2 } ?? true)
  }

  /// A row with what is logged of it; nil for one that did not come, as outcomes come in other shares.
  mutating func row(_ day: Double) -> (row: Elsewhere.Row, logged: [Double], codes: [Int])? {
    var row = world.features(day)
    let height = height(day)
    if let moved {
      row.numbers[moved.feature] *= 1 + height * (moved.stretch - 1)
      row.numbers[moved.feature] += height * moved.by
    }
    if let harmless { row.numbers[world.numbers - 1] += height * harmless }
    if let tilt, random.uniform() < height {
      // Other categories are common: the other end of the list.
      let level = Int(40 * pow(random.uniform(), tilt > 0 ? 1 / tilt : -tilt))
      row.codes[1] = min(39, level)
    }
    if height > 0, random.uniform() < unseen * height { row.codes[1] = 40 }
    let changed = isAffected(row)
    row.outcome = world.outcome(
      world.truth(
        row, sign: changed ? 1 + height * (sign - 1) : 1, offset: changed ? height * offset : 0))
    if let priorWeight, height > 0, random.uniform() > kept(row, priorWeight * height) {
      return nil
    }
    let (logged, codes) = logged(row)
    var given = logged.indices.map { world.understood(logged[$0], $0) }
    if incidents.contains(.servingBug), height > 0 { given[used] = 0 }
    let predictor =
      world.model(given, codes, turned: 1 + (height > 0 ? turned - 1 : 0))
      * (height > 0 ? temperature : 1) + (height > 0 ? scoreOffset * (1 + noise) : 0)
    row.score = world.score(predictor)
    return (row, logged, codes)
  }

  /// In numbers, offsets are as large as errors are.
  private var noise: Double { world.task == .numbers ? 0.5 : 0 }

  private func kept(_ row: Elsewhere.Row, _ weight: Double) -> Double {
    if world.task == .numbers { return 1 / (1 + exp(-weight * row.outcome)) }
    // The rarer class comes more often: models know it least.
    return row.outcome > 0.5 ? 1 : 1 / (1 + weight)
  }

  private mutating func logged(_ row: Elsewhere.Row) -> ([Double], [Int]) {
    var values = row.numbers.indices.map { world.shown(row.numbers[$0], $0) }
    var codes = row.codes
    for incident in incidents {
      switch incident {
      case .missingValues where fails(row.day):
        if random.uniform() < lost { values[used] = sentinel ?? .nan }
      case .unitChange where fails(row.day): values[used] *= unit
      case .stuckFeature where fails(row.day): values[used] = world.shown(0.3, used)
      case .encodingChange where fails(row.day):
        if renamed.contains(codes[0]) { codes[0] += 4 }
      default: break
      }
    }
    return (values, codes)
  }
}
