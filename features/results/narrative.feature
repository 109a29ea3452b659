@results
Feature: The narrative of a result
  The text report, line by line (04-oru, section 11.4).

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  Scenario: Nothing found, and no diagnosis submitted
    When the EMR sends the order "new-order" without the segment DG1
    And the exam is graded "normal in both eyes"
    Then the narrative of the ORU reads
      | text                                                                                         | requirement                       |
      | Retinal Study Result for JOHN DOE                                                            | ORU-NAR-10 ORU-NAR-40 ORU-C22     |
      |                                                                                              | ORU-NAR-11                        |
      | JOHN DOE, a 58 y/o, M (DOB: 10-12-1958, MRN: ITCC20170410)                                   | ORU-NAR-12 ORU-TIM-10 ORU-C23     |
      | presented to TEST CLINIC on 04-10-2017 for a retinal imaging study of the left and right eyes. | ORU-NAR-13 ORU-TIM-03           |
      |                                                                                              | ORU-NAR-15                        |
      | Based on the findings of the study, the following is recommended for JOHN DOE                | ORU-NAR-16                        |
      | Normal Scan: Please advise the patient to return for a scan in 12 months.                    | ORU-NAR-17 CPL-D09 CPL-001        |
      |                                                                                              | ORU-NAR-19                        |
      | Interpreting Provider's Comments: No comments provided                                       | ORU-NAR-20 ORU-C37                |
      |                                                                                              | ORU-NAR-24                        |
      | Right eye findings: Normal Result. Negative for Diabetic Retinopathy.                        | ORU-NAR-25 ORU-NAR-50 ORU-NAR-51  |
      |                                                                                              | ORU-NAR-26                        |
      | Left eye findings: Normal Result. Negative for Diabetic Retinopathy.                         | ORU-NAR-27                        |
      |                                                                                              | ORU-NAR-28                        |
      |                                                                                              | ORU-NAR-28 ORU-NAR-01             |
      | This result was electronically signed by DOE, JANE, MD, NPI: 1234567890, Taxonomy: 207W00000X on 04-10-2017 14:59:01 UTC time. | ORU-NAR-29 ORU-NAR-41 ORU-TIM-09 ORU-C24 ORU-C25 |
      |                                                                                              | ORU-NAR-30                        |
      | NOTE: Any pathology noted on this diabetic retinal evaluation should be confirmed by an appropriate ophthalmic examination. | ORU-NAR-31 ORU-NAR-32 ORU-C26 |

  Scenario: Findings, comments and diagnoses
    When an exam is ordered and graded
      | right eye                                | left eye                        | plan      | instructions | comments                |
      | DR Moderate, ME None, Suspected Glaucoma | DR Proliferative, ME Positive   | See a eye | Go now.      | First thing / And more. |
    Then the narrative of the ORU reads
      | text                                                                                           | requirement            |
      | Retinal Study Result for JOHN DOE                                                              | ORU-NAR-10             |
      |                                                                                                | ORU-NAR-11             |
      | JOHN DOE, a 58 y/o, M (DOB: 10-12-1958, MRN: ITCC20170410)                                     | ORU-NAR-12             |
      | presented to TEST CLINIC on 04-10-2017 for a retinal imaging study of the left and right eyes. | ORU-NAR-13             |
      |                                                                                                | ORU-NAR-15             |
      | Based on the findings of the study, the following is recommended for JOHN DOE                  | ORU-NAR-16             |
      | See a eye: Go now.                                                                             | ORU-NAR-17             |
      |                                                                                                | ORU-NAR-19             |
      | Interpreting Provider's Comments: First thing                                                  | ORU-NAR-21             |
      | And more.                                                                                      | ORU-NAR-21             |
      | Diagnoses Present: E11.41 - Type 2 diabetes mellitus with diabetic mononeuropathy              | ORU-NAR-22 ICD-043     |
      | E11.3391 - Type 2 diabetes mellitus with moderate nonproliferative diabetic retinopathy without macular edema Right Eye | ORU-NAR-23 ORU-C30 ICD-060 ICD-062 |
      | E11.3512 - Type 2 diabetes mellitus with proliferative diabetic retinopathy with macular edema Left Eye | ORU-NAR-22 DISC-109 |
      |                                                                                                | ORU-NAR-24             |
      | Right eye findings: Diabetic Retinopathy: Moderate                                             | ORU-NAR-25 ORU-NAR-52  |
      | Macular Edema: None                                                                            | ORU-NAR-52             |
      | Other: Suspected Glaucoma                                                                      | ORU-NAR-52             |
      |                                                                                                | ORU-NAR-26             |
      | Left eye findings: Diabetic Retinopathy: Proliferative                                         | ORU-NAR-27             |
      | Macular Edema: Positive                                                                        | ORU-NAR-52             |
      |                                                                                                | ORU-NAR-28             |
      |                                                                                                | ORU-NAR-28             |
      | This result was electronically signed by DOE, JANE, MD, NPI: 1234567890, Taxonomy: 207W00000X on 04-10-2017 14:59:01 UTC time. | ORU-NAR-29 |
      |                                                                                                | ORU-NAR-30             |
      | NOTE: Any pathology noted on this diabetic retinal evaluation should be confirmed by an appropriate ophthalmic examination. | ORU-NAR-31 |

  Scenario Outline: The eye blocks: <right> and <left>
    When the EMR sends the order "new-order" without the segment DG1
    And the exam is graded
      | right eye | left eye |
      | <right>   | <left>   |
    Then line 4 of the narrative of the ORU reads "presented to TEST CLINIC on 04-10-2017 for a retinal imaging study of the <eyes>."
    And line 11 of the narrative of the ORU reads "Right eye findings: <right line>"
    And line 13 of the narrative of the ORU reads "Left eye findings: <left line>"

    Examples:
      | right                             | left                   | eyes                | right line                                            | left line                                             | proves                           |
      | no findings                       | ungradable             | left and right eyes | Normal Result. Negative for Diabetic Retinopathy.     | Not Gradable                                          | ORU-NAR-53                       |
      | ungradable (Image Out of Focus)   | no findings            | left and right eyes | Not Gradable: Image Out of Focus                      | Normal Result. Negative for Diabetic Retinopathy.     | ORU-NAR-53 DISC-030 FND-U05      |
      | ungradable (Some Reason Of Ours)  | no findings            | left and right eyes | Not Gradable: Some Reason Of Ours                     | Normal Result. Negative for Diabetic Retinopathy.     | FND-U05 DISC-029                 |
      | no findings                       | excluded (Enucleation) | right eye           | Normal Result. Negative for Diabetic Retinopathy.     | Not Evaluated: Enucleation                            | ORU-NAR-14 ORU-NAR-54 FND-U06    |
      | excluded                          | no findings            | left eye            | Not Evaluated                                         | Normal Result. Negative for Diabetic Retinopathy.     | ORU-NAR-14 ORU-NAR-54            |

  Scenario Outline: What a normal eye is negative for in a <evaluation> exam
    Given the clinic and IRIS agreed on "orm.evaluation_types=[<evaluation>]"
    When the EMR sends the order "new-order" without the segment DG1
    And the exam is graded
      | right eye   | left eye    |
      | no findings | no findings |
    Then line 11 of the narrative of the ORU reads "Right eye findings: <line>"

    @ORU-NAR-51
    Examples:
      | evaluation     | line                                                                | proves             |
      | DR             | Normal Result. Negative for Diabetic Retinopathy.                   | ORU-NAR-51         |
      | DRME           | Normal Result. Negative for Diabetic Retinopathy.                   | ORU-NAR-51 EVL-04  |
      | DR_REFNOREF    | Normal Result. Negative for Diabetic Retinopathy.                   | ORU-NAR-51         |
      | HIV            | Normal Result. Negative for HIV Retinopathy.                        | ORU-NAR-51         |
      | AMD            | Normal Result. Negative for AMD.                                    | ORU-NAR-51         |
      | DR_AMD         | Normal Result. Negative for Diabetic Retinopathy and AMD.           | ORU-NAR-51         |
      | Glaucoma       | Normal Result. Negative for Glaucoma.                               | ORU-NAR-51         |
      | DR_AREDS_GLAUC | Normal Result. Negative for Diabetic Retinopathy, AMD and Glaucoma. | ORU-NAR-51 EVL-12  |
      | AI_Eyenuk_O1   | Normal Result. Negative for Diabetic Retinopathy, AMD and Glaucoma. | ORU-NAR-51 EVL-13  |
      | SP             | Normal Result.                                                      | ORU-NAR-51 EVL-09  |

  Scenario Outline: The narrative with <option>
    Given the clinic and IRIS agreed on "<option>"
    When the EMR sends the order "new-order" without the segment DG1
    And the exam is graded "normal in both eyes"
    Then line <line> of the narrative of the ORU reads "<text>"

    Examples:
      | option                                | line | text                                                                                                   | proves                |
      | res.narrative_name=family_comma_given | 1    | Retinal Study Result for DOE, JOHN                                                                     | ORU-OPT-27 ORU-NAR-40 |
      | res.narrative_name=family_comma_given | 3    | DOE, JOHN, a 58 y/o, M (DOB: 10-12-1958, MRN: ITCC20170410)                                            | ORU-OPT-27            |
      | res.signature=degree                  | 16   | This result was electronically signed by DOE, JANE, MD on 04-10-2017 14:59:01 UTC time.                | ORU-OPT-28 ORU-NAR-42 |
      | res.signature=name                    | 16   | This result was electronically signed by DOE, JANE, on 04-10-2017 14:59:01 UTC time.                   | ORU-OPT-28 ORU-NAR-43 |
      | res.disclaimer=Ask your doctor.       | 18   | Ask your doctor.                                                                                       | ORU-OPT-29            |
      | res.obs_clock=12h                     | 16   | This result was electronically signed by DOE, JANE, MD, NPI: 1234567890, Taxonomy: 207W00000X on 04-10-2017 02:59:01 UTC time. | ORU-TIM-06 |
      | res.obs_zone=Asia/Tokyo               | 16   | This result was electronically signed by DOE, JANE, MD, NPI: 1234567890, Taxonomy: 207W00000X on 04-10-2017 14:59:01 UTC time. | ORU-TIM-05 |

  @ORU-NAR-17 @CPL-002
  Scenario: A care plan without a name is its text alone
    When the EMR sends the order "new-order" without the segment DG1
    And the exam is graded
      | right eye   | left eye    | instructions |
      | no findings | no findings | Rest.        |
    Then line 7 of the narrative of the ORU reads "Rest."

  @ORU-TIM-10
  Scenario Outline: The age of somebody born on <born>
    When the EMR sends the order "new-order" with PID-7 set to "<born>"
    And the exam is graded "normal in both eyes"
    Then line 3 of the narrative of the ORU reads "JOHN DOE, a <age> y/o, M (DOB: <as written>, MRN: ITCC20170410)"

    Examples:
      | born     | age | as written |
      | 19970410 | 20  | 04-10-1997 |
      | 19970411 | 19  | 04-11-1997 |
      | 19960229 | 21  | 02-29-1996 |

  @ORU-ENC-05 @ORU-ENC-07
  Scenario: Delimiters in names come back escaped, and read as they were
    When the EMR sends the order "new-order" with PID-5 set to "O'NEIL\F\SMITH^ANN\T\LEE"
    And the exam is graded "normal in both eyes"
    Then the fields of the ORU are
      | field     | value                                           | requirement            |
      | PID-5     | O'NEIL\\F\\SMITH^ANN\\T\\LEE                        | ORU-ENC-05 ORU-PID-5.1 |
      | OBX[10]-5 | Retinal Study Result for ANN\\T\\LEE O'NEIL\\F\\SMITH | ORU-ENC-05             |
    And line 1 of the narrative of the ORU reads "Retinal Study Result for ANN&LEE O'NEIL|SMITH"

  @DISC-047
  Scenario: The care plan does not change the severity
    When an exam is ordered and graded
      | right eye   | left eye    | plan                                         | instructions                                |
      | no findings | no findings | Suspected Immediate Threat to Life or Vision | Refer patient to immediate emergency care. |
    Then the fields of the ORU are
      | field    | value  | requirement |
      | OBX[1]-5 | NORMAL | DISC-047    |
      | OBX[1]-8 |        | DISC-047    |

  @ORU-ENC-05 @ORU-ENC-06 @ORU-NAR-02
  Scenario: Delimiters and line breaks in plan and note
    When the EMR sends the order "new-order" without the segment DG1
    And the exam is graded "free text, plan and note with delimiters and line breaks"
    Then line 7 of the narrative of the ORU reads "Follow-up ^ 6 months: Eye clinic"
    And line 8 of the narrative of the ORU reads "A&B, 2nd floor ~ east\wing"
    And line 10 of the narrative of the ORU reads "Interpreting Provider's Comments: See note:"
    And line 11 of the narrative of the ORU reads "repeat in 6 months"
    And the fields of the ORU are
      | field     | value                                    | requirement            |
      | OBX[16]-5 | Follow-up \\S\\ 6 months: Eye clinic     | ORU-ENC-05             |
      | OBX[17]-5 | A\\T\\B, 2nd floor \\R\\ east\\E\\wing    | ORU-ENC-05 ORU-NAR-02  |
