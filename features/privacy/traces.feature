@privacy
Feature: The proxy leaves no trace of a patient
  Patient data passes through the proxy and stays nowhere: not in a file, a file's name, a log, an address or a header.
  Every value of a synthetic patient is unique, so that finding one is proof.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected
    And charges are enabled for the organization

  @TOP-060 @TOP-065 @CON-062
  Scenario: Order, result and charge of one patient
    When the EMR orders an exam for a synthetic patient
    And the exam is graded "moderate retinopathy right, mild left"
    Then the EMR receives exactly 1 ORU
    And the EMR receives exactly 1 DFT
    And the proxy has left no trace of the patient on its host
    And no address or header of a request to IRIS holds a trace of the patient

  @TOP-060 @TOP-065 @CON-032
  Scenario: An order that IRIS cannot take
    Given IRIS is unreachable
    When the EMR orders an exam for a synthetic patient
    Then the order is refused
    And the proxy has left no trace of the patient on its host

  @TOP-060 @TOP-065
  Scenario Outline: A result that the EMR answers with <answer>
    Given the EMR answers every ORU with <answer>
    When the EMR orders an exam for a synthetic patient
    And the exam is graded "normal in both eyes"
    Then IRIS is told that the ORU was <outcome>
    And the EMR receives exactly 1 DFT
    And the proxy has left no trace of the patient on its host

    Examples:
      | answer                     | outcome      |
      | an application error       | Rejected     |
      | an echo of the message     | MalformedAck |
      | silence                    | NoAck        |

  @TOP-060 @TOP-065 @CON-062
  Scenario: A proxy that is killed with a result in its hands
    Given the EMR answers every ORU with silence
    And the EMR has ordered an exam for a synthetic patient
    When the exam is graded "normal in both eyes"
    And the proxy is killed once the EMR holds the ORU
    Then the proxy has left no trace of the patient on its host

  @TOP-065 @CON-032 @ACK-011
  Scenario: A reason in an acknowledgement names no value of the patient
    Given IRIS is unreachable
    When the EMR orders an exam for a synthetic patient
    Then the ACK names no value of the patient beyond its control id
