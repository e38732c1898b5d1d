import Testing

@testable import PlumblineServer

/// How slowly bodies may come.
struct BodyPaceTests {
  @Test func `A body that trickles in has an end`() {
    #expect(BodyPace.allows(0, in: 10))
    #expect(!BodyPace.allows(1_000, in: 11))
    // 16 MiB take 17 minutes at most, and not a second more.
    #expect(BodyPace.allows(16 << 20, in: 1_034))
    #expect(!BodyPace.allows(16 << 20, in: 1_035))
  }
}
