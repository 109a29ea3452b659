@results @TOP-010
Feature: Whatever a result holds reaches the EMR as it is
  The proxy reads no more of a result than it needs to send it. Character sets, escape sequences and versions are a matter
  between IRIS and the EMR, right or wrong.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  Scenario: Character sets, escapes and versions
    Then each of these changes to the ORU "result-normal" reaches the EMR byte for byte
      | requirement | path                        | value                                                                    |
      | TOP-010     | PID-5                       | M[0xC3][0x9C]LLER^ZO[0xC3][0x8B]                                         |
      | TOP-010     | PID-5                       | M[0xDC]LLER^ZO[0xCB]                                                     |
      | TOP-010     | MSH-18                      | ASCII                                                                    |
      | TOP-010     | MSH-18 PID-5.1              | UNICODE UTF-8 ; [0xE5][0xB1][0xB1][0xF0][0x9F][0x91][0x81]               |
      | TOP-010     | MSH-18 PID-5.1              | 8859/1 ; [0xC5]NGSTR[0xD6]M                                              |
      | TOP-010     | MSH-18 PID-5.1              | 8859/15 ; [0xA4][0xA6][0xBC][0xBD]                                       |
      | TOP-010     | MSH-18 PID-5                | 8859/1~UNICODE UTF-8 ; M[0xFC]LLER^ZO[0xC3][0x8B]                        |
      | TOP-010     | MSH-18 PID-5.1              | UNICODE UTF-8 ; M[0xFC]LLER                                              |
      | TOP-010     | MSH-18 PID-5.1              | ASCII ; M[0xC3][0xBC]LLER                                                |
      | TOP-010     | MSH-18 PID-5.1              | no such set ; [0x80][0xFF][0xC0][0xAF]                                   |
      | TOP-010     | PID-5 OBX[10]-5             | A\\F\\B^C\\S\\D ; \\T\\ \\R\\ \\E\\                                      |
      | TOP-010     | PID-5 OBX[10]-5             | \\X41\\\\X41420D\\^\\C2842\\ ; \\M1B2842\\ \\X41\\                       |
      | TOP-010     | PID-11 OBX[10]-5            | 1 \\H\\Main\\N\\ St. ; one\\.br\\two\\.sp3\\three\\.in+4\\               |
      | TOP-010     | PID-11 OBX[10]-5            | \\Z9\\ \\F ; \\ \\\\ a\\                                                 |
      | TOP-010     | MSH-12                      |                                                                          |
      | TOP-010     | MSH-12                      | 2.1                                                                      |
      | TOP-010     | MSH-12                      | 2.3                                                                      |
      | TOP-010     | MSH-12                      | 2.5.1                                                                    |
      | TOP-010     | MSH-12 MSH-2                | 2.7 ; ^~\\&#                                                             |
      | TOP-010     | MSH-12                      | 2.8^USA^2.8                                                              |
      | TOP-010     | MSH-12                      | latest[0x20]                                                             |
      | TOP-010     | MSH-3 MSH-4 MSH-5 MSH-6     | A&B ; "" ; C^1.2.840^ISO ;                                               |

  @CON-043
  Scenario Outline: Character sets and escapes of a <kind>
    Then each of these changes to the <kind> "<message>" reaches the EMR byte for byte
      | requirement | path           | value                                        |
      | TOP-010     | MSH-18 PID-5.1 | 8859/1 ; [0xC5]NGSTR[0xD6]M                  |
      | TOP-010     | MSH-18 PID-5.1 | UNICODE UTF-8 ; [0xC5][0x81]UKASZ\\X41\\\\T\\ |
      | TOP-010     | PID-5.1        | M[0xFC]LLER                                  |
      | TOP-010     | MSH-12         | 2.6                                          |

    Examples:
      | kind | message          |
      | MDM  | document-normal  |
      | DFT  | charge-diagnosed |

  @MLLP-016
  Scenario: A result with a PDF of ten megabytes
    Given the setting ack_timeout_ms of the proxy is "4000"
    When IRIS delivers the ORU "result-pdf" with 10485760 bytes of PDF
    Then every ORU has exactly the bytes that IRIS handed over
    And IRIS is told that the ORU was Accepted after 1 attempt

  @MLLP-016
  Scenario: A result with five thousand segments
    When IRIS delivers the ORU "result-normal" with 5000 more OBX segments
    Then every ORU has exactly the bytes that IRIS handed over
    And every byte on the results link belongs to a well-formed frame
