import LabCore

extension ScenarioBuilder {
  mutating func sharedCost(_ value: Checked) -> SharedCostSetting {
    SharedCostSetting(id: text(value, "id"), monthly: money(value, "monthly_usd"), key: text(value, "key"))
  }

  mutating func heldCommitment(_ value: Checked) -> CommitmentSetting {
    CommitmentSetting(
      id: text(value, "id"), provider: text(value, "provider"), model: value["model"]?.text,
      paymentPerHour: money(value, "usd_per_hour"), ratio: number(value, "ratio"))
  }

  mutating func invoiceLine(_ value: Checked) -> InvoiceSetting {
    let date = (value["month"]?.instant ?? Instant(microseconds: 0)).date
    return InvoiceSetting(
      provider: text(value, "provider"), month: CivilDate(year: date.year, month: date.month, day: 1),
      amount: money(value, "amount_usd"))
  }
}
