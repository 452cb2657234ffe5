import LabCore
import LabPipeline
import LabRendering
import LabReport

/// Imports real usage and says what came of it.
struct ImportPresenter {
  let shell: Shell
  let environment: LabEnvironment

  func run(_ command: Import) throws(LabFailure) -> ExitCode {
    var request = ImportRequest(
      format: try UsageFormat.named(command.format), path: command.file, output: command.output)
    request.prices = command.prices
    request.start = command.start.flatMap { Instant($0) }
    request.map = try ImportRequest.assignments(command.maps, flag: "--map")
    request.constants = try ImportRequest.assignments(command.sets, flag: "--set")
    request.maxRejects = command.maxRejects
    request.rejectsPath = command.rejects
    let outcome = try environment.importUsage(request)
    let blocks = self.blocks(outcome)
    if UsageFilePaths(data: command.output == "-" ? "/dev/stdout" : command.output).isDirect {
      shell.console.note(TerminalText.visible(TerminalRenderer(shell.style).text(of: blocks)))
    } else {
      shell.show(blocks)
    }
    return .done
  }

  private func blocks(_ outcome: ImportOutcome) -> [ReportBlock] {
    func number(_ count: Int128) -> String { NumberFormat.grouped(Int64(clamping: count)) }
    var blocks: [ReportBlock] = [
      .metrics([
        .count("calls", "Calls", outcome.rows, unit: .calls),
        .count("input_tokens", "Input tokens", outcome.inputTokens, unit: .tokens),
        .count("cached_input_tokens", "of these cached", outcome.cachedInputTokens, unit: .tokens),
        .count("output_tokens", "Output tokens", outcome.outputTokens, unit: .tokens),
        .money("cost_usd", "Cost", outcome.cost),
      ]),
      .callout(Callout(.info, "token basis: \(outcome.format.tokenBasis)")),
      .callout(
        Callout(
          outcome.conserves ? .good : .warning,
          "input \(number(outcome.inputTokens)) = uncached \(number(outcome.uncachedInputTokens)) + read "
            + "\(number(outcome.cachedInputTokens)) + written \(number(outcome.cacheWriteTokens))")),
      .callout(Callout(.info, "priced from \(outcome.pricesName)")),
    ]
    if outcome.unpricedCalls > 0 {
      blocks.append(
        .callout(
          Callout(
            .warning,
            "\(NumberFormat.grouped(outcome.unpricedCalls)) \(outcome.unpricedCalls == 1 ? "call" : "calls") with "
              + "\(number(outcome.unpricedTokens)) tokens \(outcome.unpricedCalls == 1 ? "has" : "have") no cost: "
              + "the price book lacks \(outcome.unpricedModels.joined(separator: ", ")) at their time")))
    }
    if outcome.rejectedRows > 0 {
      blocks.append(
        .table(
          ReportTable(
            id: "rejects", title: "Rejected rows",
            columns: [.key("reason", "Reason"), .init("rows", "Rows"), .note("lines", "First lines")],
            rows: outcome.rejects.map { reject in
              [
                .text(reject.reason), .count(reject.count),
                .text(reject.firstLines.map(String.init).joined(separator: ", ")),
              ]
            })))
    }
    blocks.append(
      .callout(Callout(.good, "wrote \(outcome.output) (\(NumberFormat.bytes(outcome.bytes)))")))
    return blocks
  }
}
