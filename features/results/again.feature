@results
Feature: Results that come a second time
  Regraded exams and results that somebody asks for again (04-oru, section 12).

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected
    And charges are enabled for the organization

  @ORU-STA-03 @ORU-STA-04 @ORU-STA-05 @ORU-GEN-01 @DFT-AMO-13 @DFT-GEN-008 @ORU-C27
  Scenario: A regrade is a complete new result of the same order, final by default, and no second charge
    When an exam is ordered and graded "moderate retinopathy right, mild left"
    Then the EMR receives exactly 1 ORU
    When 60 seconds pass
    And the exam is graded "normal in both eyes"
    Then the EMR receives exactly 2 ORU
    And the EMR receives exactly 1 DFT
    And the fields of the last ORU are
      | field      | value          | requirement |
      | MSH-7      | 20170410150007 | ORU-STA-04  |
      | MSH-10     | 170410150007   | ORU-STA-04  |
      | ORC-2      | 2017041006     | ORU-STA-04  |
      | ORC-3      | 273013^IRIS    | ORU-STA-04  |
      | ORC-5      | F              | ORU-STA-05  |
      | ORC-9      | 20170410150007 | ORU-STA-04  |
      | OBR-25     | F              | ORU-STA-03  |
      | OBX[1]-5   | NORMAL         | ORU-STA-04  |
      | OBX[1]-11  | F              | ORU-STA-03  |

  @ORU-STA-02 @ORU-STA-05 @ORU-OPT-12
  Scenario: A regrade that is marked as corrected
    Given the clinic and IRIS agreed on "res.status=corrected_on_regrade; res.narrative=nte"
    When an exam is ordered and graded "moderate retinopathy right, mild left"
    Then the fields of the ORU are
      | field     | value | requirement |
      | OBR-25    | F     | ORU-STA-02  |
      | OBX[1]-11 | F     | ORU-STA-02  |
    When the exam is graded "normal in both eyes"
    Then the EMR receives exactly 2 ORU
    And the fields of the last ORU are
      | field      | value | requirement   |
      | ORC-5      | F     | ORU-STA-05    |
      | OBR-25     | C     | ORU-STA-02    |
      | OBX[1]-11  | C     | ORU-STA-02    |
      | OBX[10]-11 | C     | ORU-STA-02    |
      | NTE[1]-11  | C     | ORU-NTE-11    |

  @ORU-GEN-02 @DFT-AMO-11 @DFT-GEN-009 @ACK-032
  Scenario: Results requested again carry the new send time, and no charge follows
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 DFT
    When 60 seconds pass
    And the results are requested again
    Then the EMR receives exactly 2 ORU
    When the results are requested again
    Then the EMR receives exactly 3 ORU
    And the EMR receives exactly 1 DFT
    And the fields of the last ORU are
      | field  | value          | requirement |
      | MSH-7  | 20170410150007 | ORU-GEN-02  |
      | OBR-22 | 20170410145901 | ORU-GEN-02  |
      | OBR-25 | F              | ORU-GEN-02  |

  @DFT-AMO-12 @DFT-GEN-009
  Scenario: A rejected charge is not released by a request for the results
    Given the EMR answers every DFT with an application reject
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 DFT
    When the results are requested again
    Then the EMR receives exactly 2 ORU
    And the EMR receives exactly 1 DFT

  @MDM-GEN-03 @MDM-TXA-12-U @MDM-TXA-17 @MDM-C17
  Scenario: A corrected document is a T02 with a number of its own
    Given results are sent as documents
    And the clinic and IRIS agreed on "res.status=corrected_on_regrade"
    When an exam is ordered and graded "moderate retinopathy right, mild left"
    Then the fields of the MDM are
      | field  | value | requirement |
      | TXA-17 | F     | MDM-TXA-17  |
    When the exam is graded "normal in both eyes"
    Then the EMR receives exactly 2 MDM
    And the fields of the last MDM are
      | field     | value   | requirement   |
      | MSH-9     | MDM^T02 | MDM-GEN-03    |
      | TXA-13    |         | MDM-TXA-13    |
      | TXA-14    | 2017041006 | MDM-TXA-14 |
      | TXA-17    | C       | MDM-TXA-17    |
      | OBX[1]-11 | C       | MDM-TXA-17    |
    And no two MDM have the same value in TXA-12

  @ORU-GEN-03 @DFT-AMO-14 @DFT-GEN-006
  Scenario: An order that is cancelled before grading has no result and no charge
    When the EMR sends the order "new-order"
    And the EMR sends the order "cancel-order"
    Then IRIS cannot grade the exam
    And the EMR receives exactly 0 ORU
    And the EMR receives exactly 0 DFT

  @DFT-AMO-15 @DFT-GEN-003
  Scenario: An exam that was never graded is not charged
    When the EMR sends the order "new-order"
    Then the EMR receives exactly 0 DFT
