@orders
Feature: An order that breaks a rule is refused
  Whoever finds the fault, the EMR gets one negative acknowledgement that says what is wrong, and no order comes
  into being. IRIS judges orders; the proxy brings its answer back unchanged.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @ACK-023 @CON-031 @ACK-015
  Scenario Outline: <rule>: <field> is <value>
    When the EMR sends the order "new-order" with <field> set to '<value>'
    Then the order is refused with <answer>
    And the EMR receives IRIS's answer byte for byte
    And IRIS holds exactly 0 orders

    @ORM-NEG-004 @ORM-NEG-107 @ORM-NEG-108 @ORM-NEG-111
    Examples: message header
      | rule        | field  | value   | answer |
      | ORM-NEG-004 | MSH-9  | ORM^O02 | AR 201 |
      | ORM-NEG-107 | MSH-11 |         | AE 101 |
      | ORM-NEG-108 | MSH-11 | D       | AR 202 |
      | ORM-NEG-111 | MSH-12 | 9.9     | AR 203 |

    @ORM-NEG-202 @ORM-NEG-203 @ORM-NEG-220 @ORM-NEG-221 @ORM-NEG-222 @ORM-NEG-230 @ORM-NEG-231 @ORM-NEG-233 @ORM-NEG-234 @ORM-NEG-240 @ORM-NEG-241 @ORM-NEG-242
    Examples: patient
      | rule        | field | value      | answer |
      | ORM-NEG-202 | PID-2 | ^^^^MRN    | AE 101 |
      | ORM-NEG-203 | PID-2 | ""         | AE 101 |
      | ORM-NEG-220 | PID-5 |            | AE 101 |
      | ORM-NEG-221 | PID-5 | ^JOHN      | AE 101 |
      | ORM-NEG-222 | PID-5 | DOE        | AE 101 |
      | ORM-NEG-230 | PID-7 |            | AE 101 |
      | ORM-NEG-231 | PID-7 | 10/12/1958 | AE 102 |
      | ORM-NEG-233 | PID-7 | 19581332   | AE 102 |
      | ORM-NEG-234 | PID-7 | 19590229   | AE 102 |
      | ORM-NEG-240 | PID-8 |            | AE 101 |
      | ORM-NEG-241 | PID-8 | U          | AE 103 |
      | ORM-NEG-242 | PID-8 | Male       | AE 103 |

    @ORM-NEG-301 @ORM-NEG-302 @ORM-NEG-304
    Examples: clinic
      | rule        | field | value  | answer |
      | ORM-NEG-301 | PV1-3 |        | AE 101 |
      | ORM-NEG-302 | PV1-3 | ^101^A | AE 101 |
      | ORM-NEG-304 | PV1-3 | ""     | AE 101 |

    @ORM-NEG-401 @ORM-NEG-402 @ORM-NEG-404 @ORM-NEG-406 @ORM-NEG-408 @ORM-NEG-409 @ORM-NEG-412 @ORM-NEG-413
    Examples: order
      | rule        | field  | value                          | answer |
      | ORM-NEG-401 | ORC-1  |                                | AE 101 |
      | ORM-NEG-402 | ORC-1  | ZZ                             | AE 103 |
      | ORM-NEG-404 | ORC-1  | XO                             | AE 103 |
      | ORM-NEG-406 | ORC-2  |                                | AE 101 |
      | ORM-NEG-408 | ORC-9  |                                | AE 101 |
      | ORM-NEG-409 | ORC-9  | 20170410                       | AE 102 |
      | ORM-NEG-412 | ORC-12 | OP0001^DOE^JACK^^^^^^^^^^PACS  | AE 103 |
      | ORM-NEG-413 | ORC-12 |                                | AE 101 |

    @ORM-NEG-601 @ORM-NEG-605 @ORM-NEG-608 @ORM-NEG-611
    Examples: diagnosis
      | rule        | field   | value | answer |
      | ORM-NEG-601 | DG1-1   |       | AE 101 |
      | ORM-NEG-605 | DG1-2   | I9    | AE 103 |
      | ORM-NEG-608 | DG1-3.1 | 250.1 | AE 103 |
      | ORM-NEG-611 | DG1-3.1 | ABC   | AE 103 |

  @ACK-023 @CON-031
  Scenario Outline: <rule>: the segment <segment> is missing
    When the EMR sends the order "new-order" without the segment <segment>
    Then the order is refused with AE 100
    And IRIS holds exactly 0 orders

    @ORM-NEG-012 @ORM-NEG-014 @ORM-NEG-016
    Examples:
      | rule        | segment |
      | ORM-NEG-012 | PID     |
      | ORM-NEG-014 | PV1     |
      | ORM-NEG-016 | ORC     |

  @ORM-NEG-017 @ACK-023
  Scenario: The order stands before its patient
    When the EMR sends the order "new-order" with the segment ORC before PID
    Then the order is refused with AE 100
    And IRIS holds exactly 0 orders

  @ORM-NEG-231 @ACK-012 @CON-031
  Scenario: The refusal says where and what, and names no value of the patient
    When the EMR sends the order "new-order" with PID-7 set to "10/12/1958"
    Then the ACK matches the snapshot "birth-date"

  @ORM-NEG-001 @ACK-100 @ACK-101 @ACK-024 @CON-070
  Scenario: An ADT is not supported and goes nowhere
    When the EMR sends the order "adt-a04"
    Then the order is refused with AR 200
    And no order reaches IRIS

  @ACK-024 @CON-070
  Scenario Outline: <rule>: a <type> is no order and goes nowhere
    When the EMR sends the order "new-order" with MSH-9 set to "<type>"
    Then the order is refused with AR 200
    And no order reaches IRIS

    @ORM-NEG-002 @ORM-NEG-003
    Examples:
      | rule        | type    |
      | ORM-NEG-002 | ORU^R01 |
      | ORM-NEG-003 | OMG^O19 |
      | ORM-NEG-003 | OML^O21 |
