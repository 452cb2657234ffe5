import LabCore
import LabTestSupport
import Testing

@testable import LabAnalysis

@Suite struct CustomerSurgesTests {
  /// Twenty-four days of six hundred customers, one of whom costs fifty times as much for six hours of the last.
  private func events(threads: Int) -> [String] {
    let (customers, days, surging) = (600, 24, 77)
    var random = RandomStream(seed: 9, purpose: 31)
    var cells: ContiguousArray<CustomerHours.Cell> = []
    var costs = [Int64](repeating: 0, count: days * 24)
    for hour in 0..<days * 24 {
      for customer in 0..<customers where (hour + customer) % 6 == 0 || customer == surging {
        var cell = CustomerHours.Cell(customer: UInt32(customer), hour: Int32(hour))
        cell.calls = 1 + UInt32(random.poisson(mean: 2))
        let isSurge = customer == surging && hour >= (days - 1) * 24 && hour < (days - 1) * 24 + 6
        cell.cost = Int64(cell.calls) * 10_000_000 * (isSurge ? 500 : 1)
        costs[hour] += cell.cost
        cells.append(cell)
      }
    }
    let usual = Double(costs.reduce(0, +)) / 1e9 / Double(costs.count)
    var surges = CustomerSurges(
      CustomerHours(cells, customers: customers), order: (0..<customers).reversed(), scales: [], firstHour: 0,
      sigma: 3,
      level: 1e-6, threads: threads)
    var steps: [String] = []
    for hour in costs.indices {
      surges.advance(to: hour)
      if hour >= CustomerSurges.window {
        let cost = costs[(hour - CustomerSurges.window + 1)...hour].reduce(0, +)
        let excess = surges.test(
          hour: hour, expected: Array(repeating: usual, count: CustomerSurges.window), cost: Double(cost) / 1e9)
        if excess > 0 { steps.append("\(hour) \(excess)") }
      }
      surges.close(hour: hour, usual: usual)
    }
    return steps + surges.events(level: 1e-4).map { "\($0)" }
  }

  @Test func `a surge of one of many customers is found, with the same figures at any number of threads`() {
    let one = events(threads: 1)
    #expect(one.contains { $0.contains("customer: 77") })
    #expect(!one.contains { $0.contains("customer: ") && !$0.contains("customer: 77") })
    #expect(one == events(threads: 2) && one == events(threads: 5))
  }
}
