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
    Then the fields of the ACK are
      | field  | value     | requirement     |
      | MSH-12 | <version> | VER-010 ACK-008 |
      | MSA-1  | AA        | ORM-TOL-006     |
    And the EMR receives IRIS's answer byte for byte

    Examples:
      | version |
      | 2.1     |
      | 2.3.1   |
      | 2.5.1   |
      | 2.8     |

  @CON-034 @ACK-029
  Scenario: The same order sent twice is forwarded twice and kept once
    When the EMR sends the order "new-order"
    And the EMR sends the same order again
    Then every order is accepted
    And IRIS received exactly the bytes of every order
    And IRIS holds exactly 1 order

  Scenario: What an order may leave out
    Then each of these changes to the order "new-order" gets its answer
      | requirement             | segments                | path                                                              | value |
      | ORM-TOL-005 ORM-MSH-5   |                         | MSH-5 MSH-6 MSH-8                                                 |       |
      | ORM-MSH-3 ORM-MSH-4     |                         | MSH-3 MSH-4                                                       |       |
      | ORM-TOL-003 ORM-PID-1   |                         | PID-1 PID-18 PV1-2                                                |       |
      | ORM-TOL-003 ORM-ORC-2.2 |                         | ORC-2.2 ORC-4 ORC-10 ORC-13 ORC-14 ORC-18                         |       |
      | ORM-TOL-003 ORM-OBR-1   |                         | OBR-1 OBR-2 OBR-4 OBR-6 OBR-11 OBR-16 OBR-17 OBR-24 OBR-27 OBR-36 |       |
      | ORM-TOL-003 ORM-DG1-3.2 |                         | DG1-3.2 DG1-3.3                                                   |       |
      | ORM-SEG-005 ORM-NEG-507 | MSH PID PV1 ORC DG1     |                                                                   |       |
      | ORM-SEG-006 ORM-TOL-007 | MSH PID PV1 ORC OBR     |                                                                   |       |
      | ORM-SEG-005             | MSH PID PV1 ORC         |                                                                   |       |
      | ORM-TOL-007 ORM-SEG-006 | MSH PID PV1 ORC OBR DG1 |                                                                   |       |

  @ORM-TOL-003
  Scenario: All that is optional left out at once
    When the EMR sends the order "order-required-only"
    Then the order is accepted
    And IRIS received exactly the bytes of every order

  Scenario: Forms that are tolerated
    Then each of these changes to the order "new-order" gets its answer
      | requirement             | path                | value                                      |
      | ORM-TOL-004 ORM-MSH-9.3 | MSH-9               | ORM^O01^ORM_O01                            |
      | ORM-TOL-008 ORM-DG1-2   | DG1-2               | 10                                         |
      | ORM-TOL-008 ORM-DG1-2   | DG1-2               | ICD10                                      |
      | ORM-TOL-008 ORM-DG1-2   | DG1-2               | ICD-10                                     |
      | ORM-TOL-008 ORM-DG1-2   | DG1-2               | ICD-10-CM                                  |
      | ORM-TOL-009 ORM-DG1-3.1 | DG1-3.1             | E11.41                                     |
      | ORM-TOL-009 ORM-DX-005  | DG1-3.1             | E1141                                      |
      | ORM-TOL-009             | DG1-3.1             | E11                                        |
      | ORM-TOL-009             | DG1-3.1             | S00.00XA                                   |
      | ORM-TOL-014 ORM-C21     | OBR-6 OBR-27 OBR-36 | 2020022815 ; ^^^2020022815^^R ; 2020022815 |
      | ORM-OBR-24 ORM-C23      | OBR-24              | OPHTHALMOLOGY                              |
      | ORM-TOL-018             | PID-5               | SMITH\\T\\SON^JO\\S\\HN                    |
      | ORM-TOL-018             | OBR-4.2             | LEFT \\T\\ RIGHT                           |
      | ORM-NEG-503             | OBR-16              | OP0002^ROE^JANE^^^^^^SERDOTON^^^^SERDOTON  |
      | ORM-NEG-504             | OBR-2               | 2017041099^EPC                             |
      | ORM-NEG-505             | OBR-4               |                                            |

  @ORM-TOL-007 @ORM-SEG-006 @ORM-DX-001
  Scenario: Ten diagnoses
    When the EMR sends the order "new-order" with the diagnoses "E11.41, E11.9, E10.9, I10, H35.81, E13.9, E08.9, E09.9, Z79.4, R73.09"
    Then the order is accepted
    And IRIS received exactly the bytes of every order

  @ORM-NEG-602 @ORM-C26 @ORM-DG1-1
  Scenario: Two diagnoses with the same set id, as in the published example B
    Then each of these changes to the order "new-order" gets its answer
      | requirement | segments                    | path     | value |
      | ORM-NEG-602 | MSH PID PV1 ORC OBR DG1 DG1 | DG1[2]-1 | 1     |
