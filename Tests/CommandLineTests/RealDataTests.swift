import LabCore
import LabJSON
import LabTestSupport
import Testing

/// The lab on real usage: the figures were computed from the traces by a plain program apart from the lab.
@Suite(.enabled(if: SharedData.isPresent, SharedData.absence)) struct RealDataTests {
  /// Sums of a file of numbers, computed here line by line.
  private func sums(azure path: String) throws -> (calls: Int, input: Int, output: Int) {
    var sums = (calls: 0, input: 0, output: 0)
    for line in String(decoding: try SharedData.bytes(of: path), as: UTF8.self).split(whereSeparator: \.isNewline)
      .dropFirst()
    {
      let fields = line.split(separator: ",")
      sums.calls += 1
      sums.input += try #require(Int(fields[1]))
      sums.output += try #require(Int(fields[2]))
    }
    return sums
  }

  private func summary(_ run: ProcessRun, _ analyzer: String) throws -> JSONNode {
    let root = try JSONReader.read(run.outputBytes, name: "findings").root
    return try #require(root["analyzers"]?[analyzer]?["summary"])
  }

  @Test func `the Azure trace imports whole, at the prices of its model`() throws {
    let lab = try Lab()
    let path = "azure-2023/AzureLLMInferenceTrace_code.csv"
    let run = try lab.run(
      "import", "azure-llm", SharedData.file(path), "-o", "azure.csv", "--set", "provider=azure", "--set",
      "model=gpt-4o")
    expectExit(run, 0)
    let sums = try sums(azure: path)
    #expect(sums.calls == 8819)
    let analysis = try lab.run("analyze", "azure.csv", "--format", "json")
    expectExit(analysis, 0)
    let summary = try summary(analysis, "understanding")
    #expect(summary["total_calls"]?.number?.integer == Int64(sums.calls))
    #expect(summary["input_tokens"]?.number?.integer == Int64(sums.input))
    #expect(summary["output_tokens"]?.number?.integer == Int64(sums.output))
    // gpt-4o costs 2.50 and 10.00 USD per million tokens: 2,500 and 10,000 nanodollars a token, so no call is rounded.
    let nanodollars = sums.input * 2500 + sums.output * 10_000
    let cost = try #require(summary["total_cost_usd"]?.number?.exact?.scaledExactly(byPowerOfTen: 9))
    #expect(cost == Int128(nanodollars))
    #expect(try self.summary(analysis, "dataset_overview")["cost_mismatch_calls"]?.number?.integer == 0)
  }

  @Test func `the Mooncake trace imports with the cache hits of its blocks`() throws {
    let lab = try Lab()
    let path = "mooncake/conversation_trace.jsonl"
    let run = try lab.run(
      "import", "mooncake", SharedData.file(path), "-o", "chat.csv", "--start", "2026-01-05", "--set",
      "provider=openai",
      "--set", "model=gpt-4o-mini")
    expectExit(run, 0)
    var seen: Set<Int64> = []
    var (calls, input, output, cached): (Int64, Int64, Int64, Int64) = (0, 0, 0, 0)
    for line in try SharedData.bytes(of: path).split(separator: UInt8(ascii: "\n")) {
      let call = try JSONReader.read(Array(line), name: "line").root
      let length = try #require(call["input_length"]?.number?.integer)
      var leading: Int64 = 0
      var isLeading = true
      let blocks = try #require(call["hash_ids"]?.array).compactMap { $0.number?.integer }
      for block in blocks where isLeading { if seen.contains(block) { leading += 1 } else { isLeading = false } }
      seen.formUnion(blocks)
      calls += 1
      input += length
      output += try #require(call["output_length"]?.number?.integer)
      cached += min(length, leading * 512)
    }
    #expect(calls == 12_031)
    let analysis = try lab.run("analyze", "chat.csv", "--format", "json")
    expectExit(analysis, 0)
    let summary = try summary(analysis, "understanding")
    #expect(summary["total_calls"]?.number?.integer == calls)
    #expect(summary["input_tokens"]?.number?.integer == input)
    #expect(summary["output_tokens"]?.number?.integer == output)
    // gpt-4o-mini: 150 nanodollars per input token, 75 per cached one, 600 per output token.
    let cost = try #require(summary["total_cost_usd"]?.number?.exact?.scaledExactly(byPowerOfTen: 9))
    #expect(cost == Int128((input - cached) * 150 + cached * 75 + output * 600))
    let first = try lab.folder.text(of: "chat.csv").split(separator: "\n")[1]
    #expect(first.hasPrefix("2026-01-05T00:00:00.000000Z,openai,gpt-4o-mini,6758,500,7258,"))
  }

  @Test func `the whole price map becomes a book, and what is left out is named`() throws {
    let lab = try Lab()
    let run = try lab.run(
      "prices", "import", SharedData.file("prices/litellm-model-prices-1.109.1.json"), "-o", "all.json")
    expectExit(run, 0)
    #expect(run.output.contains("4,553 entries") && run.output.contains("Keys that were left out"))
    expectExit(try lab.run("prices", "lint", "all.json"), 0)
    let show = try lab.run("prices", "show", "all.json", "--provider", "anthropic")
    expectExit(show, 0)
    #expect(show.output.contains("claude"))
  }
}
