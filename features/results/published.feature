@results
Feature: What was published reaches the EMR
  The published messages, and those assembled from published segments, with all their peculiarities.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @TOP-010
  Scenario Outline: IRIS delivers the published ORU <message>
    When IRIS delivers the ORU "<message>"
    Then the EMR receives exactly 1 ORU
    And every ORU has exactly the bytes that IRIS handed over
    And IRIS is told that the ORU was Accepted

    Examples:
      | message                     | proves                                        |
      | result-published-example-a  | ORU-RCV-01 ORU-RCV-05 ORU-C16                 |
      | result-published-example-b  | ORU-RCV-01 ORU-RCV-02 ORU-RCV-03 ORU-RCV-04   |
      | result-published-example-c  | ORU-RCV-01 ORU-RCV-03                         |
      | result-assembled-tec007-link | ORU-RCV-01 ORU-RCV-05 DISC-176               |
      | result-assembled-tec007-pdf | ORU-RCV-01                                    |

  @TOP-010
  Scenario Outline: IRIS delivers the published MDM <message>
    When IRIS delivers the MDM "<message>"
    Then the EMR receives exactly 1 MDM
    And every MDM has exactly the bytes that IRIS handed over
    And IRIS is told that the MDM was Accepted

    Examples:
      | message                        | proves                          |
      | document-assembled-link        | MDM-RCV-01 MDM-RCV-04 MDM-C12   |
      | document-assembled-pdf         | MDM-RCV-01 MDM-C13              |
      | document-assembled-alternating | MDM-RCV-01 MDM-OBX-04           |
      | document-ref-layout-standard   | MDM-RCV-01                      |

  @TOP-010
  Scenario Outline: IRIS delivers the published DFT <message>
    When IRIS delivers the DFT "<message>"
    Then the EMR receives exactly 1 DFT
    And every DFT has exactly the bytes that IRIS handed over
    And the fields of the DFT are
      | field      | value     | requirement |
      | FT1[1]-3   | <order>   | <case>      |
      | FT1[1]-7.1 | 92250     | <case>      |
      | FT1[1]-26  | <first>   | <case>      |
      | FT1[2]-7.1 | <code>    | <case>      |
      | FT1[2]-26  | <second>  | <case>      |
      | MSH-12     | <version> | <case>      |

    Examples:
      | case      | message                        | order  | first | code     | second | version | proves                    |
      | DFT-EX-A  | charge-published-example-a     | 815339 | 26    |          |        | 2.4     | DFT-EX-A DFT-MSH-12-U     |
      | DFT-EX-B  | charge-published-example-b     | 803695 | 26    |          |        | 2.3     | DFT-EX-B DFT-MSH-12-U     |
      | DFT-EX-C  | charge-published-example-c     | 805515 | 26    | 3072F    | TC     | 2.3     | DFT-EX-C DFT-EX-C2        |
      | DFT-EX-S1 | charge-assembled-option1       | 273013 |       |          |        | 2.4     | DFT-EX-S1                 |
      | DFT-EX-S2 | charge-assembled-option1-cpt2  | 273013 |       | 3072F    |        | 2.4     | DFT-EX-S2                 |
      | DFT-EX-S3 | charge-assembled-option2       | 273013 | 26    | 92000035 | TC     | 2.4     | DFT-EX-S3                 |

  @ORU-RCV-07 @ORU-DOC-11 @ORU-DOC-12 @ORU-GEN-05
  Scenario: The embedded report is the one that IRIS holds
    Given the clinic and IRIS agreed on "res.document=pdf"
    When an exam is ordered and graded "moderate retinopathy right, mild left"
    Then the PDF of the ORU is the report that IRIS holds

  @MDM-RCV-03
  Scenario Outline: A strict EMR answers a document with <options> by <outcome>
    Given the EMR takes only documents that HL7 2.4 allows
    And the clinic and IRIS agreed on "mdm.enabled=on; <options>"
    When an exam is ordered and graded "normal in both eyes"
    Then IRIS is told that the MDM was <outcome>

    Examples:
      | options                                   | outcome  |
      | mdm.layout=documented                     | Rejected |
      | mdm.layout=standard                       | Accepted |
      | mdm.layout=standard; res.narrative=nte    | Rejected |

  @MDM-RCV-02 @MDM-TXA-12 @MDM-OPT-01
  Scenario: A document names order and patient, and has a number
    Given the clinic and IRIS agreed on "mdm.enabled=on"
    When an exam is ordered and graded "normal in both eyes"
    Then the fields of the MDM are
      | field  | value        | requirement |
      | TXA-14 | 2017041006   | MDM-RCV-02  |
      | PID-2  | ITCC20170410 | MDM-RCV-02  |
    And the MDM has a GUID in upper case in TXA-12

  @ORU-RCV-06 @DFT-GEN-004 @DFT-TX-001 @DFT-TX-010
  Scenario: Result and charge of the same second are both accepted
    Given charges are enabled for the organization
    When an exam is ordered and graded "normal in both eyes"
    Then IRIS is told that the ORU was Accepted
    And IRIS is told that the DFT was Accepted
    And IRIS has queued the ORU before the DFT
