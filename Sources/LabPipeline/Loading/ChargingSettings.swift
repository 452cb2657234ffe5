import LabAnalysis
import LabCore
import LabScenario

extension AnalyzerSettings {
  /// Takes over what a scenario says is charged beside the calls.
  mutating func takeCharging(from analysis: AnalysisSettings) {
    sharedCosts = analysis.sharedCosts.compactMap { cost in
      SharedCost.Key(rawValue: cost.key).map { SharedCost(id: cost.id, monthly: cost.monthly, key: $0) }
    }
    commitmentsHeld = analysis.commitmentsHeld.map {
      HeldCommitment(
        id: $0.id, provider: $0.provider, model: $0.model, paymentPerHour: $0.paymentPerHour, ratio: $0.ratio)
    }
    invoices = analysis.invoices.map {
      InvoiceLine(provider: $0.provider, year: $0.month.year, month: $0.month.month, amount: $0.amount)
    }
  }
}
