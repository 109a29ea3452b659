@orders
Feature: An order is cancelled or changed
  The EMR withdraws an order with ORC-1 CA. IRIS cancels it, and nothing comes back for it. Changes are an agreement
  (03-orm, section 5).

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @ORM-OC-CA @ORM-KEY-001 @CON-030 @TOP-010
  Scenario: An open order
    When the EMR sends the order "new-order"
    And the EMR sends the order "cancel-order"
    Then every order is accepted
    And the ACK matches the snapshot "ack"
    And IRIS has cancelled the order "2017041006"
    And IRIS received exactly the bytes of every order

  @ORM-OC-005 @DFT-GEN-006
  Scenario: A cancelled order yields no result and no charge
    Given charges are enabled for the organization
    When the EMR sends the order "new-order"
    And the EMR sends the order "cancel-order"
    Then every order is accepted
    And the EMR receives exactly 0 ORU
    And the EMR receives exactly 0 DFT

  @ORM-NEG-801 @CON-031
  Scenario: An order that IRIS never had
    When the EMR sends the order "cancel-order"
    Then the order is refused with AR 204
    And the EMR receives IRIS's answer byte for byte

  @ORM-ORC-1 @ORM-OC-NW @ORM-OC-003
  Scenario: NW creates, CA withdraws, and a cancelling order is as complete as a new one
    Then each of these changes to the order "cancel-order" gets its answer
      | requirement          | path          | value      | answer       |
      | ORM-OC-NW ORM-OC-001 | ORC-1 ORC-2.1 | NW ; 70001 | AA           |
      | ORM-ORC-1 ORM-OC-001 | ORC-1 ORC-2.1 | CA ; 70001 | AA           |
      | ORM-OC-003           | ORC-1 ORC-2.1 | CA ; ""    | AE 101 ORC-2 |
    And IRIS has cancelled the order "70001"

  @ORM-NEG-802 @ORM-OC-002
  Scenario: A cancellation does nothing to a completed order
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 ORU
    When the EMR sends the order "cancel-order"
    Then the order is answered
    When the results are requested again
    Then the EMR receives exactly 2 ORU

  @ORM-NEG-803 @ORM-OC-002
  Scenario: A change does nothing to a completed order
    Given the clinic and IRIS agreed on
      | order_control.XO | change |
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 ORU
    When the EMR sends the order "change-order"
    Then the order is answered
    When the results are requested again
    Then the EMR receives exactly 2 ORU
    And the fields of the last ORU are
      | field  | value                                      | requirement |
      | OBR-4  | 92250^FUNDUS PHOTOGRAPHY^EAP^^FUNDAL PHOTO | ORM-NEG-803 |
      | PID-18 | 1234                                       | ORM-NEG-803 |

  @ORM-NEG-803 @ORM-OC-002
  Scenario: A change does nothing to a cancelled order
    Given the clinic and IRIS agreed on
      | order_control.XO | change |
    When the EMR sends the order "new-order"
    And the EMR sends the order "cancel-order"
    And the EMR sends the order "change-order"
    Then the order is answered
    And IRIS cannot grade the exam

  Scenario Outline: <control>, where agreed, changes an open order
    Given the clinic and IRIS agreed on
      | order_control.<control> | change |
    When the EMR sends the order "new-order"
    And the EMR sends the order "change-order" with ORC-1 set to "<control>"
    Then every order is accepted
    And IRIS received exactly the bytes of every order
    When the exam is graded "normal in both eyes"
    Then the EMR receives exactly 1 ORU
    And the fields of the ORU are
      | field | value                    | requirement |
      | ORC-2 | 2017041006               | ORM-KEY-001 |
      | OBR-4 | 92227^REMOTE IMAGING^EAP | ORM-OC-001  |

    Examples:
      | control | proves    |
      | XO      | ORM-OC-XO |
      | XR      | ORM-OC-XR |

  @ORM-OC-CR
  Scenario: CR, where agreed, cancels an open order
    Given the clinic and IRIS agreed on
      | order_control.CR | cancel |
    When the EMR sends the order "new-order"
    And the EMR sends the order "cancel-order" with ORC-1 set to "CR"
    Then every order is accepted
    And IRIS has cancelled the order "2017041006"
    And IRIS cannot grade the exam
