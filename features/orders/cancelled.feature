@orders
Feature: An order is cancelled
  The EMR withdraws an order with ORC-1 CA. IRIS cancels it, and nothing comes back for it.

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
