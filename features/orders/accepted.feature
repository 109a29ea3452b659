@orders
Feature: A conforming order reaches IRIS and is accepted
  The EMR sends an order (ORM^O01), the proxy hands its bytes to IRIS, and IRIS's acknowledgement
  travels back on the same connection. The proxy changes nothing in either direction.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @ACK-021 @ACK-022 @CON-030 @CON-031 @TOP-004 @TOP-010
  Scenario: The reference order
    When the EMR sends the order "new-order"
    Then the order is accepted
    And the ACK matches the snapshot "ack"
    And IRIS received exactly the bytes of every order
    And IRIS holds exactly 1 order

  @ACK-021 @CON-030 @CON-031 @TOP-010 @ORM-PAT-008
  Scenario Outline: The published <order> as printed
    Given the clinic and IRIS agreed on
      | patient_id.source | <patient id> |
    When the EMR sends the order "<order>"
    Then the order is accepted
    And the ACK matches the snapshot "<order>"
    And IRIS received exactly the bytes of every order

    Examples:
      | order               | patient id |
      | published-example-a | PID-3      |
      | published-example-b | PID-3      |
      | published-segments  | PID-2      |

  @ORM-TOL-011 @ORM-PAT-003 @ORM-PRV-002 @TOP-010
  Scenario: An order with repeating patient ids and providers keeps every repetition
    When the EMR sends the order "repeating-ids"
    Then the order is accepted
    And IRIS received exactly the bytes of every order

  @ORM-TOL-017 @ESC-003 @TOP-010
  Scenario: An order with other delimiters is read with those
    When the EMR sends the order "order-other-delimiters"
    Then the order is accepted
    And the ACK matches the snapshot "ack"
    And IRIS received exactly the bytes of every order

  @ORM-TOL-018 @ESC-020 @TOP-010
  Scenario: An escaped delimiter in a name stays as it is
    When the EMR sends the order "new-order" with PID-5.1 set to "SMITH\T\SON"
    Then the order is accepted
    And IRIS received exactly the bytes of every order

  @ESC-030 @ESC-031 @TOP-010
  Scenario Outline: A name outside ASCII in <charset> reaches IRIS byte for byte
    When the EMR sends the order "<order>"
    Then the order is accepted
    And IRIS received exactly the bytes of every order

    Examples:
      | charset                   | order         |
      | UTF-8 with MSH-18         | order-utf-8   |
      | ISO 8859-1 without MSH-18 | order-latin-1 |

  @ORM-TOL-006 @VER-001 @VER-010 @ACK-008
  Scenario Outline: An order of HL7 version <version>
    When the EMR sends the order "new-order" with MSH-12 set to "<version>"
    Then the order is accepted
    And the EMR receives IRIS's answer byte for byte

    Examples:
      | version |
      | 2.1     |
      | 2.2     |
      | 2.3     |
      | 2.3.1   |
      | 2.5     |
      | 2.5.1   |
      | 2.6     |
      | 2.7     |
      | 2.8     |

  @ORM-TOL-004 @VER-011
  Scenario: The message type may name its structure
    When the EMR sends the order "new-order" with MSH-9 set to "ORM^O01^ORM_O01"
    Then the order is accepted

  @ORM-TOL-020 @ORM-OBR-4-S1
  Scenario: A procedure code of the EMR's own is accepted
    When the EMR sends the order "new-order" with OBR-4 set to "EAP777357^Ophthalmology Retinal Scan"
    Then the order is accepted

  @CON-034 @ACK-029
  Scenario: The same order sent twice is forwarded twice and kept once
    When the EMR sends the order "new-order"
    And the EMR sends the same order again
    Then every order is accepted
    And IRIS received exactly the bytes of every order
    And IRIS holds exactly 1 order
