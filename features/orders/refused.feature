@orders @ACK-023 @CON-031 @ACK-015 @ACK-009
Feature: An order that breaks a rule is refused
  Whoever finds the fault, the EMR gets one negative acknowledgement that says what is wrong and where, and no order comes
  into being. IRIS judges orders; the proxy brings its answer back unchanged (03-orm, sections 3 and 7).

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  Scenario: Segments
    Then each of these changes to the order "new-order" gets its answer
      | requirement                         | segments                          | path              | value                | answer        |
      | ORM-SEG-009                         | MSH PID PV1 ORC OBR DG1           |                   |                      | AA            |
      | ORM-SEG-001 ORM-NEG-010 ACK-027     | PID PV1 ORC OBR DG1               |                   |                      | no AA         |
      | ORM-SEG-001 ORM-NEG-011             | MSH MSH PID PV1 ORC OBR DG1       |                   |                      | AE 100 MSH[2] |
      | ORM-SEG-002 ORM-NEG-012             | MSH PV1 ORC OBR DG1               |                   |                      | AE 100 PID    |
      | ORM-SEG-002 ORM-NEG-013             | MSH PID PID PV1 ORC OBR DG1       | PID[2]-2 PID[2]-5 | M7^^^^MRN ; ROE^JANE | AE 100 PID[2] |
      | ORM-SEG-003 ORM-NEG-014             | MSH PID ORC OBR DG1               |                   |                      | AE 100 PV1    |
      | ORM-SEG-003 ORM-NEG-015             | MSH PID PV1 PV1 ORC OBR DG1       | PV1[2]-3          | POC02                | AE 100 PV1[2] |
      | ORM-SEG-004 ORM-NEG-016             | MSH PID PV1 OBR DG1               |                   |                      | AE 100 ORC    |
      | ORM-SEG-009 ORM-NEG-017             | MSH ORC PID PV1 OBR DG1           |                   |                      | AE 100        |
      | ORM-SEG-009 ORM-NEG-018 ORM-SEG-005 | MSH PID PV1 OBR ORC DG1           |                   |                      | AE 100        |
      | ORM-SEG-008 ORM-NEG-414             | MSH PID PV1 ORC OBR ORC OBR DG1   | ORC[2]-2          | 2017041099           | no AA         |
      | ORM-SEG-009 ORM-NEG-021             | MSH pid PV1 ORC OBR DG1           |                   |                      | AE 100        |
      | ORM-SEG-009 ORM-NEG-021             | MSH PI PV1 ORC OBR DG1            |                   |                      | AE 100        |
      | ORM-SEG-002 ORM-NEG-022             | MSH                               |                   |                      | AE 100        |
      | ORM-NEG-709                         | MSH PID PV1 ORC OBR DG1 some_text |                   |                      | AE 100 or AA  |

  Scenario: Message header
    Then each of these changes to the order "new-order" gets its answer
      | requirement                    | path          | value                 | answer         |
      | ORM-MSH-9.1 ORM-NEG-002        | MSH-9         | ORU^R01               | AR 200         |
      | ORM-MSH-9 ORM-NEG-003          | MSH-9         | OMG^O19               | AR 200         |
      | ORM-MSH-9 ORM-NEG-003          | MSH-9         | OML^O21               | AR 200         |
      | ORM-MSH-9.2 ORM-NEG-004        | MSH-9         | ORM^O02               | AR 201 MSH-9   |
      | ORM-MSH-9.2 ORM-NEG-005 ORM-C2 | MSH-9         | ORM^001               | AR 201 MSH-9   |
      | ORM-MSH-9 ORM-NEG-006          | MSH-9         |                       | AR 200         |
      | ORM-MSH-9.2 ORM-NEG-007        | MSH-9         | ORM                   | AR 201 MSH-9   |
      | ORM-MSH-10 ORM-NEG-106 ACK-010 | MSH-10        | 123456789012345678901 | AE 102 MSH-10  |
      | ORM-MSH-10 ACK-010             | MSH-10        | 12345678901234567890  | AA             |
      | ORM-MSH-11 ORM-NEG-107         | MSH-11        |                       | AE 101 MSH-11  |
      | ORM-MSH-11 ORM-NEG-108         | MSH-11        | D                     | AR 202 MSH-11  |
      | ORM-MSH-11 ORM-NEG-109         | MSH-11        | X                     | AR 202 MSH-11  |
      | ORM-MSH-11                     | MSH-11        | T                     | AA             |
      | ORM-MSH-12 ORM-NEG-111 VER-009 | MSH-12        | 9.9                   | AR 203         |
      | ORM-MSH-12 ORM-NEG-111 VER-009 | MSH-12        | abc                   | AR 203 MSH-12  |
      | ACK-014                        | MSH-15 MSH-16 | AL                    | AA or AE or AR |

  @ORM-NEG-106 @ACK-010
  Scenario: A control id of 300 characters is refused, or taken and echoed in full
    When the EMR sends the order "new-order" with 300 bytes of text in MSH-10
    Then the order is answered

  Scenario: The parent entity of a hub
    Given the clinic and IRIS agreed on
      | orm.parent_entity | [NORTH, ANCL] |
    Then each of these changes to the order "new-order" gets its answer
      | requirement             | path  | value | answer       |
      | ORM-MSH-4               | MSH-4 | ANCL  | AA           |
      | ORM-MSH-4               | MSH-4 | NORTH | AA           |
      | ORM-MSH-4 ORM-NEG-112   | MSH-4 |       | AE 101 MSH-4 |
      | ORM-KEY-003 ORM-NEG-113 | MSH-4 | SOUTH | AR 204 MSH-4 |

  Scenario: Patient
    Then each of these changes to the order "new-order" gets its answer
      | requirement                     | path        | value      | answer       |
      | ORM-PID-2 ORM-NEG-201           | PID-2 PID-3 |            | AE 101 PID-2 |
      | ORM-PID-2.1 ORM-NEG-202         | PID-2       | ^^^^MRN    | AE 101 PID-2 |
      | ORM-PID-2.1 ORM-NEG-203 ESC-006 | PID-2       | ""         | AE 101 PID-2 |
      | ORM-PID-2.1                     | PID-2       | M7^^^^MRN  | AA           |
      | ORM-PID-5 ORM-NEG-220           | PID-5       |            | AE 101 PID-5 |
      | ORM-PID-5.1 ORM-NEG-221         | PID-5       | ^JOHN      | AE 101 PID-5 |
      | ORM-PID-5.2 ORM-NEG-222         | PID-5       | DOE        | AE 101 PID-5 |
      | ORM-PID-5.2 ORM-NEG-222         | PID-5       | DOE^       | AE 101 PID-5 |
      | ORM-PID-5 ORM-NEG-223 ESC-006   | PID-5       | ""         | AE 101 PID-5 |
      | ORM-PID-5.2 ESC-006             | PID-5       | DOE^""     | AE 101 PID-5 |
      | ORM-PID-5                       | PID-5       | ROE^JANE   | AA           |
      | ORM-PID-7 ORM-NEG-230           | PID-7       |            | AE 101 PID-7 |
      | ORM-PID-7 ORM-NEG-231           | PID-7       | 10/12/1958 | AE 102 PID-7 |
      | ORM-PID-7 ORM-NEG-232           | PID-7       | 1958-10-12 | AE 102 PID-7 |
      | ORM-PID-7 ORM-NEG-233           | PID-7       | 19581332   | AE 102 PID-7 |
      | ORM-PID-7 ORM-NEG-234           | PID-7       | 19590229   | AE 102 PID-7 |
      | ORM-PID-7 ORM-NEG-235           | PID-7       | 1958       | AE 102 PID-7 |
      | ORM-PID-7 ORM-NEG-235           | PID-7       | 195810     | AE 102 PID-7 |
      | ORM-PID-7 ORM-NEG-238           | PID-7       | OCTOBERX   | AE 102 PID-7 |
      | ORM-PID-7                       | PID-7       | 19600229   | AA           |
      | ORM-PID-8 ORM-NEG-240           | PID-8       |            | AE 101 PID-8 |
      | ORM-PID-8 ORM-NEG-241 ORM-C8    | PID-8       | U          | AE 103 PID-8 |
      | ORM-PID-8 ORM-NEG-241           | PID-8       | O          | AE 103 PID-8 |
      | ORM-PID-8 ORM-NEG-241           | PID-8       | A          | AE 103 PID-8 |
      | ORM-PID-8 ORM-NEG-241           | PID-8       | N          | AE 103 PID-8 |
      | ORM-PID-8 ORM-NEG-242           | PID-8       | Male       | AE 103 PID-8 |
      | ORM-PID-8 ORM-NEG-244           | PID-8       | X          | AE 103 PID-8 |
      | ORM-PID-8                       | PID-8       | F          | AA           |

  Scenario: Clinic
    Given the clinic and IRIS agreed on
      | orm.known_locations | {POC01: First Clinic} |
    Then each of these changes to the order "new-order" gets its answer
      | requirement                         | path    | value  | answer                       |
      | ORM-PV1-3 ORM-NEG-301               | PV1-3   |        | AE 101 PV1-3                 |
      | ORM-PV1-3.1 ORM-NEG-302             | PV1-3   | ^101^A | AE 101 PV1-3                 |
      | ORM-PV1-3.1 ORM-NEG-304 ESC-006     | PV1-3.1 | ""     | AE 101 PV1-3                 |
      | ORM-PV1-3.1 ORM-NEG-303 ORM-KEY-002 | PV1-3   | POC99  | AR 204 PV1-3 or AE 103 PV1-3 |
      | ORM-PV1-3                           | PV1-3   | POC01  | AA                           |

  Scenario: Order
    Then each of these changes to the order "new-order" gets its answer
      | requirement                        | path  | value           | answer       |
      | ORM-ORC-1 ORM-NEG-401              | ORC-1 |                 | AE 101 ORC-1 |
      | ORM-ORC-1 ORM-NEG-402 ORM-OC-OTHER | ORC-1 | ZZ              | AE 103 ORC-1 |
      | ORM-ORC-1 ORM-NEG-403              | ORC-1 | HD              | AE 103 ORC-1 |
      | ORM-ORC-1 ORM-NEG-403              | ORC-1 | DC              | AE 103 ORC-1 |
      | ORM-ORC-1 ORM-NEG-403              | ORC-1 | SC              | AE 103 ORC-1 |
      | ORM-ORC-1 ORM-NEG-403              | ORC-1 | RE              | AE 103 ORC-1 |
      | ORM-ORC-1 ORM-NEG-403              | ORC-1 | OK              | AE 103 ORC-1 |
      | ORM-OC-XO ORM-NEG-404              | ORC-1 | XO              | AE 103 ORC-1 |
      | ORM-OC-XR ORM-NEG-404              | ORC-1 | XR              | AE 103 ORC-1 |
      | ORM-OC-CR ORM-NEG-404              | ORC-1 | CR              | AE 103 ORC-1 |
      | ORM-OC-001 ORM-OC-OTHER            | ORC-1 | ResendResult    | AE 103 ORC-1 |
      | ORM-ORC-2 ORM-NEG-406              | ORC-2 |                 | AE 101 ORC-2 |
      | ORM-ORC-2.1 ORM-NEG-407            | ORC-2 | ^EPC            | AE 101 ORC-2 |
      | ORM-ORC-2.1                        | ORC-2 | 4711^EPC        | AA           |
      | ORM-ORC-9 ORM-NEG-408 ORM-C11      | ORC-9 |                 | AE 101 ORC-9 |
      | ORM-ORC-9 ORM-NEG-409              | ORC-9 | 20170410        | AE 102 ORC-9 |
      | ORM-ORC-9 ORM-NEG-409              | ORC-9 | 201704101509    | AE 102 ORC-9 |
      | ORM-ORC-9 ORM-NEG-410              | ORC-9 | 04102017_150905 | AE 102 ORC-9 |
      | ORM-ORC-9 ORM-NEG-410              | ORC-9 | TENTHOFAPRIL17  | AE 102 ORC-9 |
      | ORM-ORC-9 ORM-NEG-410              | ORC-9 | 20170231150905  | AE 102 ORC-9 |
      | ORM-ORC-9 ORM-NEG-410              | ORC-9 | 20170410256199  | AE 102 ORC-9 |
      | ORM-ORC-9                          | ORC-9 | 20170411080000  | AA           |

  Scenario: Diagnosis
    Then each of these changes to the order "new-order" gets its answer
      | requirement                        | path    | value                 | answer       |
      | ORM-DG1-1 ORM-NEG-601              | DG1-1   |                       | AE 101 DG1-1 |
      | ORM-DG1-2 ORM-NEG-604              | DG1-2   |                       | AE 101 DG1-2 |
      | ORM-DG1-2 ORM-NEG-605 ORM-C25      | DG1-2   | I9                    | AE 103 DG1-2 |
      | ORM-DG1-2 ORM-NEG-605              | DG1-2   | ICD9                  | AE 103 DG1-2 |
      | ORM-DG1-2 ORM-NEG-605              | DG1-2   | ICD-9-CM              | AE 103 DG1-2 |
      | ORM-DG1-3 ORM-NEG-606              | DG1-3   |                       | AE 101 DG1-3 |
      | ORM-DG1-3.1 ORM-NEG-607            | DG1-3   | ^Type 2 diabetes^I10  | AE 101 DG1-3 |
      | ORM-DG1-3.1 ORM-NEG-608 ORM-DX-002 | DG1-3.1 | 250.1                 | AE 103 DG1-3 |
      | ORM-DG1-3.1 ORM-NEG-611            | DG1-3.1 | ABC                   | AE 103 DG1-3 |
      | ORM-DG1-3                          | DG1-3   | E10.9^Type 1 diabetes | AA           |
      | ORM-DG1-4 ORM-NEG-610              | DG1-4   |                       | AE 101 DG1-4 |

  Scenario: The second diagnosis counts like the first
    Then each of these changes to the order "new-order" gets its answer
      | requirement | segments                    | path                | value     | answer          |
      | ORM-DG1-1   | MSH PID PV1 ORC OBR DG1 DG1 | DG1[2]-1            | 2         | AA              |
      | ORM-DG1-1   | MSH PID PV1 ORC OBR DG1 DG1 | DG1[2]-1            |           | AE 101 DG1[2]-1 |
      | ORM-DG1-3.1 | MSH PID PV1 ORC OBR DG1 DG1 | DG1[2]-1 DG1[2]-3.1 | 2 ; 250.1 | AE 103 DG1[2]-3 |

  @ORM-NEG-231 @ACK-012
  Scenario: The refusal says where and what, and names no value of the patient
    When the EMR sends the order "new-order" with PID-7 set to "10/12/1958"
    Then the ACK matches the snapshot "birth-date"

  @ACK-012
  Scenario: From version 2.5 on, ERR has its later form
    Then each of these changes to the order "new-order" gets its answer
      | requirement         | path           | value       | answer       |
      | ORM-PID-8 ACK-012   | MSH-12 PID-8   | 2.5.1 ; X   | AE 103 PID-8 |
      | ORM-DG1-3.1 ACK-012 | MSH-12 DG1-3.1 | 2.8 ; 250.1 | AE 103 DG1-3 |

  @ORM-NEG-001 @ACK-100 @ACK-101 @ACK-024 @CON-070
  Scenario: An ADT is not supported and goes nowhere
    When the EMR sends the order "adt-a04"
    Then the order is refused with AR 200
    And no order reaches IRIS

  @ACK-024 @CON-070 @ORM-NEG-002 @ORM-NEG-003
  Scenario Outline: The type <type> is no order and goes nowhere
    When the EMR sends the order "new-order" with MSH-9 set to "<type>"
    Then the order is refused with AR 200
    And no order reaches IRIS

    Examples:
      | type    |
      | ORU^R01 |
      | OMG^O19 |
      | OML^O21 |
