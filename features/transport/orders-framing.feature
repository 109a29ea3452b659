@transport
Feature: Frames on the orders port
  MLLP is a byte stream. However the network cuts it, a well-formed frame is one message; whatever is no
  frame creates no order and does not stop the next one.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @MLLP-010 @TOP-010
  Scenario: A frame comes byte by byte
    When the EMR sends the order "new-order" byte by byte
    Then the order is accepted
    And IRIS received exactly the bytes of every order

  @MLLP-011 @ACK-020 @MLLP-006
  Scenario: Two frames in one portion are both answered, in order
    When the EMR sends the bytes "[VT]{new-order}[FS][CR][VT]{cancel-order}[FS][CR]"
    Then the EMR receives answers for "254, 255" in this order
    And IRIS holds exactly 1 order

  @MLLP-012
  Scenario: The two end bytes come apart
    When the EMR sends the bytes "[VT]{new-order}[FS][|][CR]"
    Then the EMR receives answers for "254" in this order

  @MLLP-013 @ACK-020
  Scenario: Line ends and blanks between frames are ignored
    When the EMR sends the bytes "[CR][LF] [VT]{new-order}[FS][CR][CR][LF]  [VT]{cancel-order}[FS][CR][LF]"
    Then the EMR receives answers for "254, 255" in this order

  @MLLP-014 @ACK-010 @TOP-026
  Scenario: Several orders on one connection
    When the EMR orders 5 exams on one connection
    Then every order is accepted
    And IRIS received exactly the bytes of every order

  @TOP-027 @MLLP-015 @ACK-010
  Scenario: Orders on connections of their own at the same time
    When the EMR orders 8 exams on connections of their own at the same time
    Then every order is accepted
    And IRIS received exactly the bytes of every order

  @MLLP-016
  Scenario: An order of one MiB
    When the EMR sends the order "new-order" with 1048576 bytes of text in OBR-13
    Then the order is accepted
    And IRIS received exactly the bytes of every order

  @CON-021 @CON-070
  Scenario: The largest order that was agreed is taken, and one byte more is refused
    Given the setting max_message_bytes of the proxy is "65536"
    When the EMR sends the order "new-order" filled up to 65536 bytes
    Then the order is accepted
    And IRIS received exactly the bytes of every order
    When the EMR sends the order "new-order" filled up to 65537 bytes
    Then the order is refused
    And IRIS holds exactly 1 order
    And the next order is accepted

  @MLLP-010 @CON-021 @TOP-010
  Scenario: A sender that takes its time
    When the EMR sends the order "new-order" in 20 portions, 20 ms apart
    Then the order is accepted
    And IRIS received exactly the bytes of every order

  @MLLP-017
  Scenario: A connection may stay idle longer than a frame may take
    When the EMR sends the bytes "[VT]{new-order}[FS][CR]"
    Then the idle connection stays open longer than a frame may take
    When the EMR sends the bytes "[VT]{cancel-order}[FS][CR]"
    Then the EMR receives answers for "254, 255" in this order

  @MLLP-018 @TOP-010
  Scenario: The last segment has no end
    When the EMR sends the bytes "[VT]MSH|^~\&|EPIC|ANCL||IRIS|20170410102836||ADT^A08|270|T|2.4[FS][CR]"
    Then the EMR receives answers for "270" in this order
    And no order reaches IRIS

  @MLLP-020
  Scenario: Bytes without a start are no message
    When the EMR sends the bytes "{new-order}[FS][CR]"
    Then nothing is accepted on that connection
    And no order reaches IRIS
    And the next order is accepted

  @MLLP-021
  Scenario: The connection ends in the middle of a frame
    When the EMR sends the bytes "[VT]{new-order}"
    And the EMR closes the connection
    Then no order reaches IRIS
    And the next order is accepted

  @MLLP-022
  Scenario: A second start drops what came before it
    When the EMR sends the bytes "[VT]{cancel-order}[VT]{new-order}[FS][CR]"
    Then the EMR receives no answer for "255"
    And the next order is accepted

  @MLLP-023
  Scenario: An end without its CR
    When the EMR sends the bytes "[VT]{new-order}[FS][VT]{cancel-order}"
    Then the next order is accepted

  @MLLP-024
  Scenario: An empty frame
    When the EMR sends the bytes "[VT][FS][CR]"
    Then nothing is accepted on that connection
    And no order reaches IRIS
    And the next order is accepted

  @MLLP-025 @MLLP-002 @ORM-NEG-704 @CON-070
  Scenario Outline: The control byte <byte> in the patient's name
    When the EMR sends the order "new-order" with PID-5.1 set to "DO[<byte>]E"
    Then the order is not accepted
    And no order reaches IRIS
    And the next order is accepted

    Examples:
      | byte |
      | 0x00 |
      | 0x07 |
      | 0x1A |

  @MLLP-026 @CON-070
  Scenario: An end byte inside the content
    When the EMR sends the order "new-order" with PID-5.1 set to "DO[FS]E"
    Then the order is not accepted
    And no order reaches IRIS
    And the next order is accepted

  @MLLP-027 @ORM-NEG-701
  Scenario: Line feeds as segment ends are taken or refused, and stop nothing
    When the EMR sends the order "order-line-feeds"
    Then the next order is accepted

  @MLLP-028
  Scenario: A sender that never ends its frame
    When the EMR sends the bytes "[VT]MSH|^~\&|EPIC"
    Then the next order is accepted
    And the proxy closes that connection

  @MLLP-029
  Scenario Outline: <protocol> on the orders port
    When the EMR sends the bytes "<bytes>"
    Then nothing is accepted on that connection
    And no order reaches IRIS
    And the next order is accepted

    Examples:
      | protocol          | bytes                                            |
      | an HTTP request   | GET / HTTP/1.1[CR][LF]Host: proxy[CR][LF][CR][LF] |
      | a TLS ClientHello | [0x16][0x03][0x01][0x00][0x05][0x01][0x00][0x00][0x01][0x00] |

  @MLLP-030
  Scenario: A byte order mark before MSH does not stop the next order
    When the EMR sends the bytes "[VT][0xEF][0xBB][0xBF]{new-order}[FS][CR]"
    Then the next order is accepted

  @ORM-NEG-708 @MLLP-005
  Scenario: Two messages in one frame
    When the EMR sends the bytes "[VT]{new-order}{cancel-order}[FS][CR]"
    Then nothing is accepted on that connection
    And IRIS holds exactly 0 orders
    And the next order is accepted

  @ORM-NEG-103 @ORM-NEG-104 @ACK-027
  Scenario Outline: A header with <fault>
    When the EMR sends the bytes "[VT]<header>|EPIC|ANCL||IRIS|20170410102836||ORM^O01|271|T|2.4[CR][FS][CR]"
    Then nothing is accepted on that connection
    And no order reaches IRIS
    And the next order is accepted

    Examples:
      | fault               | header       |
      | two delimiters only | MSH\|^~      |
      | equal delimiters    | MSH\|^^\\&   |
      | the wrong name      | PID\|^~\\&   |

  @ORM-NEG-105 @ACK-026
  Scenario: An order without a control id
    When the EMR sends the order "new-order" with MSH-10 set to ""
    Then the order is not accepted
    And IRIS holds exactly 0 orders
    And the next order is accepted

  @ORM-NEG-106 @ACK-010
  Scenario: A control id that is too long is refused, and echoed in full
    When the EMR sends the order "new-order" with MSH-10 set to "123456789012345678901"
    Then the order is refused with AE 102
