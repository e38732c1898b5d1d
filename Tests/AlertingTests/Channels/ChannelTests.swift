import Foundation
import Monitoring
import Testing

@testable import Alerting

/// What is particular to a provider.
@Suite(.timeLimit(.minutes(2))) struct ChannelTests {
  /// Sends messages through one channel and gives what arrived.
  private func requests(
    _ provider: Provider, _ messages: AlertMessage..., title: String? = nil, text: String? = nil
  ) throws -> [ProviderServer.Request] {
    let key = Sample.key()
    let channel = try provider.channel(.takes, key: key, title: title, text: text)
    for message in messages { _ = try channel.send(message) }
    return try ProviderServer.shared.requests(key)
  }

  private func error(_ configuration: ChannelConfiguration) throws -> DeliveryError? {
    let channel = try Channels.make(configuration) { Provider.now }
    do {
      _ = try channel.send(Sample.message())
      return nil
    } catch {
      return error
    }
  }

  @Test func `Slack gets a header, the facts and links, with the severity's colour`() throws {
    let request = try #require(try requests(.slack, Sample.message()).first)
    #expect(request.json["text"] as? String == "[FIRING] Accuracy of fraud is 81.20%")
    let attachment = try #require((request.json["attachments"] as? [[String: Any]])?.first)
    #expect(attachment["color"] as? String == "#d00000")
    #expect(request.body.contains("It was 91% &amp; more.\\nLook at &lt;segments&gt;."))
    #expect(request.body.contains("*Threshold*\\n0.85"))
    #expect(request.body.contains("<https://plumbline.example.com/|Dashboard>"))
    #expect(
      request.body.contains(
        "<https://wiki.example.com/runbooks/accuracy?a=1&amp;b=%3C2%3E%7Cx|Runbook>"))
  }

  @Test func `A message of many alerts says how many it leaves out`() throws {
    let alerts = (0..<30).map { Sample.alert(fingerprint: "\($0)") }
    var message = Sample.message(alerts: alerts)
    message.truncatedAlerts = 5
    for provider in [Provider.slack, .teams] {
      let request = try #require(try requests(provider, message).first)
      #expect(request.problems == [])
      #expect(request.body.contains("[FIRING:35] 35 alerts of model_name=fraud"))
      #expect(request.body.contains("… and 25 more"))
    }
  }

  @Test func `The page of a proxy is not Slack's ok`() throws {
    let url = try ProviderServer.shared.address("slack", "proxy-page", key: "proxy")
    let error = try error(ChannelConfiguration(name: "s", target: .slack(url: url)))
    guard case .temporary(let reason, nil) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.contains("please log in"))
  }

  @Test func `A provider that repeats a request does not make its secrets public`() throws {
    let url = try ProviderServer.shared.address("webhook", "echo", key: "echo") + "/TOPSECRET"
    var configuration = ChannelConfiguration(
      name: "w", target: .webhook(url: url, secret: nil, headers: ["X-Key": "HEADERSECRET"]))
    configuration.textTemplate = "HEADERSECRET"
    let error = try error(configuration)
    let text = String(reflecting: error)
    #expect(text.contains("answered 400"))
    #expect(!text.contains("TOPSECRET") && !text.contains("HEADERSECRET"))
  }

  @Test func `PagerDuty opens, takes on and closes one incident by the fingerprint`() throws {
    let requests = try requests(
      .pagerduty, Sample.message(.firing), Sample.message(.acknowledged),
      Sample.message(.resolved))
    #expect(
      requests.map { $0.json["event_action"] as? String } == ["trigger", "acknowledge", "resolve"])
    #expect(Set(requests.map { $0.json["dedup_key"] as? String }) == ["8f14e45fceea167a"])
    let payload = try #require(requests.first?.json["payload"] as? [String: Any])
    #expect(payload["summary"] as? String == "Accuracy of fraud is 81.20%")
    #expect(payload["severity"] as? String == "critical")
    #expect(payload["source"] as? String == "fraud")
    let details = try #require(payload["custom_details"] as? [String: Any])
    #expect(details["threshold"] as? Double == 0.85)
    #expect(details["response_time"] as? String == "immediate")
    let links = try #require(requests.first?.json["links"] as? [[String: String]])
    #expect(links.first?["text"] == "Runbook")
  }

  @Test func `An alert of a group that is over is closed though others fire`() throws {
    var alerts = [Sample.alert(fingerprint: "a"), Sample.alert(fingerprint: "b")]
    alerts[1].state = .resolved
    let requests = try requests(.pagerduty, Sample.message(.firing, alerts: alerts))
    #expect(requests.map { $0.json["event_action"] as? String } == ["trigger", "resolve"])
  }

  @Test func `A test opens an incident of its own and closes it at once`() throws {
    let requests = try requests(.pagerduty, Sample.message(.test))
    #expect(requests.map { $0.json["event_action"] as? String } == ["trigger", "resolve"])
    #expect(Set(requests.map { $0.json["dedup_key"] as? String }) == ["plumbline-test-message-1"])
    let payload = try #require(requests.first?.json["payload"] as? [String: Any])
    #expect(payload["severity"] as? String == "info")
    #expect((payload["summary"] as? String)?.hasPrefix("[TEST] ") == true)
  }

  @Test func `Opsgenie opens, takes on and closes one alert by its alias`() throws {
    let requests = try requests(
      .opsgenie, Sample.message(.firing), Sample.message(.acknowledged),
      Sample.message(.resolved), Sample.message(.test))
    #expect(requests.flatMap(\.problems) == [])
    let ends = requests.map { $0.path.split(separator: "/").dropFirst(3).joined(separator: "/") }
    #expect(
      ends == [
        "v2/alerts", "v2/alerts/8f14e45fceea167a/acknowledge",
        "v2/alerts/8f14e45fceea167a/close", "v2/alerts",
        "v2/alerts/plumbline-test-message-1/close",
      ])
    #expect(requests[0].json["priority"] as? String == "P1")
    #expect(requests[1].json["user"] as? String == "Grace")
    #expect(requests[3].json["priority"] as? String == "P5")
  }

  @Test func `A webhook gets what Alertmanager would post, signed and with its key`() throws {
    let request = try #require(try requests(.webhook, Sample.message(id: "id-7")).first)
    #expect(request.problems == [])
    #expect(
      request.body
        == """
        {"alerts":[{"annotations":{"description":"It was 91% & more.\\nLook at <segments>.",\
        "metric":"model_accuracy","reference":"0.9","response_time":"immediate","runbook_url":\
        "https://wiki.example.com/runbooks/accuracy?a=1&b=%3C2%3E%7Cx",\
        "summary":"Accuracy of fraud is 81.20%","threshold":"0.85","value":"0.812"},\
        "endsAt":"0001-01-01T00:00:00Z","fingerprint":"8f14e45fceea167a",\
        "generatorURL":"https://plumbline.example.com/","labels":\
        {"alertname":"model_accuracy_degradation","model_name":"fraud","severity":"critical"},\
        "startsAt":"2026-11-24T07:30:00Z","status":"firing"}],"commonAnnotations":\
        {"description":"It was 91% & more.\\nLook at <segments>.",\
        "metric":"model_accuracy","reference":"0.9","response_time":"immediate","runbook_url":\
        "https://wiki.example.com/runbooks/accuracy?a=1&b=%3C2%3E%7Cx",\
        "summary":"Accuracy of fraud is 81.20%","threshold":"0.85","value":"0.812"},\
        "commonLabels":{"alertname":"model_accuracy_degradation","model_name":"fraud",\
        "severity":"critical"},"externalURL":"https://plumbline.example.com/",\
        "groupKey":"{model_name=\\"fraud\\"}","groupLabels":{"model_name":"fraud"},\
        "receiver":"test webhook","status":"firing","truncatedAlerts":0,"version":"4"}
        """.replacing("\"reference\":\"0.9\",", with: ""))
    #expect(request.headers["idempotency-key"] == "id-7" && request.headers["x-team"] == "risk")
    #expect(request.headers["x-plumbline-signature"]?.hasPrefix("t=1795507200,v1=") == true)
  }

  @Test func `A signature is that of RFC 2104`() {
    // echo -n '1700000000.{}' | openssl dgst -sha256 -hmac key
    #expect(
      WebhookChannel.signature(of: Array("{}".utf8), secret: "key", seconds: 1_700_000_000)
        == "t=1700000000,v1=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae")
  }

  @Test func `Labels Alertmanager has no names for get others`() {
    #expect(
      AlertLabels.sanitized([
        "a.b": "1", "a_b": "2", "a-b": "3", "9": "4", "": "5", "é": "6", "empty": "",
      ]) == ["a_b": "2", "a_b_2": "3", "a_b_3": "1", "_9": "4", "_": "5", "__": "6"])
  }

  @Test(arguments: [AlertMessage.Kind.acknowledged, .digest])
  func `People see who took an alert on, and why several come together`(
    _ kind: AlertMessage.Kind
  ) throws {
    for provider in [Provider.slack, .teams] {
      let request = try #require(try requests(provider, Sample.message(kind)).first)
      #expect(
        request.body.contains(
          kind == .digest ? "rate limit" : "[ACKNOWLEDGED] Accuracy of fraud is 81.20%"))
      #expect(kind == .digest || request.body.contains("Grace has taken this on."))
    }
  }

  @Test func `Fingerprints providers have no room for are told by others of their own`() throws {
    let long = [1, 2].map {
      Sample.alert(fingerprint: String(repeating: "f", count: 600) + "\($0)")
    }
    let keys = try requests(.pagerduty, Sample.message(alerts: long)).map {
      $0.json["dedup_key"] as? String
    }
    #expect(Set(keys).count == 2)
    let aliases = try requests(.opsgenie, Sample.message(alerts: long)).map {
      $0.json["alias"] as? String
    }
    #expect(Set(aliases).count == 2)
  }

  @Test func `A card for Teams stays within its size whatever comes`() throws {
    var alert = Sample.alert()
    alert.description = String(repeating: "語\"", count: 5_000)
    let message = Sample.message(alerts: (0..<40).map { _ in alert })
    let request = try #require(try requests(.teams, message).first)
    #expect(request.problems == [] && request.body.utf8.count <= TeamsCard.sizeLimit)
    #expect(request.body.contains("more"))
  }
}
