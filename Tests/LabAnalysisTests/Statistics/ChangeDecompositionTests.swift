import LabCore
import Testing

@testable import LabAnalysis

@Suite struct ChangeDecompositionTests {
  private typealias Cell = ChangeDecomposition.Cell
  private func cell(_ q0: Int64, _ c0: Int64, _ q1: Int64, _ c1: Int64) -> Cell {
    Cell(
      quantityBefore: q0, costBefore: Money(nanodollars: c0), quantityAfter: q1, costAfter: Money(nanodollars: c1))
  }

  @Test func `pure volume, pure mix and pure price each land in their own part`() throws {
    // Everything doubles.
    let volume = try #require(ChangeDecomposition(of: [cell(100, 1000, 200, 2000), cell(50, 5000, 100, 10_000)]))
    #expect(volume.volume.nanodollars == 6000 && volume.mix == .zero && volume.price == .zero)
    // 50 tokens move from 10 to 100 nanodollars a token: 50 · 90 = 4500.
    let mix = try #require(ChangeDecomposition(of: [cell(100, 1000, 50, 500), cell(50, 5000, 100, 10_000)]))
    #expect(mix.volume == .zero && mix.mix.nanodollars == 4500 && mix.price == .zero)
    // Prices halve in one cell.
    let price = try #require(ChangeDecomposition(of: [cell(100, 1000, 100, 500), cell(50, 5000, 50, 5000)]))
    #expect(price.volume == .zero && price.mix == .zero && price.price.nanodollars == -500)
  }

  @Test func `new and gone cells are mix`() throws {
    // Q 100 → 100; the gone cell cost 1000, the new one 4000.
    let change = try #require(ChangeDecomposition(of: [cell(100, 1000, 0, 0), cell(0, 0, 100, 4000)]))
    #expect(change.volume == .zero && change.price == .zero && change.mix.nanodollars == 3000)
    // From nothing all is mix: there was no quantity to scale.
    let first = try #require(ChangeDecomposition(of: [cell(0, 0, 10, 77)]))
    #expect(first.mix.nanodollars == 77 && first.volume == .zero)
    // To nothing all is volume.
    let last = try #require(ChangeDecomposition(of: [cell(10, 77, 0, 0)]))
    #expect(last.volume.nanodollars == -77 && last.mix == .zero)
  }

  @Test func `the parts sum to the change to the nanodollar whatever the figures`() throws {
    var random = RandomStream(seed: 11, purpose: 2)
    for _ in 0..<500 {
      let cells = (0..<9).map { _ in
        cell(
          random.chance(0.2) ? 0 : Int64(random.below(1_000_000_000)), Int64(random.below(1_000_000_000_000)),
          random.chance(0.2) ? 0 : Int64(random.below(1_000_000_000)), Int64(random.below(1_000_000_000_000)))
      }
      let change = try #require(ChangeDecomposition(of: cells))
      let parts = change.volume.nanodollars + change.mix.nanodollars + change.price.nanodollars
      #expect(parts == change.after.nanodollars - change.before.nanodollars)
      #expect(parts == change.change.nanodollars)
    }
  }

  @Test func `figures beyond the range of money give no decomposition instead of a crash`() {
    #expect(ChangeDecomposition(of: [cell(1, .max, .max, .max), cell(1, .max, 1, 1)]) == nil)
    #expect(ChangeDecomposition(of: [cell(1, .max, .max, 0)]) == nil)
  }
}
