import LabCore
import LabFiles
import LabPipeline
import LabPrices
import LabRendering
import LabReport

/// Imports, checks and shows price books.
struct PricesPresenter {
  let shell: Shell

  // MARK: Import

  func importMap(_ command: PricesImport) throws(LabFailure) -> ExitCode {
    var options = PriceMapImport.Options()
    for rename in command.renames {
      let parts = rename.split(separator: "=").map(String.init)
      options.providerNames[parts[0]] = parts[1]
    }
    if let text = command.asOf {
      guard let date = Instant(text)?.date else {
        throw LabFailure(.usage, code: "bad_date", "--as-of wants a date such as 2026-11-20, found '\(text)'")
      }
      options.asOf = date
    }
    try LabEnvironment.refuse(output: command.output, overInputs: [command.file])
    let bytes = try Project.read(command.file)
    let (book, report) = try PriceMapImport.read(bytes: bytes, name: command.file, options: options)
    try OutputFile.write(book.written(), to: command.output, console: shell.console)
    let blocks = importBlocks(report, command)
    if command.output == "-" {
      // Standard output is the book; its report goes where messages go.
      shell.console.note(TerminalText.visible(TerminalRenderer(shell.style).text(of: blocks)))
    } else {
      shell.show(blocks)
    }
    if shell.console.style.verbose { shell.console.report(report.problems) }
    return .done
  }

  private func importBlocks(_ report: PriceMapImport.Report, _ command: PricesImport) -> [ReportBlock] {
    func number(_ count: Int) -> String { NumberFormat.grouped(count) }
    var blocks: [ReportBlock] = [
      .callout(
        Callout(
          .good,
          "\(number(report.imported)) of \(number(report.entries)) entries are models of the book \(command.output); "
            + "\(number(report.merged)) more are other names of the same models"))
    ]
    let reasons: [(String, Int)] =
      [
        ("documentation of the format (\(report.documentation.joined(separator: ", ")))", report.documentation.count)
      ]
      + report.withoutTokenPrices.map { ("no token price, mode \($0.name)", $0.count) }
      + report.partlyPriced.map { ("a price for input or output but not both, mode \($0.name)", $0.count) }
      + [("a price that makes no sense", report.invalid)]
    blocks.append(
      .table(
        ReportTable(
          id: "not_imported", title: "Entries that are no models of the book",
          columns: [.key("reason", "Reason"), .init("entries", "Entries")],
          rows: reasons.filter { $0.1 > 0 }.map { [.text($0.0), .count($0.1)] })))
    blocks.append(
      .table(
        ReportTable(
          id: "left_out", title: "Keys that were left out",
          columns: [
            .key("key", "Key or part of it"), .note("kind", "Kind"), .init("keys", "Keys"), .init("models", "Models"),
          ],
          rows: report.leftOut.map { family in
            [.text(family.name), .text(family.isPrice ? "price" : "other"), .count(family.keys), .count(family.models)]
          }, sortNote: "prices first")))
    let notes: [(Int, String)] = [
      (report.withoutOutput, "models give no output and the map states no price for it: output is priced at 0"),
      (report.free, "models have every price at 0 in the map"),
      (report.roundedPrices, "prices are finer than a femtodollar per token and were rounded"),
      (report.reasoningAsOutput, "reasoning prices equal the output price, which is the default"),
    ]
    for (count, text) in notes where count > 0 { blocks.append(.callout(Callout(.info, "\(number(count)) \(text)"))) }
    if !report.collisions.isEmpty {
      blocks.append(
        .table(
          ReportTable(
            id: "collisions", title: "Names that two entries ask for",
            columns: [.key("key", "Key"), .note("wanted", "Wanted"), .note("given", "Got")],
            rows: report.collisions.map { [.text($0.key), .text($0.wanted), .text($0.given ?? "no alias")] })))
    }
    if !report.problems.isEmpty {
      blocks.append(
        .callout(
          Callout(
            .warning, "\(number(report.problems.count)) entries have problems; --verbose shows each with its place")))
    }
    return blocks
  }

  // MARK: Lint

  func lint(_ command: PricesLint) throws(LabFailure) -> ExitCode {
    guard !command.files.isEmpty else { throw LabFailure(.usage, code: "no_file", "name at least one price book") }
    let environment = shell.environment(threads: 1)
    var code = ExitCode.done
    for file in command.files {
      do throws(LabFailure) {
        let book = try environment.loadPriceBook(file)
        let warnings = try PriceBook.lint(bytes: try environment.priceBookBytes(file).bytes, name: file)
        for warning in warnings { shell.console.output(TerminalText.visible(warning.description) + "\n") }
        shell.say("\(file): \(book.models.count) models, \(warnings.count) warning\(warnings.count == 1 ? "" : "s")")
      } catch {
        shell.console.report(error.diagnostics)
        code = code.combined(with: ExitCode(error.kind, cancelledBy: 0))
      }
    }
    return code
  }

  // MARK: Show

  /// - Parameters:
  ///   - path: of the book; nil for the shipped one.
  ///   - provider: only this one; nil for all.
  ///   - moment: when the prices shall be in force; nil for the latest.
  func show(book path: String?, provider: String?, at moment: Instant?) throws(LabFailure) -> ExitCode {
    let book = try shell.environment(threads: 1).loadPriceBook(path)
    shell.show([.table(try PriceTable.table(book, provider: provider, at: moment))])
    return .done
  }
}
