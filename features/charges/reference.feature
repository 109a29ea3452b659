@charges @TOP-010
Feature: The reference charges
  The messages of the specification for its reference order and gradings, byte for byte.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected
    And charges are enabled for the organization

  Scenario Outline: The reference charge <message>
    Given the clinic and IRIS agreed on "<options>"
    When the EMR sends the order "order-diabetes"
    And the exam is graded
      | right eye | left eye |
      | <right>   | <left>   |
    Then the EMR receives exactly 1 DFT
    And the DFT matches the snapshot "<message>"
    And the DFT breaks no rule

    Examples:
      | message                  | options                                | right                | left             | proves                        |
      | o1-all-ungradable        | nothing else                           | ungradable           | ungradable       | DFT-REF-03 DFT-MOD-M3         |
      | o2-all-gradable          | dft.ft1_option=2                       | DR Mild, ME None     | DR Mild, ME None | DFT-REF-05 DFT-MOD-M1 ICD-025 |
      | o2-all-ungradable        | dft.ft1_option=2                       | ungradable           | ungradable       | DFT-REF-07 DFT-MOD-M3         |
      | o2-no-component-modifier | dft.ft1_option=2; dft.o2_component=off | DR Moderate, ME None | ungradable       | DFT-REF-08 DFT-MOD-009        |

  @DFT-REF-01 @DFT-DX-003 @ICD-V08
  Scenario: The reference charge with submitted and derived diagnoses
    When the EMR sends the order "new-order"
    And the exam is graded
      | right eye             | left eye                  |
      | DR None, ME Positive  | DR Proliferative, ME None |
    Then the EMR receives exactly 1 DFT
    And the DFT matches the snapshot "o1-diagnosed"

  @DFT-REF-02 @DFT-DX-005 @DFT-STR-004
  Scenario: The reference charge without a diagnosis
    When the EMR sends the order "new-order" without the segment DG1
    And the exam is graded "normal in both eyes"
    Then the EMR receives exactly 1 DFT
    And the DFT matches the snapshot "o1-no-diagnosis"

  @DFT-MSH-10-U @ORU-OPT-38 @ORU-MSH-10
  Scenario Outline: MSH-10 of result and charge with <options>
    Given the clinic and IRIS agreed on "<options>"
    When an exam is ordered and graded "normal in both eyes"
    Then the ORU has "170410145907" in MSH-10
    And the fields of the DFT are
      | field  | value          | requirement  |
      | MSH-10 | <control id>   | DFT-MSH-10-U |
      | MSH-7  | 20<control id> | DFT-TIME-003 |

    Examples:
      | options                   | control id   |
      | nothing else              | 170410145907 |
      | dft.msh10_collision=delay | 170410145908 |
