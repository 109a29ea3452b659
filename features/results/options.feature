@results
Feature: The options of a result
  What a customer can ask for (04-oru, section 13). Whole messages with other options: reference.feature.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  Scenario Outline: <options>: <field> is <value>
    Given the clinic and IRIS agreed on "<options>"
    When an exam is ordered and graded "normal in both eyes"
    Then the fields of the ORU are
      | field   | value   | requirement |
      | <field> | <value> | <option>    |
    And the ORU breaks no rule

    Examples:
      | option     | options                          | field    | value                                                              | proves                 |
      | ORU-OPT-01 | res.recv_app=Vendor              | MSH-5    | Vendor                                                             | ORU-MSH-5              |
      | ORU-OPT-01 | res.recv_fac=North Clinic        | MSH-6    | North Clinic                                                       | ORU-MSH-6              |
      | ORU-OPT-02 | res.send_fac=IRIS2               | MSH-4    | IRIS2                                                              | ORU-MSH-4              |
      | ORU-OPT-03 | res.version=2.3                  | MSH-12   | 2.3                                                                | ORU-MSH-12 ORU-C12     |
      | ORU-OPT-04 | res.pid_id_type=MRN              | PID-2    | ITCC20170410^^^^MRN                                                | ORU-PID-2.5 ORU-C6     |
      | ORU-OPT-04 | res.pid_id_type=MRN              | PID-3    | ITCC20170410                                                       | ORU-PID-3              |
      | ORU-OPT-06 | res.pid_account=off              | PID-18   |                                                                    | ORU-PID-18 ORU-C7      |
      | ORU-OPT-06 | res.pid_account=off              | PV1-19   | 1234                                                               | ORU-PV1-19             |
      | ORU-OPT-07 | res.pv1_visit=off                | PV1-19   |                                                                    | ORU-PV1-19 ORU-C7      |
      | ORU-OPT-08 | res.pv1_3=site_name              | PV1-3    | TEST CLINIC                                                        | ORU-PV1-3 ORU-C8       |
      | ORU-OPT-09 | res.pv1_7_17=grader              | PV1-7    | GR0001^DOE^JANE^^^MD^MD^^^^^^NPI                                   | ORU-PV1-7 ORU-C2       |
      | ORU-OPT-09 | res.pv1_7_17=grader              | PV1-17   | GR0001^DOE^JANE^^^MD^MD^^^^^^NPI                                   | ORU-PV1-17             |
      | ORU-OPT-09 | res.pv1_7_17=grader              | PV1-8    | OP0001^DOE^JACK^^^MD^MD^^^^^^NPI                                   | ORU-PV1-8              |
      | ORU-OPT-10 | res.provider_type=SERDOTON       | OBR-16   | OP0001^DOE^JACK^^^MD^MD^^^^^^SERDOTON                              | ORU-XCN-13             |
      | ORU-OPT-11 | res.obr32=undated                | OBR-32   | GR0001^DOE^JANE^^JANE DOE, MD, NPI: 1234567890, Taxonomy: 207W00000X | ORU-OBR-32 ORU-C10   |
      | ORU-OPT-11 | res.obr32=xcn                    | OBR-32   | 1234567890^DOE^JANE^^^MD^MD^^^^^^NPI                               | ORU-XCN-1              |
      | ORU-OPT-11 | res.obr32=off                    | OBR-32   |                                                                    | ORU-OBR-32 ORU-ENC-03  |
      | ORU-OPT-14 | res.dg1=on; res.dg1_code=dotted  | DG1-3    | E11.41^Type 2 diabetes mellitus with diabetic mononeuropathy^ICD10 | ORU-DG1-3.1            |
      | ORU-OPT-20 | res.severity_middle=ALERT        | OBX[1]-5 | NORMAL                                                             | DISC-041               |
      | ORU-OPT-22 | res.quality_text=[Gradeable Image, Ungradable Image] | OBX[5]-5 | Gradeable Image                                | DISC-C5                |
      | ORU-OPT-26 | res.narrative_type=ST            | OBX[10]-2 | ST                                                                | ORU-OBX-2              |
      | ORU-OPT-26 | res.narrative_id=Report          | OBX[10]-3 | Report^^IRIS                                                      | ORU-OBX-3.1            |
      | ORU-OPT-26 | res.narrative_text=Eye report    | OBX[10]-3 | Result^Eye report^IRIS                                            | ORU-OBX-3.2            |
      | ORU-OPT-26 | res.narrative_system=L           | OBX[10]-3 | Result^^L                                                         | ORU-OBX-3.3            |
      | ORU-OPT-35 | res.document=file; res.file_backslash=raw | OBX[29]-5 | C:\\results\\04102017\\POC01\\2017041006.pdf                  | ORU-DOC-13             |
      | ORU-OPT-36 | res.obs_zone=America/Chicago     | OBR-22   | 20170410095901                                                     | ORU-TIM-05 ORU-C14     |
      | ORU-OPT-36 | res.obs_zone=America/Chicago     | MSH-7    | 20170410145907                                                     | ORU-TIM-05             |
      | ORU-OPT-37 | res.obs_clock=12h                | PV1-44   | 20170410025803                                                     | ORU-TIM-06 ORU-C13     |
      | ORU-OPT-37 | res.obs_clock=12h                | ORC-9    | 20170410145907                                                     | ORU-TIM-06             |
      | ORU-OPT-39 | res.xcn_credentials='5,6'        | ORC-12   | OP0001^DOE^JACK^^MD^MD^^^^^^^NPI                                   | ORU-XCN-6 ORU-C3       |

  Scenario Outline: <options>: the segments <segments>
    Given the clinic and IRIS agreed on "<options>"
    When an exam is ordered and graded "normal in both eyes"
    Then the ORU has the segments "<segments>"
    And the ORU breaks no rule

    Examples:
      | option     | options                           | segments                              | proves                           |
      | ORU-OPT-13 | res.dg1=on                        | MSH PID PV1 ORC OBR DG1 OBX*29        | ORU-OPT-13 ORU-SEG-03            |
      | ORU-OPT-15 | res.discrete=off                  | MSH PID PV1 ORC OBR OBX*20            | ORU-OPT-15 ORU-CNT-07            |
      | ORU-OPT-25 | res.narrative=single              | MSH PID PV1 ORC OBR OBX*11            | ORU-OPT-25 ORU-NAR-F2            |
      | ORU-OPT-25 | res.narrative=nte                 | MSH PID PV1 ORC OBR OBX*9 NTE*19 OBX  | ORU-OPT-25 ORU-NAR-F3            |
      | ORU-OPT-25 | res.narrative=off                 | MSH PID PV1 ORC OBR OBX*10            | ORU-OPT-25 ORU-NAR-F4            |
      | ORU-OPT-30 | res.document=link_pdf             | MSH PID PV1 ORC OBR OBX*30            | ORU-OPT-30 ORU-DOC-03            |
      | ORU-OPT-30 | res.document=off                  | MSH PID PV1 ORC OBR OBX*28            | ORU-OPT-30 ORU-DOC-05            |

  @ORU-DOC-03 @ORU-DOC-10 @ORU-CNT-05
  Scenario: Link and PDF, the link first
    Given the clinic and IRIS agreed on "res.document=link_pdf"
    When an exam is ordered and graded "normal in both eyes"
    Then the fields of the ORU are
      | field       | value  | requirement            |
      | OBX[29]-2   | RP     | ORU-DOC-03             |
      | OBX[30]-1   | 30     | ORU-CNT-05             |
      | OBX[30]-2   | ED     | ORU-DOC-02 ORU-OBX-2   |
      | OBX[30]-3   |        | ORU-OBX-3.1            |
      | OBX[30]-4   |        | ORU-OBX-4              |
      | OBX[30]-5.1 | PDF    | ORU-DOC-10             |
      | OBX[30]-5.2 | TEXT   | ORU-DOC-10             |
      | OBX[30]-5.3 |        | ORU-DOC-10             |
      | OBX[30]-5.4 | Base64 | ORU-DOC-10 ORU-C17     |

  @ORU-OPT-31 @ORU-CNT-05 @ORU-C16
  Scenario: A PDF that repeats the number before it
    Given the clinic and IRIS agreed on "res.document=pdf; res.pdf_set_id=repeat"
    When an exam is ordered and graded "normal in both eyes"
    Then the fields of the ORU are
      | field     | value | requirement |
      | OBX[28]-1 | 28    | ORU-CNT-05  |
      | OBX[29]-1 | 28    | ORU-CNT-05  |

  @ORU-OPT-32 @ORU-OPT-33 @ORU-DOC-06 @ORU-DOC-08
  Scenario: A link of one's own
    Given the clinic and IRIS agreed on "res.link_base=https://report.example.test/r"
    When an exam is ordered and graded "normal in both eyes"
    Then the link of the ORU is "https://report.example.test/r?patientOrderId=273013&asPdf=True&isPreliminary=False&auth=" and 128 characters of 0-9A-F

  Scenario Outline: <options> changes what the grades <right> mean
    Given the clinic and IRIS agreed on "<options>"
    When an exam is ordered and graded
      | right eye | left eye    |
      | <right>   | no findings |
    Then the fields of the ORU are
      | field   | value   | requirement |
      | <field> | <value> | <option>    |
    And the ORU breaks no rule

    Examples:
      | option     | options                      | right                                 | field    | value    | proves            |
      | ORU-OPT-20 | res.severity_middle=ALERT    | DR Mild, ME None                      | OBX[1]-5 | ALERT    | DISC-C1           |
      | ORU-OPT-23 | res.other_severe_flag=A      | DR None, Other (severe): Detachment   | OBX[4]-8 | A        | DISC-108          |
      | ORU-OPT-24 | res.unlisted_values=pass     | DR Mild, ME Moderate                  | OBX[3]-5 | Moderate | DISC-024          |
      | ORU-OPT-24 | res.unlisted_values=pass     | DR Mild, ME Moderate                  | OBX[3]-8 | A        | DISC-024          |
      | ORU-OPT-17 | res.observations=rev_b       | DR Severe, ME Severe                  | OBX[2]-8 | AA       | DISC-171          |
      | ORU-OPT-17 | res.observations=rev_b; orm.evaluation_types=[HIV] | HIV Moderate    | OBX[2]-3.1 | RIGHTHIVRETIN | DISC-174     |
      | ORU-OPT-17 | res.observations=rev_b       | DR None, Suspected Bilateral Papilledema | OBX[4]-8 | A     | DISC-173 DISC-C14 |

  @ORU-OPT-05 @ORU-C5
  Scenario: PID without its last delimiter
    Given the clinic and IRIS agreed on "res.pid_tail=off; dft.enabled=on"
    When an exam is ordered and graded "normal in both eyes"
    Then the segment PID of the ORU is "PID||ITCC20170410|ITCC20170410||DOE^JOHN||19581012|M||||||||||1234"
    And the segment PID of the DFT is "PID||ITCC20170410|ITCC20170410||DOE^JOHN||19581012|M||||||||||1234"
