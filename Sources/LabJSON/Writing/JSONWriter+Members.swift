import LabCore

/// Members of an object: a key and its value. One that is unknown is `null`.
extension JSONWriter {
  public mutating func member(_ name: String, _ text: String) {
    key(name)
    value(text)
  }
  public mutating func member(_ name: String, _ flag: Bool) {
    key(name)
    value(flag)
  }
  public mutating func member(_ name: String, _ number: some BinaryInteger) {
    key(name)
    value(number)
  }
  public mutating func member(_ name: String, _ number: Double) {
    key(name)
    value(number)
  }
  public mutating func member(_ name: String, _ money: Money) {
    key(name)
    value(money)
  }

  public mutating func member(_ name: String, _ text: String?) {
    if let text { member(name, text) } else { unknownMember(name) }
  }
  public mutating func member(_ name: String, _ number: (some BinaryInteger)?) {
    if let number { member(name, number) } else { unknownMember(name) }
  }
  public mutating func member(_ name: String, _ number: Double?) {
    if let number { member(name, number) } else { unknownMember(name) }
  }
  public mutating func member(_ name: String, _ money: Money?) {
    if let money { member(name, money) } else { unknownMember(name) }
  }
  mutating func unknownMember(_ name: String) {
    key(name)
    null()
  }
}
