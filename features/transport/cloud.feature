@transport
Feature: Towards the IRIS cloud
  The proxy opens every connection itself, trusts one authority, and asks for no more than the contract names.

  @CON-003 @TOP-044
  Scenario: A cloud whose certificate another authority has signed gets nothing
    Given an EMR, and an IRIS cloud whose certificate another authority has signed
    Then the proxy asks that cloud for nothing

  @CON-072
  Scenario: Tokens have the scopes of the contract
    Given an EMR, a proxy and the IRIS cloud are connected
    When the EMR sends the order "new-order"
    Then the order is accepted
    And the proxy asks for tokens with the scopes of the contract

  @CON-033
  Scenario: Orders by blob storage
    Given an EMR, a proxy and the IRIS cloud are connected
    And the setting intake of the proxy is "blob"
    When the EMR sends the order "new-order"
    Then the order is accepted
    And the order lies in the blob storage
    And IRIS holds exactly 1 order

  @CON-033 @ACK-025
  Scenario: An order that the blob storage does not take
    Given an EMR, a proxy and the IRIS cloud are connected
    And the setting intake of the proxy is "blob"
    And IRIS answers all requests for blobs with status 503
    When the EMR sends the order "new-order"
    Then the order is refused
    And IRIS holds exactly 0 orders

  @TOP-052
  Scenario: Without the blob storage orders and results go on
    Given an EMR, a proxy and the IRIS cloud are connected
    And IRIS answers all requests for blobs with status 503
    When an exam is ordered and graded "normal in both eyes"
    Then the order is accepted
    And the EMR receives exactly 1 ORU

  @CON-077
  Scenario: The lock of a signal is renewed as long as its delivery is in work
    Given an EMR, a proxy and the IRIS cloud are connected
    And a signal stays locked for 600 ms
    And the proxy is told to wait 500 ms between attempts
    And the EMR answers every ORU with an application error
    When an exam is ordered and graded "normal in both eyes"
    Then IRIS is told that the ORU was Rejected after 3 attempts
    And the signal of the ORU is dead-lettered with reason "EmrNotAccepted"
    And no lock on a signal has lapsed

  @CON-074
  Scenario Outline: The receipt quotes <answer>
    Given an EMR, a proxy and the IRIS cloud are connected
    And charges are enabled for the organization
    And the EMR answers every DFT with <answer>
    And the EMR answers every ORU with an accepting ACK
    When an exam is ordered and graded "normal in both eyes"
    Then IRIS is told that the DFT was <outcome> after 1 attempt
    And the receipt of the DFT quotes the EMR's answer

    Examples:
      | answer                     | outcome      |
      | an accepting ACK with text | Accepted     |
      | an application error       | Rejected     |
      | an ACK for another message | MalformedAck |
      | an ACK without FS          | MalformedAck |

  @TOP-012
  Scenario: Without an EMR files are delivered all the same
    Given an EMR, a proxy and the IRIS cloud are connected
    And IRIS delivers nothing but files named "{orderLocalId}.pdf"
    When the EMR sends the order "new-order"
    Given the EMR does not listen for results
    When the exam is graded "normal in both eyes"
    Then the file "2017041006.pdf" holds the report

  @TOP-066 @TOP-060
  Scenario: A report lies in its folder and nowhere else on the host
    Given an EMR, a proxy and the IRIS cloud are connected
    And IRIS delivers reports as files named "{patientLocalId}/{orderLocalId}.pdf"
    When the EMR orders an exam for a synthetic patient
    And the exam is graded "normal in both eyes"
    Then IRIS is told that the FILE was Accepted after 1 attempt
    And 1 file is in the results folder
    And the proxy has left no trace of the patient on its host
