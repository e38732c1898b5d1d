import Testing

@testable import PlumblineServer

/// How many may do something at once.
struct PlacesTests {
  @Test func `A place is free again when nobody has it`() {
    let places = Places(2)
    let first = places.take()
    var second = places.take()
    #expect(first != nil && second != nil && places.take() == nil)
    second = nil
    second = places.take()
    #expect(second != nil && places.take() == nil)
    withExtendedLifetime((first, second)) {}
  }
}
