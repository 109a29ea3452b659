@results
Feature: The result of a graded exam
  IRIS turns order and grading into one ORU^R01; the proxy carries it to the EMR byte for byte.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @TOP-005 @TOP-010 @EVL-24 @ORU-SEG-01 @ORU-ENC-02 @ORU-ENC-03 @ORU-ENC-09 @ORU-DOC-01 @MLLP-040 @MLLP-041 @MLLP-003 @MLLP-005 @TOP-021 @TOP-022 @TOP-023 @TOP-025 @CON-041 @CON-044
  Scenario: Both eyes are normal
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 ORU
    And the ORU matches the snapshot "normal"
    And every byte on the results link belongs to a well-formed frame
    And IRIS is told that the ORU was Accepted after 1 attempt
    And the signal of the ORU is completed

  @TOP-010 @DISC-ME-02 @DISC-043 @ICD-024
  Scenario: Moderate retinopathy with macular edema in one eye
    When an exam is ordered and graded "moderate retinopathy with macular edema in the right eye"
    Then the EMR receives exactly 1 ORU
    And the ORU matches the snapshot "moderate-with-edema"

  @TOP-010 @DISC-042 @DISC-102
  Scenario: Moderate retinopathy in one eye, mild in the other, and a suspicion
    When an exam is ordered and graded "moderate retinopathy right, mild left"
    Then the EMR receives exactly 1 ORU
    And the ORU matches the snapshot "moderate-and-mild"

  @TOP-010 @DISC-135 @ORU-GEN-04
  Scenario: No eye can be graded
    When an exam is ordered and graded "ungradable in both eyes"
    Then the EMR receives exactly 1 ORU
    And the ORU matches the snapshot "ungradable"

  @ORU-DOC-02 @ORU-DOC-10 @ORU-DOC-11 @TOP-010
  Scenario: The report comes as embedded PDF
    Given the clinic and IRIS agreed on
      | res.document | pdf |
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 ORU
    And the ORU matches the snapshot "embedded-pdf"

  @VER-001 @VER-003 @ORU-MSH-12
  Scenario Outline: The result has the HL7 version of its order: <version>
    When the EMR sends the order "new-order" with MSH-12 set to "<version>"
    And the exam is graded "normal in both eyes"
    Then the ORU has "<version>" in MSH-12

    Examples:
      | version |
      | 2.3     |
      | 2.5.1   |

  @ORM-PID-19 @ORU-PID-19
  Scenario: The social security number of the order does not come back
    When an exam is ordered and graded "normal in both eyes"
    Then the ORU has "" in PID-19
