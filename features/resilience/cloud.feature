@resilience
Feature: IRIS is down, slow or refuses
  An order that IRIS has not accepted is never acknowledged with AA; the EMR keeps it and sends it again. What IRIS
  owes the EMR is not lost.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @CON-032 @ACK-025 @TOP-068
  Scenario: IRIS is unreachable
    Given IRIS is unreachable
    When the EMR sends the order "new-order"
    Then the order is refused
    When IRIS works again
    And the EMR sends the same order again
    Then the order is accepted
    And IRIS holds exactly 1 order

  @CON-032 @ACK-025 @TOP-068
  Scenario Outline: IRIS answers an order with status <status>
    Given IRIS answers all requests for orders with status <status>
    When the EMR sends the order "new-order"
    Then the order is refused
    And IRIS holds exactly 0 orders

    Examples:
      | status |
      | 400    |
      | 401    |
      | 403    |
      | 404    |
      | 429    |
      | 500    |
      | 502    |
      | 503    |

  @CON-032 @CON-021 @TOP-111
  Scenario: IRIS takes too long for an order
    Given IRIS takes 2000 ms to answer requests for orders
    When the EMR sends the order "new-order"
    Then the order is refused

  @CON-032 @CON-021
  Scenario: IRIS is slow, but in time
    Given IRIS takes 100 ms to answer requests for orders
    When the EMR sends the order "new-order"
    Then the order is accepted

  @CON-071 @ACK-025
  Scenario Outline: IRIS answers an order with <what>
    Given IRIS answers orders with the text "<text>"
    When the EMR sends the order "new-order"
    Then the order is refused

    Examples:
      | what                       | text                                                                                        |
      | a text that is no HL7      | accepted                                                                                    |
      | nothing                    |                                                                                             |
      | an ACK for another order   | MSH\|^~\\&\|\|IRIS\|EPIC\|ANCL\|20170410102837\|\|ACK^O01\|1\|T\|2.4[CR]MSA\|AA\|999[CR]     |
      | an ACK without MSA         | MSH\|^~\\&\|\|IRIS\|EPIC\|ANCL\|20170410102837\|\|ACK^O01\|1\|T\|2.4[CR]                     |

  @CON-032 @ACK-025 @TOP-069
  Scenario: The connection breaks in the middle of IRIS's answer
    Given the connection to IRIS breaks behind 40 bytes of the next answer to an order
    When the EMR sends the order "new-order"
    Then the order is refused
    When the EMR sends the same order again
    Then the order is accepted
    And IRIS holds exactly 1 order

  @CON-032 @CON-013
  Scenario: An expired token is replaced, and nobody notices
    Given all access tokens have expired
    When the EMR sends the order "new-order"
    Then the order is accepted
    And the proxy asks for a fresh token

  @CON-032 @CON-013
  Scenario: The login service refuses to replace an expired token
    Given all access tokens have expired
    And IRIS answers all requests for tokens with status 503
    When the EMR sends the order "new-order"
    Then the order is refused
    And IRIS holds exactly 0 orders

  @CON-076 @CON-041 @MLLP-042
  Scenario Outline: IRIS fails to hand over a result <times> times
    Given IRIS answers the next <times> requests for deliveries with status 503
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 ORU
    And IRIS is told that the ORU was Accepted after 1 attempt

    Examples:
      | times |
      | 1     |
      | 6     |

  @CON-076 @CON-044 @ACK-035
  Scenario Outline: A receipt that is <times> times late does not repeat the result
    Given IRIS answers the next <times> requests for receipts with status 503
    When an exam is ordered and graded "normal in both eyes"
    Then IRIS is told that the ORU was Accepted after 1 attempt
    And the signal of the ORU is completed
    And the EMR receives exactly 1 ORU

    Examples:
      | times |
      | 2     |
      | 8     |

  @CON-042 @CON-076 @DFT-TX-004
  Scenario: No charge is sent while nobody can claim it
    Given charges are enabled for the organization
    And IRIS answers the next 1 request for claims with status 503
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 DFT
    And the DFT is claimed exactly 1 time

  @TOP-005 @TOP-043
  Scenario: The connection to the bus breaks, and results come all the same
    When the EMR sends the order "new-order"
    And the connections to the bus break
    And the exam is graded "normal in both eyes"
    Then the EMR receives exactly 1 ORU

  @TOP-001 @TOP-002 @TOP-003 @TOP-040 @TOP-041 @TOP-042 @TOP-047 @TOP-046 @CON-030 @CON-044 @CON-051
  Scenario: The proxy asks for what the contract names and for nothing else
    Given charges are enabled for the organization
    When an exam is ordered and graded "normal in both eyes"
    Then IRIS is told that the DFT was Accepted after 1 attempt
    And the proxy asks IRIS for nothing outside the contract
