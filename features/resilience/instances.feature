@resilience
Feature: Proxies that die, stop and stand in for each other
  A proxy keeps nothing: whatever is in flight when it ends is taken over by another instance.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @TOP-070 @ACK-088 @CON-045
  Scenario: The proxy dies between a result and its receipt
    Given the EMR answers the first ORU with silence and then with an accepting ACK
    When an exam is ordered and graded "normal in both eyes"
    And the proxy is killed once the EMR holds the ORU
    And the locks on the signals expire
    And another proxy instance takes over
    Then IRIS is told that the ORU was Accepted
    And the EMR receives exactly 2 ORU
    And every ORU has exactly the bytes that IRIS handed over

  @TOP-062 @TOP-061
  Scenario: A cold standby takes over without any data
    When the proxy is asked to stop
    And another proxy instance takes over
    And an exam is ordered and graded "normal in both eyes"
    Then the order is accepted
    And the EMR receives exactly 1 ORU

  @TOP-063
  Scenario: Two instances deliver a result once
    Given a second proxy instance is connected
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 ORU
    And IRIS is told that the ORU was Accepted after 1 attempt

  @CON-079 @TOP-070
  Scenario: A proxy that is asked to stop gives an unanswered result back
    Given the EMR answers the first ORU with silence and then with an accepting ACK
    When an exam is ordered and graded "normal in both eyes"
    And the proxy is asked to stop
    And another proxy instance takes over
    Then IRIS is told that the ORU was Accepted

  @MLLP-020 @MLLP-029
  Scenario: Nonsense on the orders port ends no proxy
    When the EMR sends the bytes "[0x00][0x01][0x02][0xFF][0xFE]"
    Then the next order is accepted
    And the proxy still runs

  @TOP-062 @TOP-063 @TOP-061
  Scenario: A standby that starts while the first one works takes over without a gap
    When the EMR sends the order "new-order"
    Given a second proxy instance is connected
    When the EMR orders an exam for a synthetic patient
    And all exams are graded "normal in both eyes"
    Then the EMR receives exactly 2 ORU
    And every order is accepted
    And IRIS received exactly the bytes of every order
