@charges
Feature: Every field of a charge
  Values of the reference order and of a grading in which nothing was found (07-dft, sections 4 to 8).

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected
    And charges are enabled for the organization

  @DFT-STR-001 @DFT-STR-002 @DFT-FT1-S01
  Scenario: The segments of option 1
    When an exam is ordered and graded "normal in both eyes"
    Then the DFT has the segments "MSH EVN PID PV1 FT1"

  Scenario: MSH and EVN
    When an exam is ordered and graded "normal in both eyes"
    Then the fields of the DFT are
      | field  | value          | requirement                  |
      | MSH-1  | \|             | DFT-MSH-1 DFT-STR-003        |
      | MSH-2  | ^~\\&          | DFT-MSH-2                    |
      | MSH-3  | IRIS           | DFT-MSH-3                    |
      | MSH-4  | IRIS           | DFT-MSH-4 DFT-C19            |
      | MSH-5  | VENDOR         | DFT-MSH-5                    |
      | MSH-6  | VENDOR         | DFT-MSH-6                    |
      | MSH-7  | 20170410145907 | DFT-MSH-7 DFT-TIME-001       |
      | MSH-8  |                | DFT-MSH-8                    |
      | MSH-9  | DFT^P03        | DFT-MSH-9 DFT-C1             |
      | MSH-10 | 170410145907   | DFT-MSH-10 DFT-TIME-003 DFT-C17 |
      | MSH-11 | T              | DFT-MSH-11                   |
      | MSH-12 | 2.4            | DFT-MSH-12 DFT-MSH-12-U      |
      | MSH-18 |                | DFT-STR-007                  |
      | EVN-1  | P03            | DFT-EVN-1                    |
      | EVN-2  | 20170410145907 | DFT-EVN-2 DFT-TIME-003       |
      | EVN-3  |                | DFT-EVN-3                    |

  Scenario: PID
    When an exam is ordered and graded "normal in both eyes"
    Then the fields of the DFT are
      | field  | value        | requirement         |
      | PID-1  |              | DFT-PID-1           |
      | PID-2  | ITCC20170410 | DFT-PID-2 DFT-C2    |
      | PID-3  | ITCC20170410 | DFT-PID-3           |
      | PID-4  |              | DFT-PID-4           |
      | PID-5  | DOE^JOHN     | DFT-PID-5           |
      | PID-6  |              | DFT-PID-6           |
      | PID-7  | 19581012     | DFT-PID-7           |
      | PID-8  | M            | DFT-PID-8           |
      | PID-9  |              | DFT-PID-9           |
      | PID-11 |              | DFT-PID-9           |
      | PID-18 | 1234         | DFT-PID-18          |
      | PID-19 |              | DFT-PID-19 DFT-C3   |

  Scenario: PV1
    When an exam is ordered and graded "normal in both eyes"
    Then the fields of the DFT are
      | field  | value                            | requirement             |
      | PV1-1  | 1                                | DFT-PV1-1               |
      | PV1-2  | O                                | DFT-PV1-2               |
      | PV1-3  | POC01                            | DFT-PV1-3               |
      | PV1-4  |                                  | DFT-PV1-X DFT-STR-006   |
      | PV1-7  | GR0001^DOE^JANE^^^MD^MD^^^^^^NPI | DFT-PV1-7 DFT-C4        |
      | PV1-8  | OP0001^DOE^JACK^^^MD^MD^^^^^^NPI | DFT-PV1-8               |
      | PV1-9  |                                  | DFT-PV1-X               |
      | PV1-17 | GR0001^DOE^JANE^^^MD^MD^^^^^^NPI | DFT-PV1-17              |
      | PV1-18 |                                  | DFT-PV1-X               |
      | PV1-19 | 1234                             | DFT-PV1-19              |
      | PV1-20 |                                  | DFT-PV1-X               |
      | PV1-44 | 20170410145803                   | DFT-PV1-44 DFT-TIME-004 DFT-TIME-002 |
      | PV1-45 | 20170410145907                   | DFT-PV1-45 DFT-C5       |
      | PV1-46 |                                  | DFT-PV1-X               |

  Scenario: A person
    When an exam is ordered and graded "normal in both eyes"
    Then the fields of the DFT are
      | field     | value  | requirement       |
      | FT1-20.1  | GR0001 | DFT-XCN-1         |
      | FT1-20.2  | DOE    | DFT-XCN-2         |
      | FT1-20.3  | JANE   | DFT-XCN-3         |
      | FT1-20.4  |        | DFT-XCN-4         |
      | FT1-20.5  |        | DFT-XCN-4         |
      | FT1-20.6  | MD     | DFT-XCN-6 DFT-C6  |
      | FT1-20.7  | MD     | DFT-XCN-7         |
      | FT1-20.8  |        | DFT-XCN-8         |
      | FT1-21.9  |        | DFT-XCN-8         |
      | FT1-20.13 | NPI    | DFT-XCN-13        |

  Scenario: FT1 of the professional charge
    When an exam is ordered and graded "normal in both eyes"
    Then the fields of the DFT are
      | field  | value                                                             | requirement                             |
      | FT1-1  | 1                                                                 | DFT-FT1-1                               |
      | FT1-2  |                                                                   | DFT-FT1-2                               |
      | FT1-3  | 273013                                                            | DFT-FT1-3                               |
      | FT1-4  | 20170410145901                                                    | DFT-FT1-4 DFT-TIME-005                  |
      | FT1-5  | 20170410145907                                                    | DFT-FT1-5 DFT-TIME-003 DFT-TIME-006     |
      | FT1-6  | CG                                                                | DFT-FT1-6 DFT-GEN-010                   |
      | FT1-7  | 92250^Fundus photography with interpretation and report^CPT       | DFT-FT1-7 DFT-FT1-7-P1 DFT-FT1-7-P2 DFT-FT1-7-P3 DFT-C15 |
      | FT1-8  |                                                                   | DFT-FT1-8                               |
      | FT1-9  | ITCC20170410                                                      | DFT-FT1-9                               |
      | FT1-10 | 1                                                                 | DFT-FT1-10                              |
      | FT1-11 |                                                                   | DFT-FT1-11                              |
      | FT1-12 |                                                                   | DFT-FT1-12                              |
      | FT1-13 | POC01                                                             | DFT-FT1-13                              |
      | FT1-14 |                                                                   | DFT-FT1-14                              |
      | FT1-15 | IRIS                                                              | DFT-FT1-15 DFT-C12                      |
      | FT1-16 | POC01                                                             | DFT-FT1-16                              |
      | FT1-17 |                                                                   | DFT-FT1-17                              |
      | FT1-18 |                                                                   | DFT-FT1-18                              |
      | FT1-19 | E11.41^Type 2 diabetes mellitus with diabetic mononeuropathy^ICD-10-CM | DFT-FT1-19 DFT-DX-002              |
      | FT1-20 | GR0001^DOE^JANE^^^MD^MD^^^^^^NPI                                  | DFT-FT1-20                              |
      | FT1-21 | OP0001^DOE^JACK^^^MD^MD^^^^^^NPI                                  | DFT-FT1-21                              |
      | FT1-22 |                                                                   | DFT-FT1-22                              |
      | FT1-23 | 2017041006^VENDOR                                                 | DFT-FT1-23 DFT-C8                       |
      | FT1-24 |                                                                   | DFT-FT1-24                              |
      | FT1-25 | 92250^Fundus photography with interpretation and report^CPT       | DFT-FT1-25                              |
      | FT1-26 |                                                                   | DFT-FT1-26 DFT-MOD-005 DFT-C10          |

  Scenario: FT1 of the CPT II charge
    Given the clinic and IRIS agreed on "dft.cpt2=on"
    When an exam is ordered and graded "normal in both eyes"
    Then the DFT has the segments "MSH EVN PID PV1 FT1*2"
    And the fields of the DFT are
      | field     | value                                             | requirement                            |
      | FT1[1]-7.1 | 92250                                            | DFT-FT1-S02                            |
      | FT1[2]-1  | 2                                                 | DFT-FT1-S02                            |
      | FT1[2]-3  | 273013                                            | DFT-FT1-S02                            |
      | FT1[2]-4  | 20170410145803                                    | DFT-FT1-4 DFT-C14                      |
      | FT1[2]-5  | 20170410145907                                    | DFT-FT1-5                              |
      | FT1[2]-7  | 3072F^No evidence of retinopathy in the prior year | DFT-FT1-7-C                           |
      | FT1[2]-19 | E11.41^Type 2 diabetes mellitus with diabetic mononeuropathy^ICD-10-CM | DFT-DX-006        |
      | FT1[2]-23 | 2017041006^VENDOR                                 | DFT-FT1-23                             |
      | FT1[2]-25 | 3072F^No evidence of retinopathy in the prior year | DFT-FT1-25                            |
      | FT1[2]-26 |                                                   | DFT-MOD-010 DFT-C11                    |

  Scenario: FT1 of option 2
    Given the clinic and IRIS agreed on "dft.ft1_option=2"
    When an exam is ordered and graded "normal in both eyes"
    Then the DFT has the segments "MSH EVN PID PV1 FT1*2"
    And the fields of the DFT are
      | field     | value                                                       | requirement              |
      | FT1[1]-1  | 1                                                           | DFT-FT1-S06              |
      | FT1[1]-4  | 20170410145901                                              | DFT-FT1-4                |
      | FT1[1]-7  | 92250^Fundus photography with interpretation and report^CPT | DFT-FT1-7-P2             |
      | FT1[1]-23 | 2017041006                                                  | DFT-FT1-23               |
      | FT1[1]-25 | 92250^Fundus photography with interpretation and report^CPT | DFT-FT1-25-M             |
      | FT1[1]-26 | 26                                                          | DFT-MOD-001 DFT-MOD-M1   |
      | FT1[2]-1  | 2                                                           | DFT-FT1-S06              |
      | FT1[2]-4  | 20170410145803                                              | DFT-FT1-4                |
      | FT1[2]-5  | 20170410145907                                              | DFT-FT1-5                |
      | FT1[2]-7  | 92000035^OPHTHALMOSCOPY W/ FUNDUS PHOTO                     | DFT-FT1-7-T              |
      | FT1[2]-23 | 2017041006                                                  | DFT-FT1-23 DFT-C8        |
      | FT1[2]-25 | 92000035^OPHTHALMOSCOPY W/ FUNDUS PHOTO                     | DFT-FT1-25-M DFT-C16     |
      | FT1[2]-26 | TC                                                          | DFT-MOD-001 DFT-MOD-009  |

  @DFT-STR-005
  Scenario: Delimiters in the data are escaped
    When the EMR sends the order "new-order" with PID-5 set to "O'NEIL\F\SMITH^ANN\T\LEE"
    And the exam is graded "normal in both eyes"
    Then the fields of the DFT are
      | field | value                      | requirement |
      | PID-5 | O'NEIL\\F\\SMITH^ANN\\T\\LEE | DFT-STR-005 |
