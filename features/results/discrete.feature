@results
Feature: From findings to observations
  The worked examples of 05-discrete-results, section 11. A snapshot holds the lines of the discrete block.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @DISC-001 @DISC-002 @DISC-003 @DISC-004 @DISC-005 @DISC-006 @DISC-049 @DISC-130 @DISC-132 @DISC-150 @DISC-151 @DISC-152 @FND-001 @FND-002 @FND-004 @FND-D01 @FND-D02 @FND-G01
  Scenario Outline: The observations of <case>: <what>
    Given the clinic and IRIS agreed on "orm.evaluation_types=[<evaluation>]"
    When an exam is ordered and graded
      | right eye | left eye |
      | <right>   | <left>   |
    Then the discrete block of the ORU matches the snapshot "<case>"
    And the ORU breaks no rule

    Examples:
      | case       | what                                            | evaluation   | right                                                                 | left                                                                              | proves                                                                              |
      | DISC-EX-01 | both eyes normal                                | DR           | DR None, ME None                                                      | DR None, ME None                                                                  | DISC-EX-01 DISC-041 DISC-090 DISC-101 DISC-153 DISC-DR-01 DISC-ME-01 EVL-01         |
      | DISC-EX-02 | mild retinopathy, one eye                       | DR           | DR Mild, ME None                                                      | DR None, ME None                                                                  | DISC-EX-02 DISC-DR-02 FND-C1                                                        |
      | DISC-EX-03 | moderate retinopathy, one eye                   | DR           | DR Moderate, ME None                                                  | DR None, ME None                                                                  | DISC-EX-03 DISC-042 DISC-DR-03                                                      |
      | DISC-EX-04 | severe retinopathy stays below critical         | DR           | DR Severe, ME None                                                    | DR None, ME None                                                                  | DISC-EX-04 DISC-DR-04 DISC-C2 DISC-C20                                              |
      | DISC-EX-05 | proliferative, left eye only                    | DR           | DR None, ME None                                                      | DR Proliferative, ME None                                                         | DISC-EX-05 DISC-043 DISC-DR-05                                                      |
      | DISC-EX-06 | macular edema makes it critical                 | DR           | DR Mild, ME Positive                                                  | DR None, ME None                                                                  | DISC-EX-06 DISC-040 DISC-ME-02                                                      |
      | DISC-EX-07 | referable list right, not referable left        | DR           | DR None, ME None, Suspected Glaucoma, Suspected Macular Hole          | DR None, ME None, Suspected Choroidal Nevus                                       | DISC-EX-07 DISC-100 DISC-102 DISC-SUS-03 DISC-SUS-04 FND-S09 FND-S12                |
      | DISC-EX-08 | not referable only: severity stays normal       | DR           | DR None, ME None, Suspected Choroidal Nevus                           | DR None, ME None                                                                  | DISC-EX-08 DISC-048 DISC-105 DISC-SUS-08                                            |
      | DISC-EX-09 | emergent, both eyes                             | DR           | DR None, ME None, Suspected Bilateral Papilledema                     | DR None, ME None, Suspected Bilateral Papilledema                                 | DISC-EX-09 DISC-110 DISC-SUS-01 FND-S01 DISC-C25                                    |
      | DISC-EX-10 | list of mixed levels takes the higher flag      | DR           | DR Mild, ME None, Suspected Glaucoma, Suspected Disc Edema            | DR None, ME None                                                                  | DISC-EX-10 DISC-104 DISC-SUS-02 FND-S05                                             |
      | DISC-EX-11 | Indeterminable with its suspected condition     | DR           | DR Indeterminable, ME None, Suspected Cataract                        | DR None, ME None                                                                  | DISC-EX-11 DISC-025 DISC-137 DISC-DR-06 DISC-ME-03 DISC-SUS-05 FND-009 FND-S02      |
      | DISC-EX-12 | left eye ungradable, right eye normal           | DR           | DR None, ME None                                                      | ungradable                                                                        | DISC-EX-12 DISC-044 DISC-131 DISC-133 DISC-C17 DISC-C4                              |
      | DISC-EX-13 | right eye ungradable, left eye critical         | DR           | ungradable                                                            | DR Proliferative, ME Positive                                                     | DISC-EX-13 DISC-020 FND-U01 FND-U02                                                 |
      | DISC-EX-14 | whole order ungradable                          | DR           | ungradable                                                            | ungradable                                                                        | DISC-EX-14 DISC-045 DISC-134 DISC-135 DISC-C16                                      |
      | DISC-EX-16 | single eye study                                | DR           | DR Mild, ME None, Suspected Glaucoma                                  | excluded (Enucleation)                                                            | DISC-EX-16 DISC-026 DISC-136 FND-U06                                                |
      | DISC-EX-17 | the only evaluated eye is ungradable            | DR           | ungradable                                                            | excluded (Enucleation)                                                            | DISC-EX-17 DISC-134                                                                 |
      | DISC-EX-18 | HIV evaluation                                  | HIV          | HIV Moderate                                                          | HIV None                                                                          | DISC-EX-18 DISC-091 DISC-HIV-01 DISC-HIV-03 DISC-155 DISC-C8 EVL-03 DISC-C9         |
      | DISC-EX-19 | AMD evaluation, values of the published sample  | AMD          | Dry AMD No Observable, Wet AMD No Observable                          | Dry AMD Early Stage, Wet AMD Positive                                             | DISC-EX-19 DISC-092 DISC-AMD-01 DISC-AMD-03 DISC-AMD-08 DISC-C7 EVL-07 FND-D04      |
      | DISC-EX-20 | advanced dry AMD; Indeterminable wet AMD        | AMD          | Dry AMD Adv. Atrophic w/ Subfoveal Involvement, Wet AMD No Observable | Dry AMD Intermediate Stage, Wet AMD Indeterminable, Suspected Epiretinal Membrane | DISC-EX-20 DISC-AMD-02 DISC-AMD-04 DISC-AMD-05 DISC-C18 DISC-SUS-11 FND-S07 FND-D03 |
      | DISC-EX-21 | DR and AMD combined, normal                     | DR_AMD       | DR None, ME None, Wet AMD No Observable, Dry AMD No Observable        | DR None, ME None, Wet AMD No Observable, Dry AMD No Observable                    | DISC-EX-21 DISC-093 DISC-155 DISC-151 EVL-08                                        |
      | DISC-EX-22 | suspected pathology evaluation                  | SP           | Suspected Vein Occlusion                                              | no findings                                                                       | DISC-EX-22 DISC-095 DISC-SUS-06 FND-S14 EVL-09                                      |
      | DISC-EX-23 | glaucoma evaluation                             | Glaucoma     | Glaucoma Positive                                                     | Glaucoma None                                                                     | DISC-EX-23 DISC-094 DISC-GL-01 DISC-GL-02 DISC-GL-03 FND-D05 EVL-02                 |
      | DISC-EX-24 | refer / no refer evaluation                     | DR_REFNOREF  | DR Positive                                                           | DR None                                                                           | DISC-EX-24 DISC-096 DISC-DR-07 EVL-06 DISC-C12                                      |
      | DISC-EX-25 | free text with delimiters                       | DR           | DR None, ME None, Other (referable): Drusen & scar \| temporal        | DR None, ME None                                                                  | DISC-EX-25 DISC-103 DISC-107 ORU-ENC-05 FND-006 FND-S16                             |
      | DISC-EX-26 | no findings array at all                        | DR           | no findings                                                           | no findings                                                                       | DISC-EX-26 DISC-021 DISC-022 FND-C2 DISC-C24                                        |
      | DISC-EX-32 | free text levels                                | DR           | DR Mild, ME None, Other (severe): Retinal detachment                  | DR None, ME None, Other (not referable): Floaters                                 | DISC-EX-32 DISC-108                                                                 |
      | DISC-EX-33 | missing eye without reason counts as ungradable | DR           | DR None, ME None                                                      | ungradable                                                                        | DISC-EX-33 DISC-026                                                                 |
      | DISC-EX-35 | AI evaluation with glaucoma                     | AI_Eyenuk_O1 | DR None, Dry AMD Early Stage, Glaucoma Positive                       | DR None, Dry AMD No Observable, Glaucoma None                                     | DISC-EX-35 DISC-097 DISC-155 EVL-13                                                 |

  Scenario Outline: The observations with other options of <case>: <what>
    Given the clinic and IRIS agreed on "orm.evaluation_types=[<evaluation>]; <options>"
    When an exam is ordered and graded
      | right eye | left eye |
      | <right>   | <left>   |
    Then the discrete block of the ORU matches the snapshot "<case>"
    And the ORU breaks no rule

    Examples:
      | case       | what                                    | evaluation | right                                                                                                                                   | left                                           | options                                                                      | proves                                                                                                                            |
      | DISC-EX-15 | whole order ungradable, severity wanted | DR         | ungradable                                                                                                                              | ungradable                                     | res.ungradable_severity=UNGRADABLE,A                                         | DISC-EX-15 DISC-046 ORU-OPT-21                                                                                                    |
      | DISC-EX-27 | published custom set                    | DR_AMD     | DR None, ME None, Dry AMD No Observable, Wet AMD No Observable, Suspected Glaucoma, Suspected Cataract, Suspected Bilateral Papilledema | ungradable                                     | res.observations=custom:custom_set_iris31.csv; res.observation_system=IRIS31 | DISC-EX-27 DISC-210 DISC-213 DISC-214 DISC-215 DISC-216 DISC-217 DISC-218 DISC-219 DISC-220 DISC-221 DISC-222 DISC-C10 ORU-OPT-18 |
      | DISC-EX-28 | published Example B                     | DR         | DR Moderate, ME Moderate, Suspected Dry AMD                                                                                             | DR Severe, ME Severe, Suspected Vein Occlusion | res.observations=rev_b; res.eye_order=left_first                             | DISC-EX-28 DISC-171 DISC-172 DISC-C3 DISC-154 ORU-OPT-17 ORU-OPT-19 DISC-SUS-07 FND-S06                                           |
      | DISC-EX-29 | older set, middle severity              | DR         | DR Moderate, ME None                                                                                                                    | DR None, ME None                               | res.observations=rev_b                                                       | DISC-EX-29 DISC-170 ORU-OPT-20 DISC-C1                                                                                            |
      | DISC-EX-30 | left eye first (published Example C)    | DR         | DR None, ME None                                                                                                                        | DR None, ME None                               | res.eye_order=left_first                                                     | DISC-EX-30 DISC-154 DISC-C6                                                                                                       |
      | DISC-EX-31 | alternating layout                      | DR         | DR Moderate, ME None                                                                                                                    | DR None, ME None                               | res.discrete_layout=obx_nte                                                  | DISC-EX-31 DISC-190 DISC-191 DISC-192 DISC-193 DISC-194 ORU-CNT-02 ORU-OPT-16 DISC-C22                                            |

  @DISC-EX-34 @ORU-STA-02 @ORU-OPT-12
  Scenario: The observations of a regrade are marked as corrected
    Given the clinic and IRIS agreed on "res.status=corrected_on_regrade"
    When an exam is ordered and graded "moderate retinopathy right, mild left"
    Then the EMR receives exactly 1 ORU
    When the exam is graded
      | right eye        | left eye         |
      | DR None, ME None | DR None, ME None |
    Then the EMR receives exactly 2 ORU
    And the discrete block of the last ORU matches the snapshot "DISC-EX-34"
