@results
Feature: Gradings that IRIS refuses
  No message is made of a grading that breaks the rules for input (05-discrete-results, section 12).

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @ORU-GEN-06
  Scenario Outline: <case>: <right> and <left>
    Given the clinic and IRIS agreed on "<options>"
    When the EMR sends the order "new-order"
    Then IRIS refuses this grading by <rule>
      | right eye | left eye |
      | <right>   | <left>   |
    And the EMR receives exactly 0 ORU

    Examples:
      | case        | options                      | right                                 | left                                        | rule     | proves               |
      | DISC-NEG-01 | nothing else                 | DR Indeterminable, ME None            | DR None, ME None                            | DISC-025 | DISC-NEG-01 DISC-025 |
      | DISC-NEG-02 | nothing else                 | DR Indeterminable, ME None            | DR None, ME None, Suspected Cataract        | DISC-025 | DISC-NEG-02 DISC-025 |
      | DISC-NEG-05 | nothing else                 | excluded                              | excluded (Enucleation)                      | DISC-028 | DISC-NEG-05 DISC-028 |
      | DISC-NEG-06 | nothing else                 | DR None, ME Moderate                  | DR None, ME None                            | DISC-024 | DISC-NEG-06 DISC-024 |
      | DISC-NEG-07 | nothing else                 | DR mild, ME None                      | DR None, ME None                            | DISC-024 | DISC-NEG-07 FND-010  |
      | DISC-NEG-08 | res.observations=rev_b       | DR Indeterminable, Suspected Cataract | DR None, ME None                            | DISC-024 | DISC-NEG-08 DISC-175 |
      | DISC-NEG-09 | res.observations=custom:custom_set_iris31.csv | HIV Mild             | DR None, ME None                            | DISC-216 | DISC-NEG-09 DISC-216 |
      | DISC-NEG-10 | orm.evaluation_types=[AMD]   | Wet AMD Early Stage                   | no findings                                 | DISC-024 | DISC-NEG-10 DISC-AMD-09 |

  @ORU-SEG-07 @MDM-SEG-06
  Scenario Outline: A result without any block cannot be made of <options>
    Given the clinic and IRIS agreed on "<options>"
    When the EMR sends the order "new-order"
    Then IRIS refuses this grading by <rule>
      | right eye   | left eye    |
      | no findings | no findings |

    Examples:
      | options                                                           | rule       | proves     |
      | res.discrete=off; res.narrative=off; res.document=off             | ORU-SEG-07 | ORU-SEG-07 |
      | mdm.enabled=on; res.discrete=off; res.narrative=off; res.document=off | MDM-SEG-06 | MDM-SEG-06 |
      | dft.enabled=on; dft.ft1_option=2; dft.cpt2=on                     | DFT-FT1-S07 | DFT-FT1-S07 |
