@files
Feature: Writing result files
  A file appears whole or not at all, and a folder that cannot be used costs neither the result nor the messages.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @TOP-085 @FILE-009 @FILE-010 @CON-047
  Scenario: Nobody sees a part of a report
    Given IRIS delivers reports as files named "{orderLocalId}.pdf"
    Then no report is seen in part while it is written
    And 1 file is in the results folder

  @FILE-011 @FILE-095 @CON-078
  Scenario: A folder that cannot be used, and can be again
    Given IRIS delivers reports as files named "{orderLocalId}.pdf"
    And the results folder cannot be used
    When an exam is ordered and graded "normal in both eyes"
    Then IRIS is told that the FILE was NotSent
    And the signal of the FILE is dead-lettered with reason "EmrNotAccepted"
    And the EMR receives exactly 1 ORU
    When the results folder can be used again
    And the results are requested again
    Then the file "2017041006.pdf" holds the report
    And the next order is accepted

  @FILE-089 @FILE-006
  Scenario: A result that is delivered again to its path
    Given IRIS delivers reports as files named "{orderLocalId}.pdf"
    When an exam is ordered and graded "normal in both eyes"
    And the results are requested again
    Then the report is there, and how many files hold it is recorded
