@results
Feature: Suspected conditions
  What a grader suspects, and how much it weighs (05-discrete-results, section 5).

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @DISC-100 @DISC-105 @DISC-106
  Scenario Outline: <condition> has the flag "<flag>" and severity <severity>
    When an exam is ordered and graded
      | right eye                     | left eye    |
      | DR None, ME None, <condition> | no findings |
    Then the fields of the ORU are
      | field      | value           | requirement |
      | OBX[1]-5   | <severity>      | DISC-040    |
      | OBX[1]-8   | <flag>          | DISC-040    |
      | OBX[4]-3.1 | RIGHTOTHERRETIN | DISC-100    |
      | OBX[4]-5   | <text>          | DISC-102    |
      | OBX[4]-8   | <flag>          | DISC-105    |

    Examples:
      | condition                                                  | text                                                       | flag | severity | proves                       |
      | Suspected Bilateral Papilledema                            | Suspected Bilateral Papilledema                            | AA   | CRITICAL | DISC-SUS-01 FND-S01          |
      | Suspected Disc Edema                                       | Suspected Disc Edema                                       | AA   | CRITICAL | DISC-SUS-02 FND-S05          |
      | Suspected Glaucoma                                         | Suspected Glaucoma                                         | A    | ABNORMAL | DISC-SUS-03 FND-S09          |
      | Suspected Macular Hole                                     | Suspected Macular Hole                                     | A    | ABNORMAL | DISC-SUS-04 FND-S12          |
      | Suspected Cataract                                         | Suspected Cataract                                         | A    | ABNORMAL | DISC-SUS-05 FND-S02          |
      | Suspected Vein Occlusion                                   | Suspected Vein Occlusion                                   | A    | ABNORMAL | DISC-SUS-06 FND-S14          |
      | Suspected Dry AMD                                          | Suspected Dry AMD                                          | A    | ABNORMAL | DISC-SUS-07 FND-S06          |
      | Suspected Choroidal Nevus                                  | Suspected Choroidal Nevus                                  |      | NORMAL   | DISC-SUS-08 DISC-048         |
      | Suspected Wet AMD                                          | Suspected Wet AMD                                          | A    | ABNORMAL | DISC-SUS-09 FND-S15          |
      | Suspected HTN Retinopathy                                  | Suspected HTN Retinopathy                                  | A    | ABNORMAL | DISC-SUS-10 FND-S10          |
      | Suspected Epiretinal Membrane                              | Suspected Epiretinal Membrane                              | A    | ABNORMAL | DISC-SUS-11 FND-S07          |
      | Suspected Geographic Atrophy                               | Suspected Geographic Atrophy                               | A    | ABNORMAL | DISC-SUS-12 FND-S08          |
      | Suspected Macular Edema                                    | Suspected Macular Edema                                    | A    | ABNORMAL | DISC-SUS-13 FND-S11          |
      | Suspected Diabetic Retinopathy - Mild Only                 | Suspected Diabetic Retinopathy - Mild Only                 | A    | ABNORMAL | DISC-SUS-14 FND-S03          |
      | Suspected Diabetic Retinopathy - Moderate to Proliferative | Suspected Diabetic Retinopathy - Moderate to Proliferative | A    | ABNORMAL | DISC-SUS-15 FND-S04          |
      | Suspected Other Disease                                    | Suspected Other Disease                                    | A    | ABNORMAL | DISC-SUS-16 FND-S13          |
      | Suspected Something New                                    | Suspected Something New                                    | A    | ABNORMAL | DISC-SUS-17 FND-005          |
      | Suspected disc edema                                       | Suspected Disc Edema                                       | AA   | CRITICAL | DISC-111 FND-010 FND-C3 DISC-C13 |
      | Suspected bilateral papilledema                            | Suspected Bilateral Papilledema                            | AA   | CRITICAL | DISC-111 FND-C3              |
      | Other (not referable): Floaters                            | Floaters                                                   |      | NORMAL   | DISC-107 DISC-108            |
      | Other (referable): Drusen                                  | Drusen                                                     | A    | ABNORMAL | DISC-107 DISC-108 FND-S16    |
      | Other (severe): Detachment                                 | Detachment                                                 | AA   | CRITICAL | DISC-108 CPL-C1              |
      | Other (urgent): Detachment                                 | Detachment                                                 | AA   | CRITICAL | DISC-108                     |
      | Other (emergent): Occlusion                                | Occlusion                                                  | AA   | CRITICAL | DISC-108                     |

  Scenario Outline: <finding> in a <evaluation> exam has the flag "<flag>"
    Given the clinic and IRIS agreed on "orm.evaluation_types=[<evaluation>]"
    When an exam is ordered and graded
      | right eye | left eye    |
      | <finding> | no findings |
    Then the fields of the ORU are
      | field           | value        | requirement |
      | OBX[<line>]-3.1 | <identifier> | <id>        |
      | OBX[<line>]-5   | <value>      | <id>        |
      | OBX[<line>]-8   | <flag>       | <id>        |

    Examples:
      | id          | evaluation | finding                                        | line | identifier  | value                                  | flag | proves              |
      | DISC-HIV-02 | HIV        | HIV Mild                                       | 2    | RIGHTHIVRETIN | Mild                                 | A    | DISC-HIV-02         |
      | DISC-HIV-04 | HIV        | HIV Severe                                     | 2    | RIGHTHIVRETIN | Severe                               | A    | DISC-HIV-04         |
      | DISC-HIV-05 | HIV        | HIV Proliferative                              | 2    | RIGHTHIVRETIN | Proliferative                        | AA   | DISC-HIV-05         |
      | DISC-HIV-06 | HIV        | HIV Indeterminable, Suspected Cataract         | 2    | RIGHTHIVRETIN | Indeterminable                       | A    | DISC-HIV-06 FND-C4  |
      | DISC-HIV-07 | HIV        | HIV Positive                                   | 2    | RIGHTHIVRETIN | Positive                             | A    | DISC-HIV-07         |
      | DISC-AMD-02 | AMD        | Dry AMD Indeterminable, Suspected Cataract     | 2    | RIGHTDRYAMD | Indeterminable                         | A    | DISC-AMD-02         |
      | DISC-AMD-04 | AMD        | Dry AMD Intermediate Stage                     | 2    | RIGHTDRYAMD | Intermediate Stage                     | A    | DISC-AMD-04         |
      | DISC-AMD-06 | AMD        | Dry AMD Adv. Atrophic w/o Subfoveal Involvement | 2   | RIGHTDRYAMD | Adv. Atrophic w/o Subfoveal Involvement | AA  | DISC-AMD-06         |
      | DISC-AMD-07 | AMD        | AMD Advanced                                   | 2    | RIGHTAMD    | Advanced                               | AA   | DISC-AMD-07 DISC-AMD-09 DISC-023 FND-C8 |
      | DISC-AMD-08 | AMD        | AMD Positive                                   | 2    | RIGHTAMD    | Positive                               | A    | DISC-AMD-08         |
      | DISC-AMD-08 | AMD        | Wet AMD Positive                               | 3    | RIGHTWETAMD | Positive                               | AA   | DISC-AMD-08         |
      | DISC-023    | DR         | DR None, ME None, Glaucoma Positive            | 4    | RIGHTGLAUCOMA | Positive                             | A    | DISC-023            |
      | DISC-098    | DR, HIV    | DR Mild, ME None, HIV None                     | 4    | RIGHTHIVRETIN | None                                 |      | DISC-098 DISC-151   |
      | EVL-23      | Glaucoma   | Glaucoma None, Suspected Cataract              | 3    | RIGHTOTHERRETIN | Suspected Cataract                 | A    | EVL-23              |
