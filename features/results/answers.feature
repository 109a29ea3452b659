@results
Feature: How the EMR answers a result
  An accepted result is never sent again. A result that is refused, answered with nonsense or not answered may
  be sent again, with the same bytes, and not for ever.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @ACK-035 @ACK-045 @CON-043
  Scenario Outline: <id>: <answer> accepts the result
    Given the EMR answers every ORU with <answer>
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 ORU
    And IRIS is told that the ORU was Accepted after 1 attempt
    And the signal of the ORU is completed

    @ACK-060 @ACK-061 @ACK-062 @ACK-063 @ACK-064 @ACK-065 @ACK-086 @ACK-047 @ACK-005
    Examples:
      | id      | answer                                        |
      | ACK-060 | an accepting ACK                              |
      | ACK-061 | an accepting ACK with trigger                 |
      | ACK-062 | an accepting ACK with structure               |
      | ACK-063 | an accepting ACK with text                    |
      | ACK-063 | an accepting ACK with an ERR of code 0        |
      | ACK-063 | an accepting ACK with extra segments          |
      | ACK-064 | an accepting ACK in another version           |
      | ACK-065 | an accepting ACK with header fields not swapped |
      | ACK-065 | an accepting ACK with empty header fields     |
      | ACK-047 | an enhanced CA                                |
      | ACK-086 | an ACK byte by byte                           |

  @ORU-TIM-11 @ACK-034 @ACK-037 @ACK-038 @ACK-046 @CON-043 @CON-044
  Scenario Outline: <id>: <answer> refuses the result
    Given the EMR answers every ORU with <answer>
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives at least 1 and at most 3 ORU
    And every ORU has exactly the bytes that IRIS handed over
    And IRIS is told that the ORU was Rejected
    And the signal of the ORU is dead-lettered with reason "EmrNotAccepted"

    @ACK-067 @ACK-068 @ACK-069 @ACK-047
    Examples:
      | id      | answer                             |
      | ACK-067 | an application error               |
      | ACK-067 | an application error with ERR      |
      | ACK-067 | an application error with a v2.5 ERR |
      | ACK-068 | an application reject              |
      | ACK-068 | an application reject with ERR     |
      | ACK-069 | an enhanced CE                     |
      | ACK-069 | an enhanced CR                     |
      | ACK-047 | an enhanced CE                     |

  @ACK-034 @ACK-038 @ACK-048 @CON-043 @CON-044
  Scenario Outline: <id>: <answer> is no acknowledgement
    Given the EMR answers every ORU with <answer>
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives at least 1 and at most 3 ORU
    And every ORU has exactly the bytes that IRIS handed over
    And IRIS is told that the ORU was <outcome>
    And the signal of the ORU is dead-lettered with reason "EmrNotAccepted"

    @ACK-070 @ACK-071 @ACK-072 @ACK-073 @ACK-074 @ACK-075 @ACK-076 @ACK-077 @ACK-078 @ACK-079
    Examples:
      | id      | answer                        | outcome      |
      | ACK-070 | an empty MSA-1                | MalformedAck |
      | ACK-070 | an unknown MSA-1              | MalformedAck |
      | ACK-070 | a lower case MSA-1            | MalformedAck |
      | ACK-071 | an empty MSA-2                | MalformedAck |
      | ACK-072 | an ACK for another message    | MalformedAck |
      | ACK-073 | an ACK without MSA            | MalformedAck |
      | ACK-074 | an ACK without MSH            | MalformedAck |
      | ACK-074 | an ACK with a cut MSH         | MalformedAck |
      | ACK-075 | text that is no HL7           | MalformedAck |
      | ACK-076 | an ACK without VT             | MalformedAck |
      | ACK-076 | an ACK without FS             | MalformedAck |
      | ACK-076 | an ACK without the final CR   | MalformedAck |
      | ACK-077 | an empty frame                | MalformedAck |
      | ACK-078 | an ORU instead of an ACK      | MalformedAck |
      | ACK-078 | an ORR instead of an ACK      | MalformedAck |
      | ACK-078 | an ADT instead of an ACK      | MalformedAck |
      | ACK-079 | an echo of the message        | MalformedAck |

  @ACK-034 @ACK-038 @ACK-049 @CON-043 @CON-044
  Scenario Outline: <id>: <answer> leaves the result without an answer
    Given the EMR answers every ORU with <answer>
    When an exam is ordered and graded "normal in both eyes"
    Then IRIS is told that the ORU was NoAck
    And the EMR receives at least <least> and at most 3 ORU
    And the signal of the ORU is dead-lettered with reason "EmrNotAccepted"

    @ACK-081 @ACK-082 @ACK-083 @ACK-084
    Examples:
      | id      | answer                             | least |
      | ACK-081 | a late ACK                         | 1     |
      | ACK-082 | silence                            | 1     |
      | ACK-083 | a closed connection                | 1     |
      | ACK-083 | a reset connection                 | 1     |
      | ACK-084 | a reset in the middle of the frame | 0     |

  @ACK-066
  Scenario: An accepting ACK with LF line ends may be taken either way
    Given the EMR answers every ORU with an accepting ACK with LF line ends
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives at least 1 and at most 3 ORU

  @ACK-080
  Scenario Outline: A surplus acknowledgement is not taken for the next result
    Given the EMR answers the first ORU with <answer> and then with an application error
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR has sent 2 acknowledgements
    When the EMR orders an exam for a synthetic patient
    And the exam is graded "normal in both eyes"
    Then IRIS is told that the ORU was Rejected
    And the EMR receives at least 2 and at most 4 ORU

    Examples:
      | answer          |
      | two ACKs        |
      | two ACKs joined |

  @ACK-081 @ACK-039
  Scenario: A late acknowledgement is not taken for the next result
    Given the EMR answers the first ORU with a late ACK and then with an application error
    When the EMR orders 2 exams on one connection
    And all exams are graded "normal in both eyes"
    Then IRIS is told that the ORU was Rejected

  @ACK-087 @CON-043
  Scenario: A result refused at first and then accepted
    Given the EMR answers the first ORU with an application error and then with an accepting ACK
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives at least 1 and at most 2 ORU
    And every ORU has exactly the bytes that IRIS handed over
    And IRIS is told that the ORU was Accepted

  @ACK-085 @TOP-028 @MLLP-042 @CON-073
  Scenario: The EMR refuses the connection at first and then takes it
    Given the proxy is told to wait 500 ms between attempts
    And the EMR has ordered an exam for a synthetic patient
    And the EMR does not listen for results
    When the exam is graded "normal in both eyes"
    And the EMR listens for results again once the proxy has the result
    Then the EMR receives exactly 1 ORU
    And IRIS is told that the ORU was Accepted after 1 attempt
