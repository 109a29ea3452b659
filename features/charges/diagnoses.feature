@charges
Feature: The diagnosis codes of a charge
  FT1-19 lists the diagnoses of the order, then the ICD-10-CM codes that follow from the grading (10-codes, section 3.6).

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected
    And charges are enabled for the organization

  @ICD-005 @DFT-DX-006
  Scenario Outline: <case>: <right> and <left>, submitted <submitted>
    Given the clinic and IRIS agreed on "<options>"
    When the EMR sends the order "new-order" with the diagnoses "<submitted>"
    And the exam is graded
      | right eye | left eye |
      | <right>   | <left>   |
    Then the DFT lists the diagnosis codes "<codes>"

    Examples:
      | case    | submitted  | options                            | right                                                   | left                                           | codes                       | proves                                             |
      | ICD-V01 | none       | nothing else                       | DR None, ME None                                        | DR None, ME None                               | none                        | ICD-V01 ICD-022 ICD-041 DFT-DX-005                 |
      | ICD-V02 | none       | nothing else                       | DR Mild, ME None                                        | DR None, ME None                               | E11.3291                    | ICD-V02 ICD-003 ICD-020 ICD-021 ICD-026 DFT-DX-012 |
      | ICD-V03 | none       | nothing else                       | DR None, ME None                                        | DR Mild, ME Positive                           | E11.3212                    | ICD-V03 ICD-024 ICD-026                            |
      | ICD-V04 | none       | nothing else                       | DR Moderate, ME Positive                                | DR Severe, ME Positive                         | E11.3311, E11.3412          | ICD-V04 ICD-021 ICD-040                            |
      | ICD-V05 | none       | nothing else                       | DR Severe, ME None                                      | DR Severe, ME None                             | E11.3493                    | ICD-V05 ICD-025                                    |
      | ICD-V06 | none       | nothing else                       | DR Severe, ME Positive                                  | DR Severe, ME None                             | E11.3411, E11.3492          | ICD-V06 ICD-026                                    |
      | ICD-V07 | E10.11     | nothing else                       | DR None, ME None                                        | DR Proliferative, ME None                      | E10.11, E10.3592            | ICD-V07 ICD-001 ICD-002 DFT-DX-003                 |
      | ICD-V08 | E11.41     | nothing else                       | DR None, ME Positive                                    | DR Proliferative, ME None                      | E11.41, E11.3592, H35.81    | ICD-V08 ICD-030 ICD-040 ICD-C8                     |
      | ICD-V09 | E1010      | nothing else                       | DR Mild, ME None                                        | DR Mild, ME None                               | E10.10, E10.3293            | ICD-V09 ICD-004 DFT-DX-002                         |
      | ICD-V10 | E08        | nothing else                       | DR Mild, ME Positive                                    | DR None, ME None                               | E08, E08.3211               | ICD-V10 ICD-004 ICD-006                            |
      | ICD-V11 | E13.9      | nothing else                       | DR Proliferative, ME Positive                           | DR Proliferative, ME Positive                  | E13.9, E13.3513             | ICD-V11 ICD-006                                    |
      | ICD-V12 | E09.9      | nothing else                       | DR Severe, ME None                                      | DR None, ME None                               | E09.9, E09.3491             | ICD-V12 ICD-029                                    |
      | ICD-V13 | I10        | nothing else                       | DR Mild, ME None                                        | DR None, ME None                               | I10, E11.3291               | ICD-V13 ICD-006                                    |
      | ICD-V14 | I10, E10.9 | nothing else                       | DR Mild, ME None                                        | DR None, ME None                               | I10, E10.9, E10.3291        | ICD-V14 ICD-007                                    |
      | ICD-V16 | none       | nothing else                       | ungradable                                              | DR Moderate, ME None                           | E11.3392                    | ICD-V16 ICD-027                                    |
      | ICD-V17 | none       | nothing else                       | ungradable                                              | ungradable                                     | none                        | ICD-V17 ICD-041                                    |
      | ICD-V18 | none       | nothing else                       | excluded (Enucleation)                                  | DR Proliferative, ME Positive                  | E11.3512                    | ICD-V18 ICD-027                                    |
      | ICD-V19 | none       | nothing else                       | DR Indeterminable, Suspected Cataract                   | DR None, ME None                               | none                        | ICD-V19 ICD-022                                    |
      | ICD-V20 | none       | nothing else                       | DR None, ME Positive                                    | DR None, ME Positive                           | H35.81                      | ICD-V20 ICD-030                                    |
      | ICD-V21 | E11.3299   | nothing else                       | DR Mild, ME None                                        | DR Mild, ME None                               | E11.3299, E11.3293          | ICD-V21 ICD-044                                    |
      | ICD-V22 | none       | dx.laterality=none                 | DR Severe, ME None                                      | DR Mild, ME None                               | E11.349, E11.329            | ICD-V22 ICD-028 ICD-C3                             |
      | ICD-V23 | E10.9      | icd.default_category=E08           | DR Mild, ME None                                        | DR None, ME None                               | E10.9, E10.3291             | ICD-V23 ICD-003                                    |
      | ICD-V24 | none       | icd.default_category=E08           | DR Mild, ME None                                        | DR None, ME None                               | E08.3291                    | ICD-V24 ICD-C1                                     |
      | ICD-V25 | none       | nothing else                       | DR None, ME None, Suspected Glaucoma                    | DR None, ME None                               | none                        | ICD-V25 ICD-038 DISC-109 DFT-DX-008                |
      | ICD-V30 | none       | orm.evaluation_types=[AMD]         | Dry AMD Early Stage, Wet AMD No Observable              | Dry AMD No Observable, Wet AMD No Observable   | H35.3111                    | ICD-V30 ICD-031 ICD-033                            |
      | ICD-V31 | none       | orm.evaluation_types=[AMD]         | Dry AMD Intermediate Stage                              | Dry AMD Intermediate Stage                     | H35.3132                    | ICD-V31 ICD-035                                    |
      | ICD-V32 | none       | orm.evaluation_types=[AMD]         | Dry AMD Early Stage                                     | Dry AMD Adv. Atrophic w/ Subfoveal Involvement | H35.3111, H35.3124          | ICD-V32 ICD-035                                    |
      | ICD-V33 | none       | orm.evaluation_types=[AMD]         | Wet AMD Positive                                        | Wet AMD Positive                               | H35.323                     | ICD-V33 ICD-034 ICD-C4                             |
      | ICD-V34 | none       | orm.evaluation_types=[DR_AMD]      | DR Mild, ME None, Dry AMD Early Stage, Wet AMD Positive | no findings                                    | E11.3291, H35.3111, H35.321 | ICD-V34 ICD-040                                    |
      | ICD-V35 | none       | orm.evaluation_types=[DR_REFNOREF] | DR Positive                                             | DR None                                        | E11.319                     | ICD-V35 ICD-023                                    |
      | ICD-V36 | none       | orm.evaluation_types=[HIV]         | HIV Positive                                            | HIV None                                       | H30.139                     | ICD-V36 ICD-036 DISC-HIV-07 FND-D06                |
      | ICD-V37 | none       | orm.evaluation_types=[Glaucoma]    | Glaucoma Positive                                       | Glaucoma None                                  | none                        | ICD-V37 ICD-037                                    |

    Examples: Options
      | case       | submitted | options                                                  | right                    | left             | codes           | proves                |
      | ICD-023    | none      | orm.evaluation_types=[DR_REFNOREF]; icd.dr_positive=none | DR Positive              | DR None          | none            | ICD-023               |
      | ICD-036    | none      | orm.evaluation_types=[HIV]; icd.hiv=none                 | HIV Positive             | HIV None         | none            | ICD-036               |
      | ICD-C4     | none      | orm.evaluation_types=[AMD]; icd.wet_amd=seven            | Wet AMD Positive         | no findings      | H35.3210        | ICD-C4                |
      | ICD-028    | none      | dx.laterality=none                                       | DR Mild, ME None         | DR Mild, ME None | E11.329         | ICD-028               |
      | DFT-C9     | E11.41    | dft.dx_submitted=off                                     | DR Mild, ME None         | DR None, ME None | E11.3291        | DFT-C9                |
      | DFT-DX-013 | E13.0     | nothing else                                             | DR Mild, ME None         | DR None, ME None | E13.0, E13.3291 | DFT-DX-013            |
      | ICD-032    | none      | orm.evaluation_types=[AMD]; res.unlisted_values=pass     | Dry AMD Odd Stage        | no findings      | H35.3110        | ICD-032               |
      | FND-C5     | none      | res.observations=rev_b                                   | DR Moderate, ME Moderate | no findings      | E11.3311        | FND-C5 ICD-024        |
      | DFT-DX-004 | E11.3291  | nothing else                                             | DR Mild, ME None         | DR None, ME None | E11.3291        | DFT-DX-004 DFT-DX-002 |

  @DFT-DX-001 @DFT-DX-009 @DFT-DX-010 @ICD-061
  Scenario: Text and coding system of each diagnosis
    When the EMR sends the order "new-order"
    And the exam is graded
      | right eye         | left eye                  |
      | DR None, ME None  | DR Proliferative, ME None |
    Then the fields of the DFT are
      | field     | value                                                                                                                                          | requirement          |
      | FT1-19    | E11.41^Type 2 diabetes mellitus with diabetic mononeuropathy^ICD-10-CM~E11.3592^Type 2 diabetes mellitus with proliferative diabetic retinopathy without macular edema, left eye^ICD-10-CM | DFT-DX-001 DFT-DX-010 |

  @DFT-DX-009
  Scenario: The text of a derived code as the list has it
    Given the clinic and IRIS agreed on "dft.dx_text=listed; dft.dx_submitted=off"
    When an exam is ordered and graded
      | right eye        | left eye                  |
      | DR None, ME None | DR Proliferative, ME None |
    Then the DFT has "E11.3592^Type 2 diabetes mellitus with proliferative diabetic retinopathy without macular edema Left Eye^ICD-10-CM" in FT1-19

  @DFT-DX-007
  Scenario: An earlier order of the patient leaves nothing behind
    When the EMR sends the order "order-diabetes" with ORC-2 set to "2017041005^EPC"
    And the exam is graded
      | right eye        | left eye    |
      | DR Mild, ME None | no findings |
    Then the EMR receives exactly 1 DFT
    When the EMR sends the order "new-order"
    And the exam is graded "normal in both eyes"
    Then the EMR receives exactly 2 DFT
    And the last DFT lists the diagnosis codes "E11.41"

  @ICD-008 @ICD-C6 @DFT-DX-011 @ORM-NEG-608
  Scenario: An order with a code of ICD-9 is refused
    When the EMR sends the order "new-order" with the diagnoses "250.1"
    Then the order is refused
