@charges
Feature: The options of a charge
  What a customer can ask for (07-dft, section 10).

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected
    And charges are enabled for the organization

  Scenario Outline: <options>: <field> is <value>
    Given the clinic and IRIS agreed on "<options>"
    When an exam is ordered and graded "normal in both eyes"
    Then the DFT has "<value>" in <field>
    And the DFT breaks no rule

    Examples:
      | options                                        | field    | value                            | proves                |
      | dft.msh4=orm                                   | MSH-4    | ANCL                             | DFT-MSH-4 DFT-C19     |
      | dft.msh5=Test Hospital                         | MSH-5    | Test Hospital                    | DFT-MSH-5             |
      | dft.msh5=Test Hospital                         | FT1-23   | 2017041006^Test Hospital         | DFT-FT1-23 DFT-C8     |
      | dft.msh6=EPIC                                  | MSH-6    | EPIC                             | DFT-MSH-6             |
      | dft.msh6=EPIC; dft.order_namespace=msh6        | FT1-23   | 2017041006^EPIC                  | DFT-C8                |
      | dft.order_namespace=EPC                        | FT1-23   | 2017041006^EPC                   | DFT-C8                |
      | dft.order_namespace=''                         | FT1-23   | 2017041006                       | DFT-C8                |
      | dft.ft1_option=2; dft.o2_order_namespace=msh5  | FT1[2]-23 | 2017041006^VENDOR               | DFT-FT1-23            |
      | res.environment=production                     | MSH-11   | P                                | DFT-MSH-11            |
      | dft.pid_id_type=MRN                            | PID-2    | ITCC20170410^^^^MRN              | DFT-PID-2             |
      | dft.pid_id_type=MRN                            | PID-3    | ITCC20170410                     | DFT-PID-3             |
      | dft.pid_id_type=MRN; dft.pid_id_type_field=PID-3 | PID-3  | ITCC20170410^^^^MRN              | DFT-C2                |
      | dft.pv1_7_17=ordering                          | PV1-7    | OP0001^DOE^JACK^^^MD^MD^^^^^^NPI | DFT-C4                |
      | dft.pv1_7_17=ordering                          | PV1-17   | OP0001^DOE^JACK^^^MD^MD^^^^^^NPI | DFT-C4                |
      | dft.pv1_45=capture                             | PV1-45   | 20170410145803                   | DFT-C5                |
      | dft.xcn_credentials='5,6'                      | FT1-20   | GR0001^DOE^JANE^^MD^MD^^^^^^^NPI | DFT-C6                |
      | dft.clock=12h                                  | FT1-4    | 20170410025901                   | DFT-C7                |
      | dft.clock=12h                                  | PV1-44   | 20170410025803                   | DFT-C7                |
      | dft.clock=12h                                  | FT1-5    | 20170410145907                   | DFT-C7                |
      | dft.code_professional=99999^Reading            | FT1-7.1  | 92250                            | DFT-FT1-7-P1          |
      | dft.code_source=fixed; dft.code_professional=99999^Reading | FT1-7 | 99999^Reading           | DFT-FT1-7-P1          |
      | dft.ft1_option=2; dft.code_technical=88888^Taking | FT1[2]-7 | 88888^Taking                  | DFT-FT1-7-T           |
      | res.pid_tail=off                               | PID-18   | 1234                             | DFT-STR-004           |

  Scenario Outline: A procedure code of the order, <service>
    When the EMR sends the order "new-order" with OBR-4 set to "<service>"
    And the exam is graded "normal in both eyes"
    Then the DFT has "<charge>" in FT1-7

    Examples:
      | service               | charge                                                            | proves                     |
      | 92228^REMOTE IMAGING  | 92228^REMOTE IMAGING^CPT                                          | DFT-FT1-7-P1 DFT-FT1-7-P2  |
      | 3072F^QUALITY         | 3072F^QUALITY^CPT                                                 | DFT-FT1-7-P1               |
      | IRIS01^RETINAL PHOTO  | 92250^Fundus photography with interpretation and report^CPT       | DFT-FT1-7-P1               |

  @DFT-C1
  Scenario: A charge under the message type of the field table
    Given the clinic and IRIS agreed on "dft.msh9=ORU^R01"
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 2 ORU
    And the fields of the last ORU are
      | field | value   | requirement |
      | MSH-9 | ORU^R01 | DFT-C1      |
      | EVN-1 | P03     | DFT-C1      |
      | FT1-6 | CG      | DFT-C1      |
