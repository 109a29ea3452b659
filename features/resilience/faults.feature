@resilience
Feature: Wires, clouds and processes that fail by plan
  Bytes come late, in pieces, damaged or not at all; IRIS is slow, refuses or breaks off; processes die, hang or stand on
  a full disk. Nothing is lost, a charge is sent once, and AA means that IRIS has the order.

  # orders

  @MLLP-010 @TOP-010
  Scenario Outline: An order that comes <how> is accepted
    Given an EMR, a proxy and the IRIS cloud are connected
    And these faults
      """
      faults:
        - { on: orders, do: { <fault> } }
      """
    When the EMR sends the order "new-order"
    Then the fault <name> has acted
    And the order is accepted
    And IRIS received exactly the bytes of every order

    Examples:
      | how       | name      | fault                                   |
      | in pieces | split     | split: { every: 200 }                   |
      | slowly    | bandwidth | bandwidth: { bytes_per_second: 15000 }  |

  @MLLP-025
  Scenario: A byte of an order that becomes a control byte on the way
    Given an EMR, a proxy and the IRIS cloud are connected
    And these faults
      """
      faults:
        - { on: orders, when: { type: ORM^O01, control_id: "254" }, times: 1, do: { corrupt: { at: 100, value: 0 } } }
      """
    When the EMR sends the order "new-order"
    Then the fault corrupt has acted
    And the order is not accepted
    And IRIS holds exactly 0 orders
    When the EMR sends the same order again
    Then the order is accepted

  @MLLP-021
  Scenario Outline: The connection <breaks> in the middle of an order
    Given an EMR, a proxy and the IRIS cloud are connected
    And these faults
      """
      faults:
        - { on: orders, times: 1, do: { <name>: { after: 700 } } }
      """
    When the EMR sends the order "new-order"
    Then the fault <name> has acted
    And the order is not accepted
    And no order reaches IRIS
    When the EMR sends the same order again
    Then the order is accepted

    Examples:
      | breaks          | name       |
      | is closed       | truncate   |
      | is half closed  | half_close |

  @MLLP-028 @TOP-111
  Scenario: An order stops halfway for longer than a frame may take
    Given an EMR, a proxy and the IRIS cloud are connected
    And these faults
      """
      faults:
        - { on: orders, times: 1, do: { stall: { after: 100, ms: 1500 } } }
      """
    When the EMR sends the order "new-order"
    Then the fault stall has acted
    And the order is not accepted
    And the next order is accepted

  @CON-034 @TOP-069
  Scenario: The EMR does not get the answer to an order and sends it again
    Given an EMR, a proxy and the IRIS cloud are connected
    And these faults
      """
      faults:
        - { on: orders, towards: peer, times: 1, do: { reset: { after: 20 } } }
      """
    When the EMR sends the order "new-order"
    Then the fault reset has acted
    And the order is not accepted
    When the EMR sends the same order again
    Then the order is accepted
    And IRIS holds exactly 1 order

  @CON-032 @ACK-025
  Scenario Outline: IRIS's answer to an order <how>
    Given an EMR, a proxy and the IRIS cloud are connected
    And these faults
      """
      faults:
        - { on: emr_api, when: { request: orders }, times: 1, do: { <fault> } }
      """
    When the EMR sends the order "new-order"
    Then the fault <name> has acted
    And the order is refused
    When the EMR sends the same order again
    Then the order is accepted
    And IRIS holds exactly 1 order

    Examples:
      | how                       | name      | fault                                     |
      | comes too slowly          | bandwidth | bandwidth: { bytes_per_second: 300 }      |
      | does not come             | stall     | stall: { ms: 900 }                        |
      | breaks off in its body    | reset     | reset: { after: 160 }                     |
      | is "later", with a time   | status    | status: { code: 429, retry_after: 1 }     |

  @CON-032 @CON-013
  Scenario Outline: IRIS's clock is <how>, so that a token seems <so>
    Given an EMR, a proxy and the IRIS cloud are connected
    And these faults
      """
      faults:
        - { on: emr_api, times: 1, do: { clock_skew: { seconds: <seconds> } } }
      """
    When the EMR sends the order "new-order"
    Then the fault clock_skew has acted
    And the order is accepted
    And the proxy asks for a fresh token

    Examples:
      | how  | so            | seconds |
      | fast | expired       | 7200    |
      | slow | not yet valid | -7200   |

  @CON-032 @ACK-025
  Scenario: IRIS's clock stays wrong, so that no token helps
    Given an EMR, a proxy and the IRIS cloud are connected
    And these faults
      """
      faults:
        - { on: emr_api, do: { clock_skew: { seconds: 7200 } } }
      """
    When the EMR sends the order "new-order"
    Then the fault clock_skew has acted
    And the order is refused
    And IRIS holds exactly 0 orders

  # results

  @CON-043 @MLLP-042
  Scenario Outline: A result whose acknowledgement <what> is sent again
    Given an EMR, a proxy and the IRIS cloud are connected
    And these faults
      """
      faults:
        - { on: results, times: 1, do: <fault> }
      """
    When an exam is ordered and graded "normal in both eyes"
    Then IRIS is told that the ORU was Accepted after 2 attempts
    And the fault <name> has acted
    And the EMR receives exactly 2 ORU
    And every ORU has exactly the bytes that IRIS handed over

    Examples:
      | what                          | name       | fault                                |
      | is swallowed                  | drop       | drop                                 |
      | is cut off                    | truncate   | { truncate: { after: 30 } }          |
      | ends in a reset               | reset      | { reset: { after: 30 } }             |
      | ends before its end           | half_close | { half_close: { after: 30 } }        |
      | stops halfway                 | stall      | { stall: { after: 30, ms: 600 } }    |
      | has lost its first byte       | corrupt    | { corrupt: { at: 0, value: 32 } }    |

  @CON-043 @MLLP-042
  Scenario Outline: A result that <what> on its way is sent again
    Given an EMR, a proxy and the IRIS cloud are connected
    And these faults
      """
      faults:
        - { on: results, towards: peer, when: { type: ORU^R01 }, times: 1, do: <fault> }
      """
    When an exam is ordered and graded "normal in both eyes"
    Then IRIS is told that the ORU was Accepted
    And the fault <name> has acted
    And the EMR receives exactly 2 ORU
    And every ORU has exactly the bytes that IRIS handed over

    Examples:
      | what                | name     | fault                                |
      | is swallowed        | drop     | drop                                 |
      | is cut off          | truncate | { truncate: { after: 100 } }         |
      | meets a reset       | reset    | { reset: { after: 100 } }            |
      | is damaged          | corrupt  | { corrupt: { at: 1, value: 88 } }    |

  @ACK-049 @CON-044 @ACK-038
  Scenario: No acknowledgement ever arrives
    Given an EMR, a proxy and the IRIS cloud are connected
    And these faults
      """
      faults:
        - { on: results, do: drop }
      """
    When an exam is ordered and graded "normal in both eyes"
    Then IRIS is told that the ORU was NoAck after 3 attempts
    And the signal of the ORU is dead-lettered with reason "EmrNotAccepted"

  @ACK-045 @CON-044
  Scenario Outline: An acknowledgement that comes <how>, but in time
    Given an EMR, a proxy and the IRIS cloud are connected
    And these faults
      """
      faults:
        - { on: results, do: { <fault> } }
      """
    When an exam is ordered and graded "normal in both eyes"
    Then IRIS is told that the ORU was Accepted after 1 attempt
    And the fault <name> has acted
    And the EMR receives exactly 1 ORU

    Examples:
      | how       | name    | fault                               |
      | late      | latency | latency: { ms: 40, jitter_ms: 20 }  |
      | in pieces | split   | split: { every: 1 }                 |
      | at once   | join    | join: { within_ms: 20 }             |

  @MLLP-042 @TOP-028
  Scenario: The EMR turns connections away and takes them again
    Given an EMR, a proxy and the IRIS cloud are connected
    And these faults
      """
      faults:
        - { on: results, times: 2, do: refuse }
      """
    When an exam is ordered and graded "normal in both eyes"
    Then the fault refuse has acted
    And IRIS is told that the ORU was Accepted

  @CON-041 @CON-076
  Scenario Outline: IRIS's delivery <how>, and arrives whole in the end
    Given an EMR, a proxy and the IRIS cloud are connected
    And these faults
      """
      faults:
        - { on: emr_api, when: { request: deliveries }, times: 1, do: { <fault> } }
      """
    When an exam is ordered and graded "normal in both eyes"
    Then IRIS is told that the ORU was Accepted after 1 attempt
    And the fault <name> has acted
    And the EMR receives exactly 1 ORU
    And every ORU has exactly the bytes that IRIS handed over

    Examples:
      | how                        | name      | fault                                 |
      | breaks off in its body     | truncate  | truncate: { after: 1500 }             |
      | meets a reset in its body  | reset     | reset: { after: 1500 }                |

  @CON-076
  Scenario: IRIS answers "later, in a second" as often as a proxy asks at once
    Given an EMR, a proxy and the IRIS cloud are connected
    And these faults
      """
      faults:
        - { on: emr_api, when: { request: deliveries }, times: 6, do: { status: { code: 429, retry_after: 1 } } }
      """
    When an exam is ordered and graded "normal in both eyes"
    Then IRIS is told that the ORU was Accepted after 1 attempt
    And the fault status has acted
    And the EMR receives exactly 1 ORU

  @TOP-005
  Scenario Outline: The queue detaches the proxy with <condition>, and results come all the same
    Given an EMR, a proxy and the IRIS cloud are connected
    And these faults
      """
      faults:
        - { on: results_bus, when: { type: ORU }, times: 1, do: { detach: { condition: <condition>, ms: 50 } } }
      """
    When an exam is ordered and graded "normal in both eyes"
    Then the fault detach has acted
    And IRIS is told that the ORU was Accepted after 1 attempt
    And the EMR receives exactly 1 ORU

    Examples:
      | condition    |
      | forced       |
      | busy         |
      | disabled     |
      | not_found    |
      | unauthorized |

  @TOP-005 @CON-076
  Scenario: The bus closes its connections while a result is in work
    Given an EMR, a proxy and the IRIS cloud are connected
    And a signal stays locked for 600 ms
    And these faults
      """
      faults:
        - { on: results_bus, when: { type: ORU }, times: 1, do: { forced_close: {} } }
      """
    When an exam is ordered and graded "normal in both eyes"
    Then the fault forced_close has acted
    And IRIS is told that the ORU was Accepted after 1 attempt
    And the signal of the ORU is completed
    And the EMR receives exactly 1 ORU

  @CON-044
  Scenario: The lock of a signal is lost while its result is in work
    Given an EMR, a proxy and the IRIS cloud are connected
    And these faults
      """
      faults:
        - { on: results_bus, when: { type: ORU }, times: 1, do: lost_lock }
      """
    When an exam is ordered and graded "normal in both eyes"
    Then the fault lost_lock has acted
    And IRIS is told that the ORU was Accepted
    And the signal of the ORU is completed
    And the EMR receives at least 1 and at most 3 ORU

  @CON-046 @ACK-036
  Scenario: Two signals come in another order
    Given an EMR, a proxy and the IRIS cloud are connected
    And the EMR answers the first ORU with silence and then with an accepting ACK
    And these faults
      """
      faults:
        - { on: results_bus, times: 1, do: reorder }
      """
    When the EMR orders 3 exams on one connection
    And the exam is graded "normal in both eyes"
    And the EMR holds the ORU
    And every open exam is graded "normal in both eyes"
    Then the fault reorder has acted
    And the EMR receives the ORUs of the orders "3, 3, 2, 1"
    And at most one results connection stays open

  # charges

  @ACK-030 @ACK-031 @DFT-TX-007
  Scenario Outline: A charge that <what> on its way is not sent again
    Given an EMR, a proxy and the IRIS cloud are connected
    And charges are enabled for the organization
    And these faults
      """
      faults:
        - { on: results, towards: peer, when: { type: DFT^P03 }, do: <fault> }
      """
    When an exam is ordered and graded "normal in both eyes"
    Then the fault <name> has acted
    And the EMR receives exactly 1 DFT
    And IRIS is told that the ORU was Accepted

    Examples:
      | what          | name     | fault                             |
      | is swallowed  | drop     | drop                              |
      | is cut off    | truncate | { truncate: { after: 100 } }      |
      | meets a reset | reset    | { reset: { after: 100 } }         |
      | is damaged    | corrupt  | { corrupt: { at: 1, value: 88 } } |

  @DFT-TX-004 @DFT-TX-005 @CON-042
  Scenario: The signal of a charge comes twice
    Given an EMR, a proxy and the IRIS cloud are connected
    And charges are enabled for the organization
    And these faults
      """
      faults:
        - { on: results_bus, when: { type: DFT }, times: 1, do: duplicate }
      """
    When an exam is ordered and graded "normal in both eyes"
    Then the fault duplicate has acted
    And the EMR receives exactly 1 DFT

  @DFT-TX-004 @TOP-071
  Scenario: A proxy that dies with a charge in hand, and the one after it
    Given an EMR, a proxy and the IRIS cloud are connected
    And charges are enabled for the organization
    And the EMR answers every DFT with silence
    And these faults
      """
      faults:
        - { on: proxy, when: { type: DFT }, times: 1, do: kill }
      """
    When an exam is ordered and graded "normal in both eyes"
    Then the fault kill has acted
    When the locks on the signals expire
    And another proxy instance takes over
    Then the EMR receives exactly 1 DFT

  # processes

  @DFT-TX-004 @TOP-063 @TOP-071
  Scenario: A proxy that hangs with a charge in hand does not have it sent by another
    Given an EMR, a proxy and the IRIS cloud are connected
    And charges are enabled for the organization
    And a signal stays locked for 300 ms
    And the EMR answers every DFT with silence
    And these faults
      """
      faults:
        - { on: proxy, when: { type: DFT }, times: 1, do: { pause: { ms: 5000 } } }
      """
    When an exam is ordered and graded "normal in both eyes"
    Then the fault pause has acted
    Given a second proxy instance is connected
    Then the EMR receives exactly 1 DFT

  @CON-079 @TOP-070
  Scenario: A proxy that is asked to stop with a result in hand gives it to the next one
    Given an EMR, a proxy and the IRIS cloud are connected
    And the EMR answers the first ORU with silence and then with an accepting ACK
    And these faults
      """
      faults:
        - { on: proxy, when: { type: ORU, nth: 1 }, do: stop }
      """
    When an exam is ordered and graded "normal in both eyes"
    Then the fault stop has acted
    When another proxy instance takes over
    Then IRIS is told that the ORU was Accepted

  @FILE-011 @CON-078
  Scenario: A report finds the disk full and is not lost silently
    Given an EMR and the IRIS cloud are connected, and the proxy starts later
    And these faults
      """
      faults:
        - { on: proxy, do: disk_full }
      """
    And IRIS delivers reports as files named "{orderLocalId}.pdf"
    When the proxy starts
    Then the fault disk_full has acted
    When an exam is ordered and graded "normal in both eyes"
    Then IRIS is told that the FILE was NotSent after 0 attempts
    And the signal of the FILE is dead-lettered with reason "EmrNotAccepted"
    And the proxy still runs

  # trust

  @CON-003 @TOP-044
  Scenario Outline: A cloud with a certificate <that> gets nothing
    Given an EMR and the IRIS cloud are connected, and the proxy starts later
    And these faults
      """
      faults:
        - { on: cloud, do: { certificate: <certificate> } }
      """
    Then the proxy asks that cloud for nothing
    And the fault certificate has acted

    Examples:
      | that                         | certificate     |
      | of another authority         | other_authority |
      | that has expired             | expired         |
      | for another name             | wrong_name      |

  @TOP-040
  Scenario: A cloud that speaks TLS 1.2 only gets nothing
    Given an EMR and the IRIS cloud are connected, and the proxy starts later
    And these faults
      """
      faults:
        - { on: cloud, do: { tls: "1.2" } }
      """
    Then the proxy asks that cloud for nothing
    And the fault tls has acted

  # all together

  @CON-076 @TOP-005
  Scenario: A bad day
    Given an EMR, a proxy and the IRIS cloud are connected
    And charges are enabled for the organization
    And the fault plan "bad-day"
    When the EMR orders 3 exams on one connection
    And all exams are graded "normal in both eyes"
    Then the fault detach has acted
    And the EMR receives exactly 3 ORU
    And the EMR receives exactly 3 DFT
    And every ORU has exactly the bytes that IRIS handed over
