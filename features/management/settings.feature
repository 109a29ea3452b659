@management
Feature: IRIS manages the proxy
  IRIS changes settings and asks for signs of life over the notifications queue.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @CON-050 @CON-080 @CON-020
  Scenario: The orders port moves
    When IRIS moves the orders port to another number
    Then the proxy listens on the new orders port
    And the next order is accepted

  @CON-050 @CON-051
  Scenario: A ping is answered with a heartbeat
    When IRIS pings the proxy
    Then the proxy answers the ping with a heartbeat

  @CON-050 @CON-080
  Scenario: The orders port moves while an order is at IRIS
    Given IRIS takes 200 ms to answer requests for orders
    When the EMR sends the bytes "[VT]{new-order}[FS][CR]"
    And IRIS moves the orders port to another number
    Then the proxy listens on the new orders port
    And the EMR receives answers for "254" in this order
    And IRIS holds exactly 1 order

  @CON-050 @CON-021
  Scenario: Limits change while an order is on its way
    Given IRIS takes 200 ms to answer requests for orders
    When the EMR sends the bytes "[VT]{new-order}[FS][CR]"
    Given the setting max_message_bytes of the proxy is "100"
    Then the EMR receives answers for "254" in this order
    And IRIS holds exactly 1 order
    When the EMR sends the order "cancel-order"
    Then the order is refused

  @CON-050 @CON-043
  Scenario: Settings of results change while a result waits for its acknowledgement
    Given the EMR answers the first ORU with silence and then with an accepting ACK
    When an exam is ordered and graded "normal in both eyes"
    Given the setting ack_timeout_ms of the proxy is "150"
    And the setting max_attempts of the proxy is "2"
    Then IRIS is told that the ORU was Accepted after 2 attempts
    And every ORU has exactly the bytes that IRIS handed over
    And the signal of the ORU is completed

  @CON-050 @CON-051
  Scenario: Several pings are answered, each with its own id
    When IRIS pings the proxy 5 times
    Then the proxy answers each of the 5 pings with a heartbeat

  @CON-050
  Scenario Outline: <what> on the management queue asks for nothing and stops nothing
    When IRIS puts "<body>" on the management queue
    And IRIS pings the proxy
    Then the proxy answers the ping with a heartbeat
    And the next order is accepted

    Examples:
      | what                      | body                                    |
      | A kind that is unknown    | [0x7B][0x22]Type[0x22]:[0x22]Unknown[0x22][0x7D]            |
      | A ping without an id      | [0x7B][0x22]Type[0x22]:[0x22]Ping[0x22][0x7D]               |
      | A ping with another id    | [0x7B][0x22]Type[0x22]:[0x22]Ping[0x22],[0x22]Id[0x22]:[0x22]17[0x22][0x7D]     |
      | An object without a kind  | [0x7B][0x7D]                            |
      | Text                      | ping                                    |
      | Nothing                   |                                         |
      | Bytes that are no text    | [0xFF][0xFE][0x00]                      |
