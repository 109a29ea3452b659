@privacy
Feature: The proxy leaves no trace of a patient
  Patient data passes through the proxy and stays nowhere: not in a file, a file's name, a log, an address or a header, not for
  a moment. Every value of a synthetic patient is unique, so that finding one is proof. It is looked for in every form in which
  programs write: plain, in capitals, base64, hexadecimal, URL, JSON, UTF-16, packed.

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
    And the proxy tells IRIS of the patient by orders and receipts alone

  @TOP-060 @TOP-065 @CON-062
  Scenario Outline: Every field of an order and every text of a grading has a value of its own, and results are <results>
    Given the clinic and IRIS agreed on "<agreement>"
    When the EMR orders an exam with a value of its own in every field
    Then the order is accepted
    And IRIS received exactly the bytes of every order
    When the exam is graded with a value of its own in every text
    Then the EMR receives exactly 1 <kind>
    And the EMR receives exactly 1 DFT
    And the proxy has left no trace of the patient on its host
    And the proxy tells IRIS of the patient by orders and receipts alone

    Examples:
      | results              | kind | agreement          |
      | a message and a link | ORU  | nothing else       |
      | a message and a PDF  | ORU  | res.document=pdf   |
      | a document           | MDM  | mdm.enabled=on     |

  @TOP-066 @TOP-065 @FILE-006
  Scenario: A report that is delivered as a file named after the patient lies there alone
    Given IRIS delivers reports as files named "{patientLastName}/{patientLocalId}/{orderLocalId}.pdf"
    When the EMR orders an exam with a value of its own in every field
    And the exam is graded with a value of its own in every text
    Then IRIS is told that the FILE was Accepted
    And the EMR receives exactly 1 DFT
    And below the results folder the patient is in "{patientLastName}/{patientLocalId}/{orderLocalId}.pdf" alone
    And the proxy has left no trace of the patient on its host
    And the proxy tells IRIS of the patient by orders and receipts alone

  @TOP-066 @TOP-065 @FILE-011
  Scenario: A report that cannot be written is kept nowhere else
    Given IRIS delivers reports as files named "{patientLastName}/{orderLocalId}.pdf"
    And the results folder cannot be used
    When the EMR orders an exam with a value of its own in every field
    And the exam is graded with a value of its own in every text
    Then IRIS is told that the FILE was NotSent
    And the signal of the FILE is dead-lettered with reason "EmrNotAccepted"
    And the proxy has left no trace of the patient on its host
    And the proxy tells IRIS of the patient by orders and receipts alone

  @TOP-060 @TOP-065 @CON-032
  Scenario: An order that IRIS cannot take
    Given IRIS is unreachable
    When the EMR orders an exam with a value of its own in every field
    Then the order is refused
    And the ACK names no value of the patient beyond its control id
    And the proxy has left no trace of the patient on its host
    And the proxy tells IRIS of the patient by orders and receipts alone

  @TOP-060 @TOP-065 @CON-032
  Scenario Outline: An order for which IRIS answers with status <status>
    Given IRIS answers all requests for orders with status <status>
    When the EMR orders an exam with a value of its own in every field
    Then the order is refused
    And the ACK names no value of the patient beyond its control id
    And the proxy has left no trace of the patient on its host
    And the proxy tells IRIS of the patient by orders and receipts alone

    Examples:
      | status |
      | 400    |
      | 413    |
      | 503    |

  @TOP-065 @CON-033
  Scenario: An order by way of the blob storage
    Given the setting intake of the proxy is "blob"
    When the EMR orders an exam with a value of its own in every field
    Then the order is accepted
    And the proxy has left no trace of the patient on its host
    And the proxy tells IRIS of the patient by orders and receipts alone

  @TOP-060 @TOP-065
  Scenario Outline: A result that the EMR answers with <answer>
    Given the EMR answers every ORU with <answer>
    When the EMR orders an exam with a value of its own in every field
    And the exam is graded with a value of its own in every text
    Then IRIS is told that the ORU was <outcome>
    And the EMR receives exactly 1 DFT
    And the signal of the ORU is dead-lettered with reason "EmrNotAccepted"
    And the proxy has left no trace of the patient on its host
    And the proxy tells IRIS of the patient by orders and receipts alone

    Examples:
      | answer                     | outcome      |
      | an application error       | Rejected     |
      | an echo of the message     | MalformedAck |
      | silence                    | NoAck        |

  @TOP-060 @TOP-065 @CON-073
  Scenario: A result that waits for an EMR that is down
    Given the EMR does not listen for results
    When the EMR orders an exam with a value of its own in every field
    And the exam is graded with a value of its own in every text
    Then IRIS is told that the ORU was NotSent
    And the proxy has left no trace of the patient on its host
    And the proxy tells IRIS of the patient by orders and receipts alone

  @TOP-065 @CON-050
  Scenario: A proxy that connects again and is asked whether it lives
    When the EMR orders an exam with a value of its own in every field
    And the exam is graded with a value of its own in every text
    Then the EMR receives exactly 1 ORU
    When the connections to the bus break
    And IRIS pings the proxy
    Then the proxy answers the ping with a heartbeat
    And the proxy has left no trace of the patient on its host
    And the proxy tells IRIS of the patient by orders and receipts alone

  @TOP-060 @TOP-065 @CON-062
  Scenario: A proxy that is killed with a result in its hands
    Given the EMR answers every ORU with silence
    When the EMR orders an exam with a value of its own in every field
    And the exam is graded with a value of its own in every text
    And the proxy is killed once the EMR holds the ORU
    Then the proxy has left no trace of the patient on its host
    And the proxy tells IRIS of the patient by orders and receipts alone

  @TOP-060 @TOP-065 @CON-079
  Scenario: A proxy that is asked to stop with a result in its hands
    Given the EMR answers every ORU with silence
    When the EMR orders an exam with a value of its own in every field
    And the exam is graded with a value of its own in every text
    Then the EMR receives at least 1 and at most 3 ORU
    When the proxy is asked to stop
    Then the proxy has left no trace of the patient on its host
    And the proxy tells IRIS of the patient by orders and receipts alone

  @TOP-065 @CON-032 @ACK-011
  Scenario: A reason in an acknowledgement names no value of the patient
    Given IRIS is unreachable
    When the EMR orders an exam for a synthetic patient
    Then the ACK names no value of the patient beyond its control id
