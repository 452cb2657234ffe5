import LabScenario
import Testing

@Suite struct RequirementTests {
  @Test(
    arguments: [
      ("<= 12000", Requirement.lessOrEqual(12000)), ("<5", .less(5)), (">=0.5", .greaterOrEqual(0.5)),
      ("> -1", .greater(-1)),
      ("== 1e3", .equal(1000)), ("!=0", .notEqual(0)), ("100..200", .within(100, 200)),
      ("-5 .. -1.5", .within(-5, -1.5)),
    ]) func `text spells a requirement`(_ text: String, _ requirement: Requirement)
  {
    #expect(Requirement(text) == requirement)
    #expect(Requirement(requirement.description) == requirement)
  }

  @Test(arguments: [
    "", "5", "<", "=< 5", "<= five", "200..100", "1..", "..2", "1..2..3", "< nan", "< 1e999", "<= 1 2x",
  ])
  func `other text spells none`(_ text: String) {
    #expect(Requirement(text) == nil)
  }

  @Test func `a requirement is met at its limits as its sign says`() {
    #expect(Requirement.lessOrEqual(5).isMet(by: 5) && !Requirement.less(5).isMet(by: 5))
    #expect(Requirement.within(1, 2).isMet(by: 1) && Requirement.within(1, 2).isMet(by: 2))
    #expect(!Requirement.within(1, 2).isMet(by: 2.1) && !Requirement.within(1, 2).isMet(by: 0.9))
    #expect(Requirement.greaterOrEqual(5).isMet(by: 5) && !Requirement.greater(5).isMet(by: 5))
    #expect(Requirement.equal(5).isMet(by: 5) && !Requirement.notEqual(5).isMet(by: 5))
    #expect(!Requirement.notEqual(5).isMet(by: .nan) && !Requirement.lessOrEqual(5).isMet(by: .nan))
  }
}
