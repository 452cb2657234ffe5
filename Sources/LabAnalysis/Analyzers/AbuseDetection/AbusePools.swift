/// What all customers have in common, learnt from closed days: how much counts vary, how shares and means of logarithms do.
struct AbusePools: Sendable {
  var hourly = VolumeDispersion()
  var daily = VolumeDispersion()
  var limits = ShareHabit.Pool()
  var dear = ShareHabit.Pool()
  var hourCost = LogHabit.Pool()
  var dayCost = LogHabit.Pool()
  var prompts = LogHabit.Pool()
  var outputPerInput = LogHabit.Pool()

  /// Takes in what a part of the customers has added.
  mutating func add(_ other: AbusePools) {
    hourly.add(other.hourly)
    daily.add(other.daily)
    limits.add(other.limits)
    dear.add(other.dear)
    hourCost.add(other.hourCost)
    dayCost.add(other.dayCost)
    prompts.add(other.prompts)
    outputPerInput.add(other.outputPerInput)
  }
}
