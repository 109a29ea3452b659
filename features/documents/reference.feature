@documents @TOP-010
Feature: The reference documents
  The messages of the specification for its reference order and gradings, byte for byte.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected
    And results are sent as documents

  Scenario Outline: The reference document <message>
    Given the clinic and IRIS agreed on "<options>"
    When the EMR sends the order "new-order" without the segment DG1
    And the exam is graded
      | right eye | left eye | plan   | instructions   | comments   |
      | <right>   | <left>   | <plan> | <instructions> | <comments> |
    Then the EMR receives exactly 1 MDM
    And the MDM matches the snapshot "<message>"
    And the MDM breaks no rule

    Examples:
      | message          | options              | right                                    | left                       | plan                       | instructions                                                      | comments              | proves                                                                       |
      | default-normal   | nothing else         | DR None, ME None                         | DR None, ME None           | Normal Scan                | Please advise the patient to return for a scan in 12 months.      |                       | MDM-SEG-01 MDM-SEG-03 MDM-SEG-05 MDM-OBX-01 MDM-OBX-03 MDM-NAR-01 MDM-DOC-01 |
      | default-abnormal | nothing else         | DR Moderate, ME None, Suspected Glaucoma | DR Mild, ME None           | Next Available Appointment | Refer patient to a retina specialist, next available appointment. | Dilated exam advised. | MDM-NAR-05 MDM-C1 MDM-C11                                                    |
      | layout-standard  | mdm.layout=standard  | DR None, ME None                         | DR None, ME None           | Normal Scan                | Please advise the patient to return for a scan in 12 months.      |                       | MDM-SEG-02 MDM-OPT-02 MDM-EVN-1 MDM-EVN-2 MDM-C2                             |
      | narrative-single | res.narrative=single | DR Moderate, ME None, Suspected Glaucoma | DR Mild, ME None           | Next Available Appointment | Refer patient to a retina specialist, next available appointment. | Dilated exam advised. | MDM-NAR-03 ORU-NAR-F2                                                        |
      | narrative-nte    | res.narrative=nte    | DR Moderate, ME None, Suspected Glaucoma | DR Mild, ME None           | Next Available Appointment | Refer patient to a retina specialist, next available appointment. | Dilated exam advised. | MDM-NAR-04 MDM-C16                                                           |
      | all-ungradable   | nothing else         | ungradable (Image Out of Focus)          | ungradable (Media Opacity) | Ungradable                 | Please rescan the patient.                                        |                       | MDM-OBX-05 MDM-C20                                                           |
