import LabCore
import LabTable
import Testing

@testable import LabAnalysis

@Suite struct FeatureSizesTests {
  @Test func `inputs, outputs and ratios are counted apart, large ones too`() throws {
    var lines = ["timestamp,feature_id,input_tokens,output_tokens,total_tokens,status,error_type"]
    var inputs: [String: [Int64]] = [:]
    var outputs: [String: [Int64]] = [:]
    var ratios: [String: [Int64]] = [:]
    var random = RandomStream(seed: 3, purpose: 5)
    for index in 0..<4000 {
      let feature = ["chat", "search"][index % 2]
      // Below, around and far beyond the 16,384 values that are counted in place.
      let input = Int64(random.lognormal(median: 16_000, sigma: 2))
      let output = Int64(random.lognormal(median: 900, sigma: 2))
      inputs[feature, default: []].append(input)
      outputs[feature, default: []].append(output)
      if output > 0 { ratios[feature, default: []].append(input * 100 / output) }
      lines.append("2026-01-05T00:00:00Z,\(feature),\(input),\(output),\(input + output),success,")
    }
    let table = try AnalysisFixture.table(lines.joined(separator: "\n") + "\n")
    let sizes = try FeatureSizes.of(table, in: AnalysisContext(threads: 2))
    let shares = [0, 0.25, 0.5, 0.75, 0.99, 1]
    for (code, feature) in table.dictionary(.featureID).texts.enumerated() {
      for (counted, values) in [
        (sizes.inputs[code], inputs[feature]), (sizes.outputs[code], outputs[feature]),
        (sizes.ratios[code], ratios[feature]),
      ] {
        let sorted = try #require(values).sorted()
        #expect(counted.count == sorted.count)
        #expect(counted.quantiles(shares) == shares.compactMap { NearestRank.quantile($0, ofSorted: sorted) })
      }
    }
  }
}
