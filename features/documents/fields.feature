@documents
Feature: Every field of a document
  Values of the reference order and of a grading in which nothing was found (06-mdm, sections 3 to 5).

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected
    And results are sent as documents

  @MDM-SEG-01 @MDM-SEG-03 @MDM-SEG-04 @MDM-GEN-05 @MDM-C2
  Scenario: The segments
    When an exam is ordered and graded "normal in both eyes"
    Then the MDM has the segments "MSH PID TXA PV1 OBX*29"

  Scenario: MSH
    When an exam is ordered and graded "normal in both eyes"
    Then the fields of the MDM are
      | field  | value          | requirement |
      | MSH-1  | \|             | MDM-MSH-1   |
      | MSH-2  | ^~\\&          | MDM-MSH-1   |
      | MSH-3  | IRIS           | MDM-MSH-3   |
      | MSH-4  | IRIS           | MDM-MSH-4   |
      | MSH-5  | VENDOR         | MDM-MSH-5   |
      | MSH-6  | VENDOR         | MDM-MSH-6   |
      | MSH-7  | 20170410145907 | MDM-MSH-7   |
      | MSH-8  |                | MDM-MSH-8   |
      | MSH-9  | MDM^T02        | MDM-MSH-9 MDM-GEN-03 |
      | MSH-10 | 170410145907   | MDM-MSH-10  |
      | MSH-11 | T              | MDM-MSH-11  |
      | MSH-12 | 2.4            | MDM-MSH-12  |

  @MDM-GEN-06
  Scenario: PID and PV1 as in a result
    When an exam is ordered and graded "normal in both eyes"
    Then the segment PID of the MDM is "PID||ITCC20170410|ITCC20170410||DOE^JOHN||19581012|M||||||||||1234|"
    And the segment PV1 of the MDM is "PV1|1|O|POC01||||OP0001^DOE^JACK^^^MD^MD^^^^^^NPI|OP0001^DOE^JACK^^^MD^MD^^^^^^NPI|||||||||OP0001^DOE^JACK^^^MD^MD^^^^^^NPI||1234|||||||||||||||||||||||||20170410145803|20170410145803"
    And the fields of the MDM are
      | field  | value | requirement                 |
      | PID-19 |       | MDM-PID MDM-C15             |
      | PV1-9  |       | MDM-PV1 MDM-C14             |

  Scenario: TXA
    When an exam is ordered and graded "normal in both eyes"
    Then the fields of the MDM are
      | field     | value              | requirement            |
      | TXA-1     | 1                  | MDM-TXA-1              |
      | TXA-2.1   | 92250              | MDM-TXA-2.1            |
      | TXA-2.2   | FUNDUS PHOTOGRAPHY | MDM-TXA-2.2 MDM-C8     |
      | TXA-2.3   |                    | MDM-TXA-2.2            |
      | TXA-3     |                    | MDM-TXA-3              |
      | TXA-4     | 201704101458       | MDM-TXA-4 MDM-C5 MDM-C6 |
      | TXA-5     |                    | MDM-TXA-5              |
      | TXA-10    | OP0001^DOE^JACK^^MD^DR^^^^^^^NPI | MDM-TXA-10 MDM-C3 |
      | TXA-10.1  | OP0001             | MDM-TXA-10.1           |
      | TXA-10.2  | DOE                | MDM-TXA-10.2           |
      | TXA-10.3  | JACK               | MDM-TXA-10.3           |
      | TXA-10.4  |                    | MDM-TXA-10.4           |
      | TXA-10.5  | MD                 | MDM-TXA-10.5 MDM-C4    |
      | TXA-10.6  | DR                 | MDM-TXA-10.6           |
      | TXA-10.7  |                    | MDM-TXA-10.7           |
      | TXA-10.13 | NPI                | MDM-TXA-10.13          |
      | TXA-11    |                    | MDM-TXA-11             |
      | TXA-13    |                    | MDM-TXA-13             |
      | TXA-14    | 2017041006         | MDM-TXA-14             |
      | TXA-15    |                    | MDM-TXA-15             |
      | TXA-17    | F                  | MDM-TXA-17 MDM-C7      |
      | TXA-18    |                    | MDM-TXA-18             |
      | TXA-19    |                    | MDM-TXA-19             |

  Scenario: The observations
    When an exam is ordered and graded "moderate retinopathy right, mild left"
    Then the fields of the MDM are
      | field      | value               | requirement              |
      | OBX[1]-3.1 | SEVERITY            | MDM-OBX-11               |
      | OBX[1]-5   | ABNORMAL            | MDM-OBX-11 MDM-C1        |
      | OBX[2]-3.1 | RIGHTDIABRETIN      | MDM-OBX-12               |
      | OBX[2]-5   | Moderate            | MDM-OBX-12               |
      | OBX[3]-3.1 | RIGHTMACEDEMA       | MDM-OBX-13               |
      | OBX[4]-3.1 | RIGHTOTHERRETIN     | MDM-OBX-14               |
      | OBX[4]-5   | Suspected Glaucoma  | MDM-OBX-14               |
      | OBX[5]-3.1 | RIGHTQUALAPP        | MDM-OBX-15               |
      | OBX[5]-5   | Gradable Image      | MDM-OBX-15 MDM-C9        |
      | OBX[6]-3.1 | LEFTDIABRETIN       | MDM-OBX-16               |
      | OBX[7]-3.1 | LEFTMACEDEMA        | MDM-OBX-17               |
      | OBX[8]-3.1 | LEFTOTHERRETIN      | MDM-OBX-18               |
      | OBX[9]-3.1 | LEFTQUALAPP         | MDM-OBX-19               |

  Scenario Outline: <options>: <field> is <value>
    Given the clinic and IRIS agreed on "<options>"
    When an exam is ordered and graded "normal in both eyes"
    Then the MDM has "<value>" in <field>
    And the MDM breaks no rule

    Examples:
      | options                                            | field     | value                             | proves                 |
      | mdm.txa4_precision=second                          | TXA-4     | 20170410145803                    | MDM-OPT-03 MDM-TXA-4   |
      | mdm.txa4_source=graded; mdm.txa4_precision=second  | TXA-4     | 20170410145901                    | MDM-OPT-04             |
      | mdm.txa4_source=message; mdm.txa4_precision=second | TXA-4     | 20170410145907                    | MDM-OPT-04             |
      | mdm.txa10=grader                                   | TXA-10.1  | GR0001                            | MDM-OPT-05 MDM-TXA-10  |
      | res.provider_type=SERDOTON                         | TXA-10.13 | SERDOTON                          | MDM-OPT-06 MDM-TXA-10.13 |
      | res.obs_clock=12h                                  | TXA-4     | 201704100258                      | MDM-TXA-4              |
      | res.obs_zone=America/Chicago                       | TXA-4     | 201704100958                      | MDM-TXA-4              |
      | res.narrative_type=ST; res.narrative_id=Report     | OBX[10]-3 | Report^^IRIS                      | MDM-NAR-02             |
      | res.link_ampersand=escaped                         | OBX[29]-2 | RP                                | MDM-DOC-04 MDM-C18     |
      | res.document=file                                  | OBX[29]-5 | C:\\E\\results\\E\\04102017\\E\\POC01\\E\\2017041006.pdf | MDM-DOC-03 |
      | res.observations=rev_b                             | OBX[1]-5  | NORMAL                            | MDM-OBX-02             |
      | mdm.layout=standard                                | EVN-1     | T02                               | MDM-OPT-02 MDM-EVN-1   |

  Scenario Outline: <options>: the segments <segments>
    Given the clinic and IRIS agreed on "<options>"
    When an exam is ordered and graded "normal in both eyes"
    Then the MDM has the segments "<segments>"
    And the MDM breaks no rule

    Examples:
      | options                                                     | segments                                | proves                           |
      | mdm.layout=standard                                         | MSH EVN PID PV1 TXA OBX*29              | MDM-SEG-02 MDM-OPT-02            |
      | res.discrete=off; res.narrative=off; res.document=pdf       | MSH PID TXA PV1 OBX                     | MDM-SEG-05 MDM-SEG-04 MDM-C19    |
      | res.narrative=single                                        | MSH PID TXA PV1 OBX*11                  | MDM-NAR-03                       |
      | res.narrative=nte                                           | MSH PID TXA PV1 OBX*9 NTE*19 OBX        | MDM-NAR-04                       |

  @MDM-OBX-04
  Scenario: The alternating layout touches the observations only
    Given the clinic and IRIS agreed on "res.discrete_layout=obx_nte"
    When an exam is ordered and graded "normal in both eyes"
    Then the fields of the MDM are
      | field     | value        | requirement          |
      | OBX[1]-3  | ^^IRIS       | MDM-OBX-04 DISC-190  |
      | NTE[1]-1  | 1            | DISC-192             |
      | NTE[1]-3  | SEVERITY     | DISC-192 MDM-C10     |
      | OBX[5]-3.1 | RIGHTQUALAPP | DISC-191            |
      | OBX[10]-3 | Result^^IRIS | MDM-OBX-04           |
      | OBX[10]-1 | 10           | DISC-194             |
