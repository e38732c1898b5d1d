import CADBC
import Columns
import Synchronization

/// A batch of one column made by hand after the Arrow C data interface, which counts how often it
/// is given back.
final class Producer: Sendable {
  /// How often the consumer released the batch.
  let releases = Atomic<Int>(0)

  /// - Parameters:
  ///   - format: the column's format string.
  ///   - buffers: the column's buffers, validity first; an empty validity means all valid.
  ///   - length: values in the child.
  ///   - offset: where the child's values begin in its buffers.
  ///   - batchOffset: how many of the child's values the batch leaves out at the front.
  ///   - rows: what the batch says its length is; nil for all the child's values after that.
  func batch(
    _ format: String, _ buffers: [[UInt8]], length: Int, offset: Int = 0, batchOffset: Int = 0,
    rows: Int? = nil, children: Int = 1
  ) -> RecordBatch? {
    let child = UnsafeMutablePointer<ArrowArray>.allocate(capacity: 1)
    let pointers = UnsafeMutablePointer<UnsafeRawPointer?>.allocate(capacity: buffers.count)
    for (index, bytes) in buffers.enumerated() {
      guard !bytes.isEmpty else {
        pointers[index] = nil
        continue
      }
      let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 64)
      memory.copyMemory(from: bytes, byteCount: bytes.count)
      pointers[index] = UnsafeRawPointer(memory)
    }
    child.initialize(
      to: ArrowArray(
        length: Int64(length), null_count: buffers[0].isEmpty ? 0 : -1, offset: Int64(offset),
        n_buffers: Int64(buffers.count), n_children: 0, buffers: pointers, children: nil,
        dictionary: nil, release: nil, private_data: nil))
    let list = UnsafeMutablePointer<UnsafeMutablePointer<ArrowArray>?>.allocate(capacity: 1)
    list.initialize(to: child)
    let parent = ArrowArray(
      length: Int64(rows ?? length - batchOffset), null_count: 0, offset: Int64(batchOffset),
      n_buffers: 1, n_children: Int64(children), buffers: nil, children: list, dictionary: nil,
      release: { parent in
        guard let parent, let owner = parent.pointee.private_data else { return }
        Unmanaged<Producer>.fromOpaque(owner).takeRetainedValue().giveBack(parent)
      }, private_data: Unmanaged.passRetained(self).toOpaque())
    return RecordBatch(
      taking: parent, schema: [ColumnSchema(name: "x", type: ArrowType(format: format))])
  }

  private func giveBack(_ parent: UnsafeMutablePointer<ArrowArray>) {
    releases.add(1, ordering: .relaxed)
    if let child = parent.pointee.children?[0] {
      for index in 0..<Int(child.pointee.n_buffers) {
        UnsafeMutableRawPointer(mutating: child.pointee.buffers[index])?.deallocate()
      }
      child.pointee.buffers.deallocate()
      child.deallocate()
    }
    parent.pointee.children.deallocate()
    parent.pointee.release = nil
  }
}

/// The bytes of values as they lie in a buffer.
func bytes<Value>(_ values: [Value]) -> [UInt8] {
  values.withUnsafeBytes { Array($0) }
}
