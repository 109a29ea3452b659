@resilience
Feature: The EMR is down and returns
  A result waits for the EMR as long as the contract allows; then it is kept as undeliverable and not lost silently.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @MLLP-042 @CON-044 @CON-073 @ACK-085
  Scenario: The EMR stays down
    When the EMR sends the order "new-order"
    Given the EMR does not listen for results
    When the exam is graded "normal in both eyes"
    Then IRIS is told that the ORU was NotSent after 0 attempts
    And the signal of the ORU is dead-lettered with reason "EmrNotAccepted"

  @TOP-028 @MLLP-042
  Scenario: The EMR returns, and later results come without a restart
    When the EMR sends the order "new-order"
    Given the EMR does not listen for results
    When the exam is graded "normal in both eyes"
    Then IRIS is told that the ORU was NotSent after 0 attempts
    When the EMR listens for results again
    And the EMR orders an exam for a synthetic patient
    And the exam is graded "normal in both eyes"
    Then IRIS is told that the ORU was Accepted after 1 attempt

  @TOP-029 @ACK-083 @TOP-028
  Scenario: The EMR closes an idle connection between two results
    When an exam is ordered and graded "normal in both eyes"
    Then IRIS is told that the ORU was Accepted after 1 attempt
    When the EMR closes its results connections
    And the EMR orders an exam for a synthetic patient
    And the exam is graded "normal in both eyes"
    Then IRIS is told that the ORU was Accepted
    And the EMR receives exactly 2 ORU
