@charges
Feature: The modifiers of a charge
  How many of the eyes that count are ungradable decides FT1-26 (07-dft, section 7.3).

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected
    And charges are enabled for the organization

  Scenario Outline: <case> with <options>: <right> and <left>
    Given the clinic and IRIS agreed on "<options>"
    When an exam is ordered and graded
      | right eye | left eye |
      | <right>   | <left>   |
    Then the fields of the DFT are
      | field     | value    | requirement |
      | FT1[1]-26 | <first>  | <case>      |
      | FT1[2]-26 | <second> | <case>      |

    Examples:
      | case       | options                                   | right       | left                   | first  | second  | proves                              |
      | DFT-MOD-M1 | nothing else                              | no findings | no findings            |        |         | DFT-MOD-M1 DFT-MOD-005 DFT-MOD-008  |
      | DFT-MOD-M2 | nothing else                              | no findings | ungradable             |        |         | DFT-MOD-M2 DFT-MOD-008 DFT-GEN-007  |
      | DFT-MOD-M3 | nothing else                              | ungradable  | ungradable             | NC     |         | DFT-MOD-M3 DFT-MOD-003 DFT-MOD-007  |
      | DFT-MOD-M3 | dft.o1_nc=off                             | ungradable  | ungradable             |        |         | DFT-MOD-008                         |
      | DFT-MOD-M1 | dft.o1_component='26'                     | no findings | no findings            | 26     |         | DFT-MOD-M1 DFT-C10                  |
      | DFT-MOD-M2 | dft.o1_component='26'                     | no findings | ungradable             | 26     |         | DFT-MOD-M2                          |
      | DFT-MOD-M3 | dft.o1_component='26'                     | ungradable  | ungradable             | 26~NC  |         | DFT-MOD-M3 DFT-MOD-001              |
      | DFT-MOD-M1 | dft.ft1_option=2                          | no findings | no findings            | 26     | TC      | DFT-MOD-M1 DFT-MOD-009              |
      | DFT-MOD-M2 | dft.ft1_option=2                          | no findings | ungradable             | 26~52  | TC~52   | DFT-MOD-M2 DFT-MOD-004              |
      | DFT-MOD-M3 | dft.ft1_option=2                          | ungradable  | ungradable             | 26~NC  | TC~NC   | DFT-MOD-M3                          |
      | DFT-MOD-M1 | dft.ft1_option=2; dft.o2_component=off    | no findings | no findings            |        |         | DFT-MOD-M1 DFT-MOD-009              |
      | DFT-MOD-M2 | dft.ft1_option=2; dft.o2_component=off    | no findings | ungradable             | 52     | 52      | DFT-MOD-M2                          |
      | DFT-MOD-M3 | dft.ft1_option=2; dft.o2_component=off    | ungradable  | ungradable             | NC     | NC      | DFT-MOD-M3                          |
      | DFT-MOD-M1 | dft.ft1_option=2                          | no findings | excluded (Enucleation) | 26     | TC      | DFT-MOD-002 DFT-C18                 |
      | DFT-MOD-M2 | dft.ft1_option=2; dft.mod_missing_eye=count | no findings | excluded (Enucleation) | 26~52 | TC~52  | DFT-MOD-002                         |
      | DFT-MOD-M1 | dft.ft1_option=2                          | DR Indeterminable, Suspected Cataract | no findings | 26 | TC | DFT-MOD-006                     |

  @DFT-FT1-25-H
  Scenario Outline: A CPT II charge when the patient was born on <born>, <right> and <left>: <segments>
    Given the clinic and IRIS agreed on "dft.cpt2=on"
    When the EMR sends the order "new-order" with PID-7 set to "<born>"
    And the exam is graded
      | right eye | left eye |
      | <right>   | <left>   |
    Then the DFT has the segments "MSH EVN PID PV1 <segments>"

    Examples:
      | born     | right                 | left                   | segments | proves                               |
      | 19581012 | no findings           | no findings            | FT1*2    | DFT-FT1-S02 DFT-FT1-S05              |
      | 19990410 | no findings           | no findings            | FT1*2    | DFT-FT1-S03 DFT-FT1-S04              |
      | 19990411 | no findings           | no findings            | FT1      | DFT-FT1-S04                          |
      | 19581012 | DR Mild, ME None      | no findings            | FT1      | DFT-FT1-S03 DFT-FT1-S05 DFT-C13      |
      | 19581012 | DR None, ME Positive  | no findings            | FT1*2    | DFT-FT1-S05                          |
      | 19581012 | no findings           | ungradable             | FT1      | DFT-FT1-S05                          |
      | 19581012 | no findings           | excluded (Enucleation) | FT1*2    | DFT-FT1-S05 DFT-MOD-002              |
      | 19581012 | ungradable            | ungradable             | FT1      | DFT-FT1-S05                          |
