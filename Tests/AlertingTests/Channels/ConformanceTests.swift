import Foundation
import Monitoring
import Testing

@testable import Alerting

/// What every channel has to do, whatever it speaks.
@Suite(.timeLimit(.minutes(5))) struct ConformanceTests {
  private func send(
    _ provider: Provider, _ behaviour: Provider.Behaviour, _ message: AlertMessage,
    key: String = Sample.key()
  ) throws -> Result<DeliveryReceipt, DeliveryError> {
    let channel = try provider.channel(behaviour, key: key)
    return Result { () throws(DeliveryError) in try channel.send(message) }
  }

  private func problems(_ provider: Provider, _ key: String) throws -> [String] {
    let server = try ProviderServer.shared
    let problems =
      provider == .email
      ? try server.mails(key).map(\.problems) : try server.requests(key).map(\.problems)
    try #require(!problems.isEmpty, "nothing arrived")
    return problems.flatMap(\.self)
  }

  @Test(arguments: Provider.allCases, AlertMessage.Kind.allCases)
  func `Every kind of message arrives, as the provider publishes it should`(
    _ provider: Provider, _ kind: AlertMessage.Kind
  ) throws {
    let key = Sample.key()
    let receipt = try send(provider, .takes, Sample.message(kind, id: key), key: key).get()
    #expect(receipt.detail.contains(provider == .email ? "250" : "HTTP 20"))
    #expect(try problems(provider, key) == [])
  }

  @Test(arguments: Provider.allCases, AlertMessage.Kind.allCases)
  func `Hostile labels neither break nor change a message`(
    _ provider: Provider, _ kind: AlertMessage.Kind
  ) throws {
    let key = Sample.key()
    var message = Sample.hostileMessage(kind, id: key)
    let channel = try provider.channel(.takes, key: key)
    let all = message.alerts
    // As they come to a channel: one at a time, or in groups.
    for alert in channel.sendsEachAlert ? all : all.suffix(1) {
      message.alerts = channel.sendsEachAlert ? [alert] : all
      _ = try channel.send(message)
    }
    #expect(try problems(provider, key) == [])
  }

  @Test(arguments: Provider.allCases)
  func `A test without alerts arrives, and says that it is one`(_ provider: Provider) throws {
    let key = Sample.key()
    _ = try send(provider, .takes, Sample.message(.test, alerts: []), key: key).get()
    #expect(try problems(provider, key) == [])
    let server = try ProviderServer.shared
    let texts =
      provider == .email
      ? try server.mails(key).map { ($0.headers["subject"] ?? "") + ($0.text ?? "") }
      : try server.requests(key).map(\.body)
    #expect(try #require(texts.first).lowercased().contains("test"))
  }

  @Test(arguments: Provider.allCases)
  func `A certificate authority of one's own is trusted where it is named`(
    _ provider: Provider
  ) throws {
    let key = Sample.key()
    _ = try send(provider, .takesOverTLS, Sample.message(), key: key).get()
    #expect(try problems(provider, key) == [])
  }

  @Test(arguments: Provider.allCases)
  func `A provider that limits says for how long`(_ provider: Provider) throws {
    let result = try send(provider, .limits, Sample.message())
    guard case .failure(.temporary(let reason, let retryAfter)) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(retryAfter == (provider == .email ? nil : 7))
    #expect(reason.contains(provider == .email ? "451" : "429"))
  }

  @Test(
    arguments: Provider.allCases,
    [Provider.Behaviour.fails, .hangs, .resets, .refusesConnections, .isNotTrusted, .speaksGarbage])
  func `Trouble of servers and networks is temporary`(
    _ provider: Provider, _ behaviour: Provider.Behaviour
  ) throws {
    let result = try send(provider, behaviour, Sample.message())
    guard case .failure(.temporary(let reason, nil)) = result else {
      Issue.record("\(result)")
      return
    }
    let words: [Provider.Behaviour: String] = [
      .fails: provider == .email ? "with 451" : "answered 500", .hangs: "within 1000 ms",
      .resets: "broke off", .refusesConnections: "takes no connections",
      .isNotTrusted: "certificate",
      .speaksGarbage: provider == .email ? "broke off" : "not of the protocol",
    ]
    #expect(reason.contains("127.0.0.1") && reason.contains(words[behaviour] ?? ""))
  }

  @Test(arguments: Provider.allCases)
  func `What is refused for good is not tried again`(_ provider: Provider) throws {
    let result = try send(provider, .refusesForGood, Sample.message())
    guard case .failure(.permanent(let reason)) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(reason.contains(provider == .email ? "554" : "404"))
  }

  @Test(arguments: Provider.allCases, Provider.Behaviour.allCases)
  func `No error shows a secret`(_ provider: Provider, _ behaviour: Provider.Behaviour) throws {
    guard behaviour != .hangs else { return }
    if case .failure(let error) = try send(provider, behaviour, Sample.message()) {
      for secret in Provider.secrets {
        #expect(!"\(error) \(String(reflecting: error))".contains(secret))
      }
    }
  }

  @Test(arguments: Provider.allCases)
  func `Every attempt at a message sends the same`(_ provider: Provider) throws {
    let key = Sample.key()
    let channel = try provider.channel(.takes, key: key)
    for _ in 0..<2 { _ = try channel.send(Sample.message()) }
    let server = try ProviderServer.shared
    let texts =
      provider == .email
      ? try server.mails(key).map { "\($0.headers) \($0.text ?? "") \($0.html ?? "")" }
      : try server.requests(key).map { "\($0.path) \($0.body)" }
    #expect(texts.count == 2)
    if provider == .email {
      let headers = try server.mails(key).map(\.headers)
      #expect(headers.first == headers.last)
    } else {
      #expect(Set(texts).count == 1)
    }
  }

  @Test(arguments: Provider.allCases)
  func `A channel that is printed shows no secret`(_ provider: Provider) throws {
    let channel = try provider.channel(.takes, key: "none")
    for secret in Provider.secrets {
      #expect(!"\(channel) \(String(reflecting: channel))".contains(secret))
    }
  }

  @Test func `Only systems that keep incidents get every alert by itself`() throws {
    let each = try Provider.allCases.filter {
      try $0.channel(.takes, key: "none").sendsEachAlert
    }
    #expect(each == [.pagerduty, .opsgenie])
  }
}
