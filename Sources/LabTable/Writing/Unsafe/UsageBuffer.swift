/// A growing buffer that rows are encoded into and files are written from.
///
/// Invariant: `base` holds `capacity` bytes from `init` to `deinit`, of which the first `count` are initialised; every store
/// follows a `reserve` that covers it. An object is used by one thread at a time: whoever holds it hands it on as a whole.
@safe public final class UsageBuffer: @unchecked Sendable {
  private var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  /// The bytes that were written.
  public private(set) var count = 0

  public init(capacity: Int = 1 << 20) {
    self.capacity = max(capacity, 4096)
    unsafe base = .allocate(capacity: self.capacity)
  }

  deinit { unsafe base.deallocate() }

  /// Empties the buffer and keeps its memory.
  public func removeAll() { count = 0 }

  /// The bytes that were written, to read them in place.
  public var span: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get {
      let bytes = unsafe Span(_unsafeStart: base, count: count)
      return unsafe _overrideLifetime(bytes, borrowing: self)
    }
  }

  /// A copy of the bytes that were written.
  public var bytes: [UInt8] { unsafe Array(UnsafeBufferPointer(start: base, count: count)) }

  /// Appends bytes as they are.
  public func append(_ bytes: Span<UInt8>) {
    unsafe bytes.withUnsafeBufferPointer { source in
      guard let start = source.baseAddress else { return }
      unsafe reserve(source.count).update(from: start, count: source.count)
      count += source.count
    }
  }

  /// Appends bytes as they are.
  public func append(_ bytes: [UInt8]) { append(bytes.span) }

  /// Makes room for `extra` bytes after the last and gives the place of the first.
  @inline(__always) func reserve(_ extra: Int) -> UnsafeMutablePointer<UInt8> {
    if count + extra > capacity { grow(by: extra) }
    return unsafe base + count
  }

  /// Counts everything up to `end`, which lies inside the last reserve, as written.
  @inline(__always) func commit(upTo end: UnsafeMutablePointer<UInt8>) { count = unsafe end - base }

  private func grow(by extra: Int) {
    let larger = max(capacity * 2, count + extra)
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    unsafe copy.update(from: base, count: count)
    unsafe base.deallocate()
    unsafe base = copy
    capacity = larger
  }
}
