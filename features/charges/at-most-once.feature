@charges
Feature: A charge reaches the EMR at most once
  A second charge for one exam is money wrongly asked of a patient, so a DFT is never repeated, whatever the EMR
  answers and whatever happens to the proxy.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected
    And charges are enabled for the organization

  @DFT-GEN-001 @DFT-TX-002 @DFT-TX-008 @ACK-030 @CON-042
  Scenario Outline: <id>: the EMR answers a charge with <answer>
    Given the EMR answers every DFT with <answer>
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 DFT
    And IRIS is told that the DFT was <outcome> after 1 attempt
    And the DFT is claimed exactly 1 time

    @DFT-AMO-01 @DFT-AMO-02 @DFT-AMO-03 @DFT-AMO-04 @DFT-AMO-05 @DFT-AMO-06 @ACK-060 @ACK-061 @ACK-062 @ACK-063 @ACK-064 @ACK-065 @ACK-067 @ACK-068 @ACK-069 @ACK-070 @ACK-071 @ACK-072 @ACK-073 @ACK-074 @ACK-075 @ACK-076 @ACK-077 @ACK-078 @ACK-079 @ACK-080 @ACK-081 @ACK-082 @ACK-083 @ACK-086
    Examples:
      | id         | answer                                          | outcome      |
      | DFT-AMO-01 | an accepting ACK                                | Accepted     |
      | ACK-061    | an accepting ACK with trigger                   | Accepted     |
      | ACK-062    | an accepting ACK with structure                 | Accepted     |
      | ACK-063    | an accepting ACK with extra segments            | Accepted     |
      | ACK-064    | an accepting ACK in another version             | Accepted     |
      | ACK-065    | an accepting ACK with header fields not swapped | Accepted     |
      | ACK-080    | two ACKs                                        | Accepted     |
      | ACK-086    | an ACK byte by byte                             | Accepted     |
      | DFT-AMO-02 | an application error                            | Rejected     |
      | ACK-067    | an application error with ERR                   | Rejected     |
      | DFT-AMO-02 | an application reject                           | Rejected     |
      | ACK-069    | an enhanced CE                                  | Rejected     |
      | ACK-069    | an enhanced CR                                  | Rejected     |
      | ACK-070    | an unknown MSA-1                                | MalformedAck |
      | ACK-071    | an empty MSA-2                                  | MalformedAck |
      | DFT-AMO-04 | an ACK for another message                      | MalformedAck |
      | DFT-AMO-03 | an ACK without MSA                              | MalformedAck |
      | DFT-AMO-03 | an ACK with a cut MSH                           | MalformedAck |
      | DFT-AMO-03 | an ACK with illegal delimiters                  | MalformedAck |
      | ACK-075    | text that is no HL7                             | MalformedAck |
      | ACK-076    | an ACK without VT                               | MalformedAck |
      | ACK-076    | an ACK without FS                               | MalformedAck |
      | ACK-076    | an ACK without the final CR                     | MalformedAck |
      | ACK-077    | an empty frame                                  | MalformedAck |
      | ACK-078    | an ORU instead of an ACK                        | MalformedAck |
      | ACK-079    | an echo of the message                          | MalformedAck |
      | ACK-081    | a late ACK                                      | NoAck        |
      | DFT-AMO-05 | silence                                         | NoAck        |
      | DFT-AMO-06 | a closed connection                             | NoAck        |
      | ACK-083    | a reset connection                              | NoAck        |

  @DFT-TX-004 @CON-042
  Scenario: A charge is claimed before its first byte is sent
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 DFT
    And the DFT is claimed before the EMR sees anything of it

  @DFT-TX-009 @DFT-TX-008 @DFT-GEN-001
  Scenario: Charges one after the other each carry their own transaction, unchanged
    When the EMR orders 3 exams on one connection
    And all exams are graded "normal in both eyes"
    Then the EMR receives exactly 3 DFT
    And every DFT has exactly the bytes that IRIS handed over

  @ACK-087 @ACK-030 @DFT-TX-002
  Scenario: An EMR that would accept the charge the second time is not asked a second time
    Given the EMR answers the first DFT with an application error and then with an accepting ACK
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 DFT
    And IRIS is told that the DFT was Rejected after 1 attempt

  @ACK-066 @ACK-030
  Scenario: An accepting ACK with LF line ends
    Given the EMR answers every DFT with an accepting ACK with LF line ends
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 DFT

  @DFT-AMO-07 @DFT-TX-007 @ACK-084 @ACK-031
  Scenario Outline: The connection breaks while the charge is being written: <answer>
    Given the EMR answers every DFT with <answer>
    When an exam is ordered and graded "normal in both eyes"
    Then IRIS is told that the DFT was NoAck after 1 attempt
    And the EMR receives exactly 0 DFT

    Examples:
      | answer                             |
      | a close in the middle of the frame |
      | a reset in the middle of the frame |

  @DFT-AMO-08 @DFT-TX-006 @ACK-085 @CON-073
  Scenario: The EMR is down when the charge comes, and returns
    When the EMR sends the order "new-order"
    Given the EMR does not listen for results
    When the exam is graded "normal in both eyes"
    And the EMR listens for results again
    Then the EMR receives at least 0 and at most 1 DFT

  @DFT-AMO-09 @TOP-071 @DFT-TX-005 @CON-045
  Scenario: The proxy dies between the charge and its receipt
    Given the EMR answers every DFT with silence
    When an exam is ordered and graded "normal in both eyes"
    And the proxy is killed once the EMR holds the DFT
    And the locks on the signals expire
    And another proxy instance takes over
    Then the signal of the DFT is completed
    And the EMR receives exactly 1 DFT

  @DFT-AMO-10 @TOP-063 @DFT-TX-005
  Scenario: The signal is delivered twice to two instances
    Given a second proxy instance is connected
    When an exam is ordered and graded "normal in both eyes"
    And the signal of the DFT comes again
    Then the EMR receives exactly 1 DFT
    And the DFT is claimed exactly 1 time

  @DFT-TX-005 @ACK-030
  Scenario Outline: The signal of a charge comes again to the proxy that sent it, after <answer>
    Given the EMR answers every DFT with <answer>
    When an exam is ordered and graded "normal in both eyes"
    Then IRIS is told that the DFT was <outcome> after 1 attempt
    When the signal of the DFT comes again
    Then the EMR receives exactly 1 DFT
    And the DFT is claimed exactly 1 time

    Examples:
      | answer               | outcome  |
      | an accepting ACK     | Accepted |
      | an application error | Rejected |
      | silence              | NoAck    |

  @DFT-TX-005 @DFT-TX-002 @ACK-030
  Scenario: The lock on the signal lapses while the charge is unanswered
    Given the EMR answers every DFT with silence
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives at least 1 and at most 1 DFT
    When the locks on the signals expire
    Then the EMR receives exactly 1 DFT
    And the DFT is claimed exactly 1 time

  @DFT-TX-005 @DFT-TX-002 @TOP-005
  Scenario: The connections to the bus break while the charge is unanswered
    Given the EMR answers every DFT with silence
    When an exam is ordered and graded "normal in both eyes"
    And the EMR holds the DFT
    And the connections to the bus break
    Then IRIS is told that the DFT was NoAck after 1 attempt
    And the EMR receives exactly 1 DFT
    And the DFT is claimed exactly 1 time

  @DFT-TX-002 @ACK-030 @CON-050
  Scenario: The settings change while the charge is unanswered
    Given the EMR answers every DFT with silence
    When an exam is ordered and graded "normal in both eyes"
    And the EMR holds the DFT
    Given the setting retry_delay_ms of the proxy is "1"
    Then IRIS is told that the DFT was NoAck after 1 attempt
    And the EMR receives exactly 1 DFT

  @DFT-TX-005 @TOP-071
  Scenario: A proxy that stops and starts again repeats no charge that was refused
    Given the EMR answers every DFT with an application reject
    When an exam is ordered and graded "normal in both eyes"
    Then IRIS is told that the DFT was Rejected after 1 attempt
    When the proxy is asked to stop
    And another proxy instance takes over
    And the signal of the DFT comes again
    Then the EMR receives exactly 1 DFT
    And the DFT is claimed exactly 1 time

  @DFT-TX-004 @CON-042 @CON-075
  Scenario: A charge that another instance has claimed is not sent
    When IRIS signals a DFT that another instance has claimed
    Then the EMR receives exactly 0 DFT
    And the proxy asks for the claim of the DFT exactly 1 time
    And the signal of the DFT is completed
    And IRIS is told nothing about the DFT

  @ACK-040 @DFT-GEN-005 @DFT-AMO-18
  Scenario: A result that the EMR refuses holds back no charge
    Given the EMR answers every ORU with an application reject
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 DFT
    And IRIS is told that the DFT was Accepted after 1 attempt
    And IRIS is told that the ORU was Rejected

  @ACK-040
  Scenario: A charge that the EMR refuses holds back and repeats no result
    Given the EMR answers every DFT with an application reject
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 ORU
    And the EMR receives exactly 1 DFT

  @DFT-AMO-14 @DFT-AMO-15 @DFT-GEN-003
  Scenario: An order without a grading yields no charge
    When the EMR sends the order "new-order"
    Then the order is accepted
    And the EMR receives exactly 0 DFT
