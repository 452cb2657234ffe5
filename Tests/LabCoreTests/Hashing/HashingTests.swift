import LabCore
import Testing

@Suite struct FingerprintTests {
  /// Content whose bytes are a stream's.
  private func content(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var stream = RandomStream(seed: seed, purpose: 7)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: stream.next()) }
  }

  @Test func `any flipped bit changes about half of the fingerprint`() {
    for count in [1, 7, 8, 9, 63, 64, 65, 127, 200, 1000] {
      let bytes = content(count)
      let original = Fingerprint.of(bytes)
      var changed = 0
      var flips = 0
      for bit in stride(from: 0, to: count * 8, by: max(1, count / 20)) {
        var other = bytes
        other[bit / 8] ^= 1 << UInt8(bit % 8)
        let print = Fingerprint.of(other)
        #expect(print.high != original.high && print.low != original.low)
        changed += (print.high ^ original.high).nonzeroBitCount + (print.low ^ original.low).nonzeroBitCount
        flips += 128
      }
      #expect(abs(Double(changed) / Double(flips) - 0.5) < 0.1, "\(count) bytes")
    }
  }

  @Test func `zeros of different lengths and empty content differ`() {
    var seen: Set<Fingerprint> = []
    for count in 0...300 { seen.insert(Fingerprint.of([UInt8](repeating: 0, count: count))) }
    #expect(seen.count == 301)
  }

  @Test func `blocks can be hashed in any order and give the whole`() {
    let bytes = content(Fingerprint.blockSize * 2 + 12_345)
    let starts = [0, Fingerprint.blockSize, Fingerprint.blockSize * 2]
    var blocks = [Fingerprint](repeating: Fingerprint(high: 0, low: 0), count: 3)
    for index in [2, 0, 1] {
      let piece = Array(bytes[starts[index]..<min(starts[index] + Fingerprint.blockSize, bytes.count)])
      blocks[index] = Fingerprint.block(unsafe piece.span.bytes)
    }
    #expect(Fingerprint.combined(blocks: blocks, length: UInt64(bytes.count)) == Fingerprint.of(bytes))
    #expect(Fingerprint.combined(blocks: blocks.reversed(), length: UInt64(bytes.count)) != Fingerprint.of(bytes))
    #expect(Fingerprint.combined(blocks: blocks, length: 1) != Fingerprint.of(bytes))
  }

  @Test func `a stream in any pieces gives the fingerprint of the whole`() {
    let bytes = content(Fingerprint.blockSize + 1000)
    var random = RandomStream(seed: 3, purpose: 3)
    for limit in [1000, 70, 3_000_000] {
      var stream = FingerprintStream()
      var start = 0
      while start < bytes.count {
        let end = min(bytes.count, start + 1 + random.below(limit))
        stream.update(bytes.span.extracting(start..<end))
        start = end
      }
      #expect(stream.finished() == Fingerprint.of(bytes))
    }
  }

  @Test func `a fingerprint prints as 32 hexadecimal digits and reads back`() {
    let print = Fingerprint(high: 0x00ab_0000_0000_0001, low: 0xffff_0000_1234_5678)
    #expect(print.description == "00ab000000000001ffff000012345678")
    #expect(Fingerprint(print.description) == print)
    for text in [
      "", "00ab", "+0ab000000000001ffff000012345678", "00ab000000000001ffff00001234567g",
      "00ab000000000001-fff000012345678",
    ] {
      #expect(Fingerprint(text) == nil, "\(text)")
    }
  }

  @Test func `fingerprints never change between versions`() {
    #expect(Fingerprint.of("finops-lab").description == "41342a266b93117678a41dc2c80bbaae")
    #expect(Fingerprint.of(content(100_000)).description == "802f4a31566b8554dd4538619cfc0cf2")
  }
}

@Suite struct SHA256Tests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func `the standard's vectors come out`(text: String, digest: String) {
    #expect(SHA256.hexDigest(of: Array(text.utf8)) == digest)
  }

  @Test func `pieces give the hash of the whole, at every length around a block`() {
    let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 7) }
    for count in 0..<200 {
      let whole = SHA256.hexDigest(of: Array(bytes[..<count]))
      for cut in [0, 1, count / 2, count] where cut <= count {
        var hash = SHA256()
        hash.update(Array(bytes[..<cut]))
        hash.update(Array(bytes[cut..<count]))
        #expect(hash.hexDigest() == whole)
      }
    }
  }
}
