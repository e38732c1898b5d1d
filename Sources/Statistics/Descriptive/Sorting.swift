/// Sorts finite numbers in ascending order; −0 comes before 0, which it equals.
///
/// Large arrays take a radix sort over the numbers' bits, which are mapped to unsigned integers of
/// the same order: O(n) passes of one byte each, of which those where all bytes agree are left out.
public func sortAscending(_ values: inout [Double]) {
  guard values.count >= radixThreshold else {
    values.sort()
    return
  }
  values.withUnsafeMutableBufferPointer { values in
    guard let base = values.baseAddress else { return }
    base.withMemoryRebound(to: UInt64.self, capacity: values.count) { keys in
      for index in 0..<values.count { keys[index] = orderedKey(keys[index]) }
      radixSort(keys, count: values.count)
      for index in 0..<values.count { keys[index] = numberBits(keys[index]) }
    }
  }
}

/// Sorts unsigned integers in ascending order, large arrays as above.
public func sortAscending(_ keys: inout [UInt64]) {
  guard keys.count >= radixThreshold else {
    keys.sort()
    return
  }
  keys.withUnsafeMutableBufferPointer { keys in
    guard let base = keys.baseAddress else { return }
    radixSort(base, count: keys.count)
  }
}

/// Below this size a comparison sort is as fast.
private let radixThreshold = 512

/// Bits of a digit: eight, so that the places its 256 values go to stay in the first-level cache.
private let digitBits = 8
private let digitCount = 1 << digitBits
private let passes = (64 + digitBits - 1) / digitBits

private func radixSort(_ keys: UnsafeMutablePointer<UInt64>, count: Int) {
  let scratch = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
  defer { scratch.deallocate() }
  let starts = UnsafeMutablePointer<Int>.allocate(capacity: passes * digitCount)
  defer { starts.deallocate() }
  starts.initialize(repeating: 0, count: passes * digitCount)
  for index in 0..<count {
    let key = keys[index]
    for pass in 0..<passes { starts[pass &* digitCount &+ digit(key, pass)] &+= 1 }
  }
  var (source, target) = (keys, scratch)
  for pass in 0..<passes {
    let starts = starts + pass * digitCount
    // All keys in one bucket: nothing to move.
    guard starts[digit(source[0], pass)] != count else { continue }
    var total = 0
    for bucket in 0..<digitCount {
      let size = starts[bucket]
      starts[bucket] = total
      total += size
    }
    for index in 0..<count {
      let key = source[index]
      let bucket = digit(key, pass)
      target[starts[bucket]] = key
      starts[bucket] += 1
    }
    swap(&source, &target)
  }
  if source != keys { keys.update(from: source, count: count) }
}

@inline(__always)
private func digit(_ key: UInt64, _ pass: Int) -> Int {
  Int(truncatingIfNeeded: (key >> UInt64(pass &* digitBits)) & UInt64(digitCount - 1))
}

/// The bits of a number as an integer whose order is the numbers'.
@inline(__always)
private func orderedKey(_ bits: UInt64) -> UInt64 {
  let sign = UInt64(bitPattern: Int64(bitPattern: bits) >> 63)
  return bits ^ (sign | 1 << 63)
}

/// What ``orderedKey(_:)`` was made from.
@inline(__always)
private func numberBits(_ key: UInt64) -> UInt64 {
  let sign = UInt64(bitPattern: Int64(bitPattern: ~key) >> 63)
  return key ^ (sign | 1 << 63)
}
