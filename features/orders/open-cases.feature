@orders
Feature: Orders for which no reaction is laid down
  Whatever comes, the proxy answers at most once, brings IRIS's bytes back, hands on what the EMR sent, and takes the next
  order. What was answered is in the report (`--json`, probes; 03-orm, section 7, rows PROBE).

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  Scenario: Segments and fields
    Then each of these changes to the order "new-order" gets its answer
      | requirement             | segments                    | path              | value                      | answer   |
      | ORM-NEG-008             |                             | MSH-9             | ORM^O01^ORU_R01            | recorded |
      | ORM-NEG-019             | MSH PID PV1 DG1 ORC OBR     |                   |                            | recorded |
      | ORM-NEG-020             | MSH PID ORC PV1 OBR DG1     |                   |                            | recorded |
      | ORM-NEG-110             |                             | MSH-11            | P                          | recorded |
      | ORM-MSH-7               |                             | MSH-7             |                            | recorded |
      | ORM-NEG-204 ORM-PAT-008 |                             | PID-2             |                            | recorded |
      | ORM-NEG-206             |                             | PID-2             | T1234^^^^MRN~M001          | recorded |
      | ORM-PAT-006             |                             | PID-2             | T1^^^^MRN~T2^^^^MRN        | recorded |
      | ORM-NEG-211             |                             | PID-2             | T1234^^^^mrn               | recorded |
      | ORM-NEG-211             |                             | PID-2             | T1234^^^^mrn~M001^^^^CHMRN | recorded |
      | ORM-NEG-236             |                             | PID-7             | 19581012120000             | recorded |
      | ORM-NEG-237             |                             | PID-7             | 29991231                   | recorded |
      | ORM-NEG-243             |                             | PID-8             | m                          | recorded |
      | ORM-NEG-305             |                             | PV1-2             | I                          | recorded |
      | ORM-NEG-305             |                             | PV1-2             | ZZ                         | recorded |
      | ORM-NEG-305             |                             | PV1-2             |                            | recorded |
      | ORM-PV1-3.2..           |                             | PV1-3.2..9        | ROOM                       | recorded |
      | ORM-NEG-405             |                             | ORC-1             | nw                         | recorded |
      | ORM-NEG-411             |                             | ORC-9             | 20170410150905.123-0500    | recorded |
      | ORM-NEG-501             |                             | OBR-1             | 2                          | recorded |
      | ORM-NEG-501             |                             | OBR-1             | 0                          | recorded |
      | ORM-NEG-502             | MSH PID PV1 ORC OBR OBR DG1 | OBR[2]-1          | 2                          | recorded |
      | ORM-NEG-603             | MSH PID PV1 ORC OBR DG1 DG1 | DG1[2]-1          | 3                          | recorded |
      | ORM-NEG-603             | MSH PID PV1 ORC OBR DG1 DG1 | DG1[1]-1 DG1[2]-1 | 2 ; 1                      | recorded |
      | ORM-NEG-609             |                             | DG1-3.3           | I9                         | recorded |

  Scenario: Providers
    Then each of these changes to the order "new-order" gets its answer
      | requirement | path   | value                                                               | answer   |
      | ORM-NEG-420 | ORC-12 | OP0001^DOE^JACK^^^^^^SERDOTON                                       | recorded |
      | ORM-NEG-420 | ORC-12 | OP0001^DOE^JACK^^^^^^SERDOTON~868^DOE^JACK^^^^^^PACS                | recorded |
      | ORM-NEG-421 | ORC-12 | OP0001^DOE^JACK^^^^^^^^^^SERDOTON~OP0002^ROE^JANE^^^^^^^^^^SERDOTON | recorded |

  Scenario: Characters
    Then each of these changes to the order "new-order" gets its answer
      | requirement         | path    | value                | answer   |
      | ORM-NEG-702         | PID-5   | DOE&SON^JOHN         | recorded |
      | ORM-NEG-702         | PID-5   | DOE^SON^JOHN         | recorded |
      | ORM-NEG-703 ESC-017 | PID-5.1 | DO\\Z9\\E            | recorded |
      | ORM-NEG-703 ESC-017 | PID-5.1 | DOE\\F               | recorded |
      | ORM-NEG-703 ESC-017 | PID-5.1 | DO\\E                | recorded |
      | ORM-NEG-703 ESC-017 | PID-5.1 | DOE\\X4\\            | recorded |
      | ORM-NEG-705         | PID-5.1 | D[0xC3][0x28][0xFF]E | recorded |

  Scenario: An order behind broken characters is accepted
    Then each of these changes to the order "new-order" gets its answer
      | requirement | path    | value    | answer   |
      | ORM-NEG-705 | PID-5.1 | D[0xFE]E | recorded |
      | ORM-NEG-703 | PID-5.2 | J\\      | recorded |
      | ORM-MSH-10  | PID-5.2 | JANE     | AA       |

  @ORM-NEG-236
  Scenario: A time in the date of birth does not come back
    When the EMR sends the order "new-order" with PID-7 set to "19581012120000"
    Then the order is answered
    And a result of it, if IRIS took it, has "19581012" in PID-7

  @ORM-NEG-305 @ORM-PV1-2
  Scenario: Another patient class does not come back
    When the EMR sends the order "new-order" with PV1-2 set to "I"
    Then the order is answered
    And a result of it, if IRIS took it, has "O" in PV1-2

  @ORM-NEG-506
  Scenario: Dates of OBR that are none do not come back
    When the EMR sends the order "new-order" with OBR-6 set to "TOMORROW"
    Then the order is answered
    And a result of it, if IRIS took it, has "" in OBR-6

  @ORM-NEG-422
  Scenario: An id that is no NPI
    Given the clinic and IRIS agreed on
      | provider.type | NPI |
    Then each of these changes to the order "new-order" gets its answer
      | requirement | path   | value                            | answer   |
      | ORM-NEG-422 | ORC-12 | 12345^DOE^JACK^^^^^^^^^^NPI      | recorded |
      | ORM-NEG-422 | ORC-12 | 1234567890^DOE^JACK^^^^^^^^^^NPI | recorded |

  @ORM-NEG-102
  Scenario: A delimiter set with a backslash too many
    When the EMR sends the bytes "[VT]MSH|^\~\&|EPIC|ANCL||IRIS|20170410102836||ORM^O01|276|T|2.4[CR]PID|1[CR][FS][CR]"
    Then the next order is accepted

  @ORM-NEG-804 @ORM-NEG-808
  Scenario: The number of an order, or the id of a patient, a second time
    When the EMR sends the order "new-order"
    And the EMR sends the order "new-order" with PID-2 set to "SOMEBODYELSE"
    Then the order is answered
    When the EMR sends the order "new-order" with PID-5 set to "ROE^JANE"
    Then the order is answered
    And IRIS received exactly the bytes of every order

  @ORM-NEG-805 @ORM-NEG-806 @ORM-OC-004 @ORM-C28
  Scenario: An order while another one is open
    Then each of these changes to the order "new-order" gets its answer
      | requirement | path  | value      | answer   |
      | ORM-OC-NW   | ORC-1 | NW         | AA       |
      | ORM-NEG-806 | OBR-4 | 92227^MORE | recorded |
    When the EMR sends the same order again
    Then the order is answered
    And IRIS received exactly the bytes of every order

  @ORM-NEG-807 @ORM-OC-003
  Scenario: A cancellation of which little is left
    When the EMR sends the order "new-order"
    And the EMR sends the order "cancel-order" with PID-5 set to ""
    Then the order is answered
    When the EMR sends the order "cancel-order" with ORC-12 set to ""
    Then the order is answered
    And IRIS received exactly the bytes of every order
