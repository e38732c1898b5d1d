import Monitoring
import Testing

struct ScenarioTests {
  static let all = Scenario.ofRules + Scenario.ofNoise

  @Test(arguments: all)
  func `A scenario goes as its script says`(_ scenario: Scenario) throws {
    let expected = try scenario.read().expected
    let lines = try ScenarioRun.transcript(scenario).lines
    #expect(lines == expected)
  }

  @Test(arguments: all)
  func `A restart at every step changes nothing that anybody is told`(_ scenario: Scenario) throws {
    let usual = try ScenarioRun.transcript(scenario).lines
    #expect(try ScenarioRun.transcript(scenario, .restarts).lines == usual)
  }

  @Test(arguments: all)
  func `What cannot be kept at first is kept and told once it can`(_ scenario: Scenario) throws {
    let usual = try ScenarioRun.transcript(scenario).lines
    #expect(try ScenarioRun.transcript(scenario, .failingCommits).lines == usual)
  }
}
