@results
Feature: The care plan of a result
  One plan an order: the most urgent of those that the findings of both eyes lead to (10-codes, section 4).

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @CPL-004 @ORU-NAR-17
  Scenario Outline: <case>: <right> and <left>
    When the EMR sends the order "new-order" without the segment DG1
    And the exam is graded
      | right eye | left eye |
      | <right>   | <left>   |
    Then line 7 of the narrative of the ORU reads "<plan>"

    Examples:
      | case    | right                                             | left                          | plan                                                                                                           | proves                  |
      | CPL-D01 | DR None, ME None, Suspected Bilateral Papilledema | DR Proliferative, ME Positive | Suspected Immediate Threat to Life or Vision: Refer patient to immediate emergency care.                       | CPL-D01 CPL-003 CPL-004 |
      | CPL-D01 | DR None, ME None, Other (emergent): Occlusion     | DR None, ME None              | Suspected Immediate Threat to Life or Vision: Refer patient to immediate emergency care.                       | CPL-D01 CPL-C1          |
      | CPL-D02 | DR None, ME None, Suspected Disc Edema            | DR Proliferative, ME None     | Suspected Optic Disc Edema: Refer patient to an ophthalmologist, appointment required within 24 hours.         | CPL-D02 CPL-004         |
      | CPL-D03 | DR Proliferative, ME None                         | DR Severe, ME Positive        | Proliferative Pathology: Refer patient to a retina specialist, very urgent appointment required within 1 week. | CPL-D03 CPL-004         |
      | CPL-D04 | DR Severe, ME None                                | DR None, ME None              | Severe Pathology: Refer patient to a retina specialist, urgent appointment required within 2-4 weeks.          | CPL-D04 CPL-C2          |
      | CPL-D04 | DR None, ME Positive                              | DR None, ME None              | Severe Pathology: Refer patient to a retina specialist, urgent appointment required within 2-4 weeks.          | CPL-D04                 |
      | CPL-D04 | DR None, ME None, Other (severe): Detachment      | DR None, ME None              | Severe Pathology: Refer patient to a retina specialist, urgent appointment required within 2-4 weeks.          | CPL-D04 CPL-008         |
      | CPL-D04 | DR None, ME None, Other (urgent): Detachment      | DR None, ME None              | Severe Pathology: Refer patient to a retina specialist, urgent appointment required within 2-4 weeks.          | CPL-D04 CPL-008         |
      | CPL-D05 | ungradable                                        | ungradable                    | Ungradable: Please rescan the patient.                                                                         | CPL-D05 CPL-013         |
      | CPL-D06 | DR Moderate, ME None                              | DR Mild, ME None              | Next Available Appointment: Refer patient to a retina specialist, next available appointment.                  | CPL-D06                 |
      | CPL-D06 | DR Indeterminable, ME None, Suspected Cataract    | DR None, ME None              | Next Available Appointment: Refer patient to a retina specialist, next available appointment.                  | CPL-D06                 |
      | CPL-D06 | DR None, ME None, Other (referable): Drusen       | DR None, ME None              | Next Available Appointment: Refer patient to a retina specialist, next available appointment.                  | CPL-D06 CPL-008         |
      | CPL-D07 | DR Mild, ME None, Suspected Glaucoma              | DR None, ME None              | Suspected Pathology: Refer patient for an ophthalmic examination.                                              | CPL-D07                 |
      | CPL-D08 | DR Mild, ME None                                  | DR None, ME None              | Return in 6 months: Please advise the patient to return for a scan in 6 months.                                | CPL-D08                 |
      | CPL-D08 | DR None, ME None, Other (not referable): Floaters | DR None, ME None              | Return in 6 months: Please advise the patient to return for a scan in 6 months.                                | CPL-D08 CPL-008         |
      | CPL-D09 | DR None, ME None                                  | DR None, ME None              | Normal Scan: Please advise the patient to return for a scan in 12 months.                                      | CPL-D09 CPL-001         |
      | CPL-D09 | DR None, ME None                                  | ungradable                    | Normal Scan: Please advise the patient to return for a scan in 12 months.                                      | CPL-D09 CPL-013         |

  @CPL-005 @ORU-NAR-17
  Scenario Outline: <case> in an exam for <evaluation>: <right> and <left>
    Given the clinic and IRIS agreed on "orm.evaluation_types=[<evaluation>]"
    When the EMR sends the order "new-order" without the segment DG1
    And the exam is graded
      | right eye | left eye |
      | <right>   | <left>   |
    Then line 7 of the narrative of the ORU reads "<plan>"

    Examples:
      | evaluation | case    | right                                          | left             | plan                                                                                                  | proves          |
      | AMD        | CPL-D04 | no findings                                    | Wet AMD Positive | Severe Pathology: Refer patient to a retina specialist, urgent appointment required within 2-4 weeks. | CPL-D04 CPL-005 |
      | AMD        | CPL-D04 | Dry AMD Adv. Atrophic w/ Subfoveal Involvement | no findings      | Severe Pathology: Refer patient to a retina specialist, urgent appointment required within 2-4 weeks. | CPL-D04 CPL-005 |
      | AMD        | CPL-D06 | Dry AMD Intermediate Stage                     | no findings      | Next Available Appointment: Refer patient to a retina specialist, next available appointment.         | CPL-D06 CPL-005 |
      | AMD        | CPL-D08 | Dry AMD Early Stage                            | no findings      | Return in 6 months: Please advise the patient to return for a scan in 6 months.                       | CPL-D08 CPL-005 |
      | Glaucoma   | CPL-D04 | Glaucoma Positive                              | Glaucoma None    | Severe Pathology: Refer patient to a retina specialist, urgent appointment required within 2-4 weeks. | CPL-D04 CPL-005 |
      | SP         | CPL-D07 | Suspected Vein Occlusion                       | no findings      | Suspected Pathology: Refer patient for an ophthalmic examination.                                     | CPL-D07 CPL-005 |
      | HIV        | CPL-D09 | HIV None                                       | HIV None         | Normal Scan: Please advise the patient to return for a scan in 12 months.                             | CPL-D09 CPL-005 |
