import LabReport

/// A table of a report as a file of its own, with all its rows.
public struct TableFile: Sendable {
  /// The path inside the report's folder: `tables/understanding.by_model.csv`.
  public let name: String
  public let table: ReportTable

  init(page: String?, anchor: String, table: ReportTable) {
    let prefix = page.map { ReportLinks.slug($0) + "." } ?? ""
    name = "tables/" + prefix + anchor.dropFirst("table-".count) + ".csv"
    self.table = table
  }

  /// The CSV: column ids, then every row that the table holds.
  public var bytes: [UInt8] { CSVRenderer().bytes(of: table) }
}
