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
