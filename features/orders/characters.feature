@orders @TOP-010
Feature: Delimiters, escapes, characters and versions of an order
  Values are read as the sender means them, the proxy changes no byte, and results bring values back with the standard
  delimiters (02-mllp-and-ack, sections 4 and 5).

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @ESC-001
  Scenario: Escaped delimiters in values come back as the same values
    When the EMR sends the order "order-escapes"
    Then the order is accepted
    And IRIS received exactly the bytes of every order
    When the exam is graded "normal in both eyes"
    Then the fields of the ORU are
      | field    | value         | requirement     |
      | MSH-1    | \|            | ESC-001 ESC-002 |
      | MSH-2    | ^~\\&         | ESC-001 ESC-002 |
      | PID-5.1  | DOE\\T\\SON   | ESC-012         |
      | PID-5.2  | JO\\F\\HN     | ESC-010         |
      | ORC-12.2 | DOE\\S\\SMITH | ESC-011         |
      | ORC-12.3 | JACK\\R\\JR   | ESC-013         |
      | PID-18   | 12\\E\\34     | ESC-014         |
      | PV1-3    | POC01         | ESC-015         |
    And line 1 of the narrative of the ORU reads "Retinal Study Result for JO|HN DOE&SON"

  Scenario: Other delimiters: results have the standard ones
    When the EMR sends the order "order-other-delimiters" with PID-5 set to "DOE/T/SON!JO|HN"
    Then the order is accepted
    When the exam is graded "normal in both eyes"
    Then the fields of the ORU are
      | field   | value                                      | requirement |
      | MSH-2   | ^~\\&                                      | ESC-002     |
      | PID-5.1 | DOE@SON                                    | ESC-002     |
      | PID-5.2 | JO\\F\\HN                                  | ESC-002     |
      | OBR-4   | 92250^FUNDUS PHOTOGRAPHY^EAP^^FUNDAL PHOTO | ESC-002     |
    And every byte on the results link belongs to a well-formed frame

  Scenario: Names with escapes, blanks and characters outside ASCII
    Then each of these changes to the order "new-order" gets its answer
      | requirement            | path           | value                                         |
      | ESC-010                | PID-5.1        | A\\F\\B                                       |
      | ESC-011                | PID-5.1        | A\\S\\B                                       |
      | ESC-012                | PID-5.1        | A\\T\\B                                       |
      | ESC-013                | PID-5.1        | A\\R\\B                                       |
      | ESC-014                | PID-5.1        | A\\E\\B                                       |
      | ESC-015                | PID-5.1        | A\\X42\\C                                     |
      | ESC-015                | PID-5.1        | A\\X4243\\D                                   |
      | ESC-016                | OBR-13         | \\H\\bold\\N\\.br\\next                       |
      | ESC-016                | OBR-39         | one\\.br\\two\\.sp3\\three                    |
      | ESC-007                | PID-5.1        | DOE                                           |
      | ESC-030 MLLP-007       | PID-5.1        | M[0xC3][0x9C]LLER                             |
      | ESC-030 MLLP-007       | PID-5.1        | M[0xDC]LLER                                   |
      | ESC-031                | MSH-18 PID-5.1 | UNICODE UTF-8 ; [0xE5][0xB1][0xB1]            |
      | ESC-031                | MSH-18 PID-5.2 | UNICODE UTF-8 ; [0xF0][0x9F][0x91][0x81]\\T\\ |
      | ESC-030 ORM-MSH-13..20 | MSH-18 PID-5.1 | 8859/1 ; [0xC5]NGSTR[0xD6]M                   |
      | ORM-PID-5.1            | PID-5.1        | O'BRIEN-VAN DER BERG                          |
      | ESC-006                | OBR-13 PID-11  | ""                                            |

  Scenario: Character sets, declared, undeclared or wrong: IRIS gets the bytes and the EMR gets the answer
    Then each of these changes to the order "order-other-segments" gets its answer
      | requirement | path                      | value                                                                       | answer         |
      | ESC-030     | MSH-18                    | ASCII                                                                       | AA             |
      | ESC-030     | PID-5 NTE[3]-3            | M[0xDC]LLER^ZO[0xCB] ; caf[0xE9]                                            | AA or AE or AR |
      | ESC-030     | MSH-18 PID-5 NTE[3]-3     | 8859/1 ; M[0xDC]LLER^ZO[0xCB] ; caf[0xE9]                                   | AA or AE or AR |
      | ESC-030     | MSH-18 PID-11.1           | 8859/15 ; [0xA4] 5 [0xBC][0xBD]                                             | AA or AE or AR |
      | ESC-031     | MSH-18 PID-5 OBR-13       | UNICODE UTF-8 ; [0xC5][0x81]UKASZ^ZO[0xC3][0x8B] ; [0xF0][0x9F][0x91][0x81]  | AA or AE or AR |
      | ESC-030     | MSH-18 PID-5 PID-11.1     | 8859/1~UNICODE UTF-8 ; M[0xDC]LLER^ZO[0xC3][0x8B] ; [0xC3][0x9C]            | AA or AE or AR |
      | ESC-030     | MSH-18 PID-5.1            | UNICODE UTF-8 ; M[0xDC]LLER                                                 | AA or AE or AR |
      | ESC-030     | MSH-18 PID-5.1            | ASCII ; M[0xC3][0x9C]LLER                                                   | AA or AE or AR |
      | ESC-030     | MSH-18 PID-5.1            | no such set ; [0x80][0xFF][0xC0][0xAF]                                      | AA or AE or AR |

  Scenario: Escapes in every kind of field
    Then each of these changes to the order "order-other-segments" gets its answer
      | requirement     | path                           | value                                                             | answer         |
      | ESC-010 ESC-011 | PID-5 PID-11 NTE[3]-3 OBR-13   | A\\F\\B^C\\S\\D                                                   | AA             |
      | ESC-012 ESC-013 | PID-5 PID-11 NTE[3]-3 OBR-13   | A\\T\\B^C\\R\\D                                                   | AA             |
      | ESC-014         | PID-5 PID-11 NTE[3]-3 OBR-13   | A\\E\\B^\\E\\F\\E\\                                               | AA             |
      | ESC-015         | PID-5 PID-11 NTE[3]-3 OBR-13   | \\X41\\B^\\X4142\\\\X41\\                                           | AA             |
      | ESC-016         | PID-11 NTE[3]-3 OBR-13 OBR-4.2 | \\H\\1\\N\\ ; a\\.br\\b\\.br\\\\.br\\ ; \\.sp2\\c\\.ce\\ ; d\\.br\\e  | AA             |
      | ESC-017         | PID-11 NTE[3]-3 OBR-13         | \\C2842\\x\\M1B2842\\ ; \\Z9\\ \\Zabc\\ ; \\F                          | AA or AE or AR |
      | ESC-017         | PID-5                          | A\\C2842\\B^\\                                                      | AA or AE or AR |

  @ESC-031
  Scenario: A name in UTF-8 with MSH-18 comes back as it went, or is refused
    Then each of these changes to the order "new-order" gets its answer
      | requirement | path         | value                                                               | answer         |
      | ESC-031     | MSH-18 PID-5 | UNICODE UTF-8 ; M[0xC3][0xBC]LLER-[0xE5][0xB1][0xB1]^ZO[0xC3][0x8B] | AA or AE or AR |
    And a result of it, if IRIS took it, has "MüLLER-山^ZOË" in PID-5

  @ESC-030
  Scenario: A name in ISO 8859-1 without MSH-18 comes back as it went, or is refused
    When the EMR sends the order "new-order" with PID-5 set to "M[0xFC]LLER^ZO[0xCB]"
    Then the order is answered
    And a result of it, if IRIS took it, has "M<0xFC>LLER^ZO<0xCB>" in PID-5

  Scenario: Delimiters and blanks at the end of segments and fields
    Then each of these changes to the order "new-order" gets its answer
      | requirement         | ends         | path         | value                          |
      | ESC-005 ORM-TOL-001 | \|           |              |                                |
      | ESC-005 ORM-TOL-001 | \|\|\|\|\|\| |              |                                |
      | ESC-005             |              | PID-5        | DOE^JOHN^^^^                   |
      | ESC-005             |              | PID-2        | M7^^^^MRN~~                    |
      | ESC-005             |              | OBR-4        | 92250^^^^                      |
      | ESC-007 ORM-TOL-016 | [0x20]       |              |                                |
      | ESC-007             |              | PID-8 PID-7  | M[0x20] ; 19581012[0x20][0x20] |
      | ESC-007             |              | MSH-11 ORC-1 | T[0x20] ; NW[0x20]             |

  @ESC-007
  Scenario: Blanks at the end of a value do not come back as part of it
    When the EMR sends the order "new-order" with PID-5 set to "DOE  ^JOHN "
    And the exam is graded "normal in both eyes"
    Then line 1 of the narrative of the ORU reads "Retinal Study Result for JOHN DOE"

  Scenario: A truncation character behind the other delimiters
    Then each of these changes to the order "new-order" gets its answer
      | requirement       | path         | value        |
      | ESC-004 ORM-MSH-2 | MSH-12 MSH-2 | 2.7 ; ^~\\&# |
      | ESC-004           | MSH-12 MSH-2 | 2.8 ; ^~\\&# |
      | ORM-MSH-2 ESC-C1  | MSH-2        | ^~\\&        |
      | ORM-MSH-1 ESC-001 | MSH-2        | ^~\\&        |

  Scenario: Other delimiters: each set is read
    Then each of these changes to the order "order-other-delimiters" gets its answer
      | requirement       | path  | value       | answer       |
      | ORM-MSH-1 ESC-003 | PID-5 | ROE!JANE    | AA           |
      | ORM-MSH-2 ESC-003 | PID-5 | ROE^JANE    | AE 101 PID-5 |
      | ORM-MSH-2 ESC-003 | PID-5 | ROE~X^!JANE | AA           |

  Scenario: Versions
    Then each of these changes to the order "new-order" gets its answer
      | requirement       | path         | value                 | answer |
      | VER-006           | MSH-12       | 2.1                   | AA     |
      | VER-006           | MSH-12       | 2.2                   | AA     |
      | VER-006           | MSH-12       | 2.3                   | AA     |
      | VER-006           | MSH-12       | 2.3.1                 | AA     |
      | VER-006           | MSH-12       | 2.4                   | AA     |
      | VER-006           | MSH-12       | 2.5                   | AA     |
      | VER-006           | MSH-12       | 2.5.1                 | AA     |
      | VER-006           | MSH-12       | 2.6                   | AA     |
      | VER-006           | MSH-12       | 2.7                   | AA     |
      | VER-006           | MSH-12       | 2.8                   | AA     |
      | VER-011 ORM-MSH-9 | MSH-12 MSH-9 | 2.1 ; ORM^O01^ORM_O01 | AA     |
      | VER-011 ORM-MSH-9 | MSH-12 MSH-9 | 2.8 ; ORM^O01^ORM_O01 | AA     |
      | VER-011 ORM-MSH-9 | MSH-12 MSH-9 | 2.5.1 ; ORM^O01       | AA     |
      | VER-007           | MSH-12       | 2.5^USA               | AA     |
      | VER-007           | MSH-12       | 2.3.1^USA&ISO3166^1.0 | AA     |
      | VER-008           | MSH-12       | 2.4[0x20]             | AA     |
      | VER-008           | MSH-12       | 2.5.1[0x20][0x20]     | AA     |
      | VER-002           | MSH-12       |                       | AA     |
      | VER-009           | MSH-12       | 9.9                   | AR 203 |
      | VER-009           | MSH-12       | abc                   | AR 203 |
      | VER-009           | MSH-12       | 2.10                  | AR 203 |
      | VER-009           | MSH-12       | 9.9^USA               | AR 203 |

  Scenario Outline: Results of an order of version "<version>" are of version <results>
    Given charges are enabled for the organization
    When the EMR sends the order "new-order" with MSH-12 set to "<version>"
    And the exam is graded "normal in both eyes"
    Then the ORU has "<results>" in MSH-12
    And the DFT has "<results>" in MSH-12
    And the ORU breaks no rule
    And the ORU has the segments "MSH PID PV1 ORC OBR OBX*29"

    Examples:
      | version | results | proves                 |
      | 2.5^USA | 2.5     | VER-007 VER-005        |
      | 2.3     | 2.3     | VER-004 VER-005 VER-C1 |
      | 2.4     | 2.4     | VER-008                |
      |         | 2.4     | VER-002                |

  @VER-005
  Scenario: A document is of the version of its order
    Given results are sent as documents
    When the EMR sends the order "new-order" with MSH-12 set to "2.6"
    And the exam is graded "normal in both eyes"
    Then the MDM has "2.6" in MSH-12

  Scenario: Long fields and many of them
    Then each of these changes to the order "new-order" gets its answer
      | requirement | path            | value | answer         |
      | ORM-NEG-707 | OBR-48..10000   | X     | AA or AE or AR |
      | ORM-NEG-707 | PID-11.9..10000 | X     | AA or AE or AR |
    When the EMR sends the order "new-order" with 10000 segments DG1
    Then the order is answered

  @ORM-NEG-706 @MLLP-016
  Scenario: One field of a MiB
    When the EMR sends the order "new-order" with 1048576 bytes of text in PID-5.1
    Then the order is answered
    And the next order is accepted

  @ESC-021 @ESC-023 @ESC-024 @ESC-C4 @ESC-C5
  Scenario: The link to the report has bare ampersands
    When an exam is ordered and graded "normal in both eyes"
    Then the link of the ORU is "https://api.retinalscreenings.com/api/PatientOrders/GetSingleResultForDisplayInEmr?patientOrderId=273013&asPdf=True&isPreliminary=False&auth=" and 128 characters of 0-9A-F

  @ESC-022 @ESC-C2 @ESC-C3
  Scenario: On request the link has escaped ampersands
    Given the clinic and IRIS agreed on "res.link_ampersand=escaped"
    When an exam is ordered and graded "normal in both eyes"
    Then the link of the ORU is "https://api.retinalscreenings.com/api/PatientOrders/GetSingleResultForDisplayInEmr?patientOrderId=273013\T\asPdf=True\T\isPreliminary=False\T\auth=" and 128 characters of 0-9A-F

  @ESC-025
  Scenario: An embedded report is base64 without escapes and line ends
    Given the clinic and IRIS agreed on "res.document=pdf"
    When an exam is ordered and graded "normal in both eyes"
    Then the PDF of the ORU is the report that IRIS holds
    And every byte on the results link belongs to a well-formed frame
