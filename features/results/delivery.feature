@results
Feature: Results reach the EMR unchanged and in order
  The proxy is a pipe: it sends what IRIS hands over, as it is, one after the other.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @TOP-010 @CON-041 @CON-043
  Scenario: Bytes that look untidy stay as they are
    When IRIS delivers the ORU "result-untidy"
    Then the EMR receives exactly 1 ORU
    And every ORU has exactly the bytes that IRIS handed over

  @CON-046 @MLLP-006 @ACK-036
  Scenario: Results leave in the order in which IRIS queued them
    When the EMR orders 6 exams on one connection
    And all exams are graded "normal in both eyes"
    Then the EMR receives all ORUs in the order in which IRIS queued them
    And at most one results connection stays open

  @ACK-036 @MLLP-006
  Scenario: A result that waits for its acknowledgement holds back the next
    Given the EMR answers the first ORU with silence and then with an accepting ACK
    When the EMR orders 2 exams on one connection
    And all exams are graded "normal in both eyes"
    Then the EMR receives the ORUs of the orders "1, 1, 2"

  @CON-046 @ACK-034
  Scenario: A result that is refused at first is not overtaken
    Given the EMR answers the first ORU with an application error and then with an accepting ACK
    When the EMR orders 3 exams on one connection
    And all exams are graded "normal in both eyes"
    Then the EMR receives at least 3 and at most 5 ORU
    And the first ORUs of each order come in the order in which IRIS queued them

  @MLLP-016 @TOP-010
  Scenario: A result with a large PDF
    When IRIS delivers the ORU "result-pdf" with 2097152 bytes of PDF
    Then every ORU has exactly the bytes that IRIS handed over
    And the signal of the ORU is completed

  @CON-075 @CON-041
  Scenario: A result that IRIS has withdrawn is not sent
    When IRIS signals a ORU and withdraws it
    Then the EMR receives exactly 0 ORU
    And the signal of the ORU is completed
    And IRIS is told nothing about the ORU

  @CON-075
  Scenario: What is no signal is put aside and does not block the queue
    When IRIS puts "no signal" on the results queue
    Then it is dead-lettered with reason "Unreadable"
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 ORU
