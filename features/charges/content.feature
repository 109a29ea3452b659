@charges
Feature: The charge of a graded exam
  IRIS makes one DFT^P03 of an exam; the proxy carries it byte for byte.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected
    And charges are enabled for the organization

  @DFT-FT1-S01 @DFT-STR-001 @DFT-DX-003 @DFT-TX-009 @TOP-007 @TOP-010
  Scenario: Both eyes are normal
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 DFT
    And the DFT matches the snapshot "normal"

  @DFT-DX-001 @DFT-DX-003 @ESC-026 @TOP-010
  Scenario: Diagnoses of order and grading stand in one field
    When an exam is ordered and graded "moderate retinopathy with macular edema in the right eye"
    Then the EMR receives exactly 1 DFT
    And the DFT matches the snapshot "moderate-with-edema"

  @DFT-AMO-16 @DFT-MOD-003 @DFT-GEN-007
  Scenario: No eye can be graded, and nothing is charged
    When an exam is ordered and graded "ungradable in both eyes"
    Then the EMR receives exactly 1 DFT
    And the DFT has "NC" in FT1-26

  @ESC-026 @DFT-TX-009 @TOP-010
  Scenario: A charge that IRIS hands over keeps its repetitions
    When IRIS delivers the DFT "charge-diagnosed"
    Then the EMR receives exactly 1 DFT
    And every DFT has exactly the bytes that IRIS handed over

  @DFT-AMO-17 @DFT-GEN-002
  Scenario: An organization without charges gets none
    Given charges are disabled for the organization
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 ORU
    And the EMR receives exactly 0 DFT
