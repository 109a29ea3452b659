@cloud-emrs
Feature: Orders as different EMRs write them
  EMRs differ in delimiters, versions, character sets, and in where they put the patient's number, the provider and the clinic.
  For the proxy all of them are bytes. Athena, OCHIN and eClinicalWorks reach IRIS by a VPN of their vendor and not by the EMR
  Proxy (TOP-091), but their content follows the same rules (TOP-093); here it takes the way through the proxy, so that a proxy
  shows that it touches no content, whoever wrote it.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @TOP-010 @CON-030 @CON-031 @TOP-093
  Scenario Outline: An exam of <emr> is ordered and its result comes back in version <version>
    When the EMR "<emr>" orders an exam for a synthetic patient
    And the EMR "<emr>" orders an exam for a synthetic patient
    And the EMR "<emr>" orders an exam for a synthetic patient
    Then every order is accepted
    And IRIS received exactly the bytes of every order
    And the EMR receives IRIS's answer byte for byte
    When all exams are graded "normal in both eyes"
    Then the EMR receives exactly 3 ORU
    And every ORU has exactly the bytes that IRIS handed over
    And the fields of the ORU are
      | field  | value     | requirement |
      | MSH-2  | ^~\\&     | ESC-002     |
      | MSH-12 | <version> | VER-001     |
    And the ORU breaks no rule

    Examples:
      | emr    | version | proves  |
      | epic   | 2.4     |         |
      | cerner | 2.4     |         |
      | athena | 2.5.1   |         |
      | ochin  | 2.3.1   |         |
      | ecw    | 2.3     | ESC-003 |
