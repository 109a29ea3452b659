@orders
Feature: The acknowledgement of an order
  One frame with MSH and MSA, addressed to the sender, in his version (02-mllp-and-ack, section 2).

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @ACK-022
  Scenario: Every field of an accepting one
    When the EMR sends the order "new-order"
    Then the fields of the ACK are
      | field   | value          | requirement                |
      | MSH-1   | \|             | ACK-001 ESC-001            |
      | MSH-2   | ^~\\&          | ACK-001 ESC-001            |
      | MSH-3   |                | ACK-002 ACK-016 ORM-MSH-5  |
      | MSH-4   | IRIS           | ACK-002 ORM-MSH-6          |
      | MSH-5   | EPIC           | ACK-003 ORM-MSH-3          |
      | MSH-6   | ANCL           | ACK-003 ORM-MSH-4          |
      | MSH-7   | 20170410145907 | ACK-004                    |
      | MSH-9.1 | ACK            | ACK-005                    |
      | MSH-9.2 | O01            | ACK-005 ORM-MSH-9.2        |
      | MSH-10  | 7001           | ACK-006                    |
      | MSH-11  | T              | ACK-007 ORM-MSH-11         |
      | MSH-12  | 2.4            | ACK-008 ORM-MSH-12 VER-010 |
      | MSH-15  |                | ACK-014                    |
      | MSH-16  |                | ACK-014                    |
      | MSA-1   | AA             | ACK-009                    |
      | MSA-2   | 254            | ACK-010 ORM-MSH-10         |
    And every byte on the orders link belongs to a well-formed frame

  Scenario: Names of sender and receiver change places
    When the EMR sends the order "new-order" with MSH-5 set to "IRISAPP^1.2.840.113619^ISO"
    Then the fields of the ACK are
      | field | value                      | requirement       |
      | MSH-3 | IRISAPP^1.2.840.113619^ISO | ACK-002 ORM-MSH-5 |
      | MSH-5 | EPIC                       | ACK-003           |

  Scenario: A production order is acknowledged as such
    When the EMR sends the order "new-order" with MSH-11 set to "P"
    Then the fields of the ACK are
      | field  | value | requirement        |
      | MSH-11 | P     | ACK-007 ORM-MSH-11 |
      | MSA-1  | AA    | ACK-009            |

  Scenario: A refusing one
    When the EMR sends the order "new-order" with PID-8 set to "X"
    Then the fields of the ACK are
      | field  | value       | requirement         |
      | MSH-4  | IRIS        | ACK-002             |
      | MSH-5  | EPIC        | ACK-003             |
      | MSH-11 | T           | ACK-007             |
      | MSH-12 | 2.4         | ACK-008             |
      | MSA-1  | AE          | ACK-009 ORM-NEG-244 |
      | MSA-2  | 254         | ACK-010             |
      | ERR-1  | PID^1^8^103 | ACK-012             |

  @ACK-024 @CON-070 @ACK-004 @ACK-006
  Scenario: The one that the proxy itself gives
    When the EMR sends the order "new-order" with MSH-9 set to "ORU^R01"
    Then the fields of the ACK are
      | field   | value | requirement |
      | MSH-2   | ^~\\& | ACK-001     |
      | MSH-4   | IRIS  | ACK-002     |
      | MSH-5   | EPIC  | ACK-003     |
      | MSH-6   | ANCL  | ACK-003     |
      | MSH-9.1 | ACK   | ACK-005     |
      | MSH-11  | T     | ACK-007     |
      | MSH-12  | 2.4   | ACK-008     |
      | MSA-1   | AR    | ACK-009     |
      | MSA-2   | 254   | ACK-010     |
    And the order is refused with AR 200
    And every byte on the orders link belongs to a well-formed frame

  @ACK-014 @ACK-020
  Scenario: An order that asks for enhanced mode gets one answer
    When the EMR sends the bytes "[VT]MSH|^~\&|EPIC|ANCL||IRIS|20170410102836||ORM^O01|274|T|2.4|||AL|AL[CR]PID|1[CR][FS][CR]"
    Then the EMR receives answers for "274" in this order

  @ACK-028
  Scenario: An ORR in place of an acknowledgement is one too, or none
    Given IRIS answers orders with the text "MSH|^~\&||IRIS|EPIC|ANCL|20170410102837||ORR^O02|7001|T|2.4[CR]MSA|AA|254[CR]"
    When the EMR sends the order "new-order"
    Then the order is answered

  @ACK-013
  Scenario: An acknowledgement on the orders port is not answered
    When the EMR sends the bytes "[VT]MSH|^~\&|EPIC|ANCL||IRIS|20170410102836||ACK^O01|275|T|2.4[CR]MSA|AA|7001[CR][FS][CR]"
    Then the EMR receives no answer for "275"
    And no order reaches IRIS
    And the next order is accepted

  @MLLP-001 @MLLP-004 @MLLP-003 @MLLP-040 @MLLP-041 @ACK-020
  Scenario: Good and bad orders are answered with frames and nothing between them
    Then each of these changes to the order "new-order" gets its answer
      | requirement       | path  | value   | answer       |
      | MLLP-001 MLLP-004 | PID-8 | X       | AE 103 PID-8 |
      | MLLP-001 MLLP-004 | MSH-9 | ADT^A08 | AR 200       |
      | MLLP-001          | PID-8 | F       | AA           |
    And every byte on the orders link belongs to a well-formed frame
    When the exam is graded "normal in both eyes"
    Then the ORU has "F" in PID-8
    And every byte on the results link belongs to a well-formed frame

  @MLLP-007 @MLLP-025
  Scenario: Text in UTF-16 is no order
    When the EMR sends the order "new-order" with PID-5.1 set to "[0x00]D[0x00]O[0x00]E"
    Then the order is not accepted
    And no order reaches IRIS
    And the next order is accepted

  @ACK-102 @ACK-033 @ACK-041
  Scenario: The EMR gets results and one charge, and no ADT
    Given charges are enabled for the organization
    And the clinic and IRIS agreed on "dft.cpt2=on"
    When an exam is ordered and graded "normal in both eyes"
    Then the DFT has the segments "MSH EVN PID PV1 FT1*2"
    And the EMR receives exactly 1 DFT
    And the EMR receives exactly 1 ORU
    And the fields of the DFT are
      | field  | value        | requirement |
      | MSH-9  | DFT^P03      | ACK-C2      |
      | MSH-10 | 170410145907 | ACK-C3      |
    And the fields of the ORU are
      | field  | value        | requirement   |
      | MSH-10 | 170410145907 | ACK-C3 ACK-C4 |
    And every message to the EMR is an ORU, MDM or DFT

  @ORM-MSH-1 @ORM-NEG-101 @ACK-027
  Scenario Outline: A header that ends <where>
    When the EMR sends the bytes "[VT]<header>[CR]PID|1|ITCC20170410^^^^MRN[CR][FS][CR]"
    Then nothing is accepted on that connection
    And no order reaches IRIS
    And the next order is accepted

    Examples:
      | where                 | header     |
      | behind its name       | MSH        |
      | behind the field mark | MSH\|      |
      | behind the delimiters | MSH\|^~\\& |
