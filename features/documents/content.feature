@documents
Feature: Results as documents
  A clinic may get its results as MDM^T02 instead of ORU^R01.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected
    And results are sent as documents

  @MDM-GEN-01 @MDM-SEG-01 @TOP-008 @TOP-010
  Scenario: Both eyes are normal
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 MDM
    And the MDM matches the snapshot "normal"
    And the EMR receives exactly 0 ORU

  @MDM-DOC-02 @TOP-010
  Scenario: The report comes as embedded PDF
    Given the clinic and IRIS agreed on
      | res.document | pdf |
    When an exam is ordered and graded "moderate retinopathy with macular edema in the right eye"
    Then the EMR receives exactly 1 MDM
    And the MDM matches the snapshot "embedded-pdf"

  @MDM-GEN-04 @DFT-TX-003 @ACK-034 @ACK-035
  Scenario Outline: The EMR answers a document with <answer>
    Given the EMR answers every MDM with <answer>
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives at least 1 and at most <most> MDM
    And every MDM has exactly the bytes that IRIS handed over
    And IRIS is told that the MDM was <outcome>

    @ACK-060 @ACK-067 @ACK-072 @ACK-082
    Examples:
      | answer                     | most | outcome      |
      | an accepting ACK           | 1    | Accepted     |
      | an application error       | 3    | Rejected     |
      | an ACK for another message | 3    | MalformedAck |
      | silence                    | 3    | NoAck        |
