@resilience
Feature: A proxy that works for a long time
  Nothing of a message outlives it in the proxy: no connection, no open file, no memory and no file. The specification
  puts no number on any of this; the scenarios rest on the statelessness of the proxy (TOP-061), on its one connection to
  the EMR (CON-046) and on connections that carry any number of messages (MLLP-014), with bounds that only growth
  with every message can break.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @CON-046 @MLLP-014 @TOP-027 @TOP-061
  Scenario: Connections, open files and stored bytes do not grow with the number of messages
    When the EMR orders 5 exams on one connection
    And all exams are graded "normal in both eyes"
    Then the EMR receives exactly 5 ORU
    When the proxy's use of its host is noted
    And the EMR orders 40 exams on one connection
    Then every order is accepted
    When all exams are graded "normal in both eyes"
    Then the EMR receives at least 45 and at most 50 ORU
    And at most 1 connection to the EMR and 12 to IRIS are open
    And it has at most 20 more files and sockets open
    And it has stored at most 64 KiB more

  @TOP-061 @MLLP-014
  Scenario: Orders on connections of their own leave nothing open
    When the EMR orders 6 exams on connections of their own at the same time
    And the proxy's use of its host is noted
    And the EMR orders 6 exams on connections of their own at the same time
    And the EMR orders 6 exams on connections of their own at the same time
    And the EMR orders 6 exams on connections of their own at the same time
    Then every order is accepted
    And it has at most 12 more files and sockets open
    And it has stored at most 64 KiB more

  @TOP-061 @MLLP-014
  Scenario: Memory does not grow with the number of large results
    When IRIS delivers 10 ORUs with 262144 bytes of PDF, and all are accepted
    And the proxy's use of its host is noted
    And IRIS delivers 40 ORUs with 262144 bytes of PDF, and all are accepted
    Then its memory has grown by at most 5 MiB
    And it has stored at most 64 KiB more
    And at most 1 connection to the EMR and 12 to IRIS are open
    And the next order is accepted
