@results
Feature: Every field of a result
  Values of the reference order and of a grading in which nothing was found (04-oru, sections 5 to 11).

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected
    When an exam is ordered and graded "normal in both eyes"

  @ORU-SEG-01 @ORU-SEG-02 @ORU-SEG-04 @ORU-SEG-05 @ORU-SEG-06 @ORU-SEG-08 @ORU-SEG-09 @ORU-CNT-06
  Scenario: Nine observations, nineteen lines of narrative, one link
    Then the ORU has the segments "MSH PID PV1 ORC OBR OBX*29"

  Scenario: MSH
    Then the fields of the ORU are
      | field  | value          | requirement                          |
      | MSH-1  | \|             | ORU-MSH-1 ORU-ENC-01                 |
      | MSH-2  | ^~\\&          | ORU-MSH-2 ORU-C1                     |
      | MSH-3  | IRIS           | ORU-MSH-3                            |
      | MSH-4  | IRIS           | ORU-MSH-4                            |
      | MSH-5  | VENDOR         | ORU-MSH-5 ORU-OPT-01                 |
      | MSH-6  | VENDOR         | ORU-MSH-6                            |
      | MSH-7  | 20170410145907 | ORU-MSH-7 ORU-TIM-01                 |
      | MSH-8  |                | ORU-MSH-8                            |
      | MSH-9  | ORU^R01        | ORU-MSH-9                            |
      | MSH-10 | 170410145907   | ORU-MSH-10 ORU-TIM-04 ORU-TIM-07     |
      | MSH-11 | T              | ORU-MSH-11                           |
      | MSH-12 | 2.4            | ORU-MSH-12                           |
      | MSH-18 |                | ORU-ENC-08                           |

  Scenario: PID
    Then the fields of the ORU are
      | field  | value        | requirement            |
      | PID-1  |              | ORU-PID-1              |
      | PID-2  | ITCC20170410 | ORU-PID-2.1 ORU-ENC-04 |
      | PID-2.2 |             | ORU-PID-2.2            |
      | PID-2.5 |             | ORU-PID-2.5            |
      | PID-3  | ITCC20170410 | ORU-PID-3              |
      | PID-4  |              | ORU-PID-4              |
      | PID-5.1 | DOE         | ORU-PID-5.1            |
      | PID-5.2 | JOHN        | ORU-PID-5.2            |
      | PID-5  | DOE^JOHN     | ORU-PID-5.2            |
      | PID-6  |              | ORU-PID-6              |
      | PID-7  | 19581012     | ORU-PID-7 ORU-TIM-02   |
      | PID-8  | M            | ORU-PID-8              |
      | PID-9  |              | ORU-PID-9              |
      | PID-10 |              | ORU-PID-9              |
      | PID-11 |              | ORU-PID-9              |
      | PID-13 |              | ORU-PID-9              |
      | PID-16 |              | ORU-PID-9              |
      | PID-18 | 1234         | ORU-PID-18             |
      | PID-19 |              | ORU-PID-19 ORU-C4      |

  Scenario: PV1
    Then the fields of the ORU are
      | field   | value                                 | requirement                      |
      | PV1-1   | 1                                     | ORU-PV1-1                        |
      | PV1-2   | O                                     | ORU-PV1-2                        |
      | PV1-3   | POC01                                 | ORU-PV1-3                        |
      | PV1-4   |                                       | ORU-PV1-4                        |
      | PV1-7   | OP0001^DOE^JACK^^^MD^MD^^^^^^NPI      | ORU-PV1-7                        |
      | PV1-8   | OP0001^DOE^JACK^^^MD^MD^^^^^^NPI      | ORU-PV1-8                        |
      | PV1-9   |                                       | ORU-PV1-9                        |
      | PV1-17  | OP0001^DOE^JACK^^^MD^MD^^^^^^NPI      | ORU-PV1-17                       |
      | PV1-18  |                                       | ORU-PV1-18                       |
      | PV1-19  | 1234                                  | ORU-PV1-19                       |
      | PV1-20  |                                       | ORU-PV1-20                       |
      | PV1-44  | 20170410145803                        | ORU-PV1-44 ORU-TIM-08 ORU-TIM-05 |
      | PV1-45  | 20170410145803                        | ORU-PV1-45                       |
      | PV1-46  |                                       | ORU-PV1-46                       |

  Scenario: A person
    Then the fields of the ORU are
      | field     | value  | requirement |
      | ORC-12.1  | OP0001 | ORU-XCN-1   |
      | ORC-12.2  | DOE    | ORU-XCN-2   |
      | ORC-12.3  | JACK   | ORU-XCN-3   |
      | ORC-12.4  |        | ORU-XCN-4   |
      | ORC-12.5  |        | ORU-XCN-4   |
      | ORC-12.6  | MD     | ORU-XCN-6   |
      | ORC-12.7  | MD     | ORU-XCN-7   |
      | ORC-12.8  |        | ORU-XCN-8   |
      | ORC-12.9  |        | ORU-XCN-8   |
      | ORC-12.12 |        | ORU-XCN-8   |
      | ORC-12.13 | NPI    | ORU-XCN-13  |

  Scenario: ORC
    Then the fields of the ORU are
      | field  | value                            | requirement          |
      | ORC-1  | RE                               | ORU-ORC-1            |
      | ORC-2  | 2017041006                       | ORU-ORC-2.1          |
      | ORC-2.2 |                                 | ORU-ORC-2.2          |
      | ORC-3.1 | 273013                          | ORU-ORC-3.1          |
      | ORC-3.2 | IRIS                            | ORU-ORC-3.2          |
      | ORC-4  |                                  | ORU-ORC-4            |
      | ORC-5  | F                                | ORU-ORC-5            |
      | ORC-6  |                                  | ORU-ORC-6            |
      | ORC-9  | 20170410145907                   | ORU-ORC-9 ORU-TIM-07 |
      | ORC-10 |                                  | ORU-ORC-10           |
      | ORC-12 | OP0001^DOE^JACK^^^MD^MD^^^^^^NPI | ORU-ORC-12           |

  Scenario: OBR
    Then the fields of the ORU are
      | field  | value                                      | requirement           |
      | OBR-1  | 1                                          | ORU-OBR-1             |
      | OBR-2  | 2017041006                                 | ORU-OBR-2             |
      | OBR-3  | 273013^IRIS                                | ORU-OBR-3             |
      | OBR-4  | 92250^FUNDUS PHOTOGRAPHY^EAP^^FUNDAL PHOTO | ORU-OBR-4 ORU-C9      |
      | OBR-5  |                                            | ORU-OBR-5             |
      | OBR-7  | 20170410145803                             | ORU-OBR-7             |
      | OBR-8  |                                            | ORU-OBR-8             |
      | OBR-14 | 20170410145803                             | ORU-OBR-14            |
      | OBR-15 |                                            | ORU-OBR-15            |
      | OBR-16 | OP0001^DOE^JACK^^^MD^MD^^^^^^NPI           | ORU-OBR-16            |
      | OBR-17 |                                            | ORU-OBR-17            |
      | OBR-22 | 20170410145901                             | ORU-OBR-22 ORU-TIM-09 ORU-C15 |
      | OBR-23 |                                            | ORU-OBR-23            |
      | OBR-25 | F                                          | ORU-OBR-25 ORU-STA-01 |
      | OBR-26 |                                            | ORU-OBR-26            |

  Scenario: The interpreter in OBR-32
    Then the fields of the ORU are
      | field    | value                                                 | requirement  |
      | OBR-32   | GR0001^DOE^JANE^20170410145901^JANE DOE, MD, NPI: 1234567890, Taxonomy: 207W00000X | ORU-OBR-32 |
      | OBR-32.1 | GR0001                                                | ORU-OBR-32.1 |
      | OBR-32.2 | DOE                                                   | ORU-OBR-32.2 |
      | OBR-32.3 | JANE                                                  | ORU-OBR-32.3 |
      | OBR-32.4 | 20170410145901                                        | ORU-OBR-32.4 |
      | OBR-32.5 | JANE DOE, MD, NPI: 1234567890, Taxonomy: 207W00000X   | ORU-OBR-32.5 ORU-C11 |

  Scenario: OBX of an observation, of a line, of the link
    Then the fields of the ORU are
      | field        | value                                    | requirement                     |
      | OBX[1]-1     | 1                                        | ORU-OBX-1 ORU-CNT-01            |
      | OBX[1]-2     | ST                                       | ORU-OBX-2                       |
      | OBX[1]-3.1   | SEVERITY                                 | ORU-OBX-3.1                     |
      | OBX[1]-3.2   |                                          | ORU-OBX-3.2                     |
      | OBX[1]-3.3   | IRIS                                     | ORU-OBX-3.3                     |
      | OBX[1]-4     | 1                                        | ORU-OBX-4 ORU-CNT-04            |
      | OBX[1]-5     | NORMAL                                   | ORU-OBX-5                       |
      | OBX[1]-6     |                                          | ORU-OBX-6                       |
      | OBX[1]-7     |                                          | ORU-OBX-7                       |
      | OBX[1]-8     |                                          | ORU-OBX-8                       |
      | OBX[1]-9     |                                          | ORU-OBX-9                       |
      | OBX[1]-11    | F                                        | ORU-OBX-11                      |
      | OBX[10]-1    | 10                                       | ORU-CNT-01                      |
      | OBX[10]-2    | FT                                       | ORU-OBX-2 ORU-C36               |
      | OBX[10]-3    | Result^^IRIS                             | ORU-OBX-3.1 ORU-OPT-26          |
      | OBX[10]-4    | 001                                      | ORU-CNT-03                      |
      | OBX[28]-4    | 019                                      | ORU-CNT-03                      |
      | OBX[29]-1    | 29                                       | ORU-CNT-01                      |
      | OBX[29]-2    | RP                                       | ORU-DOC-01 ORU-C18 ORU-C19      |
      | OBX[29]-3    | LINK^^PDFLINK                            | ORU-OBX-3.1 ORU-OBX-3.3         |
      | OBX[29]-4    | 29                                       | ORU-CNT-04                      |
      | OBX[29]-11   | F                                        | ORU-OBX-11                      |
