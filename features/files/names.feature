@files
Feature: Names of result files
  IRIS delivers a report as a file beside the messages. Path and name come from a template: IRIS fills in what belongs to the
  order, the proxy the moment of delivery.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @FILE-001 @FILE-006 @FILE-008 @FILE-070 @CON-047
  Scenario: The published example
    Then each of these templates names the file
      | requirement | template                                               | path            | value                          | file                                          |
      | FILE-070    | {root}\\{MMddyyyy}\\{clientLocalId}\\{orderLocalId}.pdf | PV1-3.1 ORC-2.1 | HarborviewClinic ; P0112X00123 | {MMddyyyy}\\HarborviewClinic\\P0112X00123.pdf |
    And 1 file is in the results folder
    And IRIS is told that the FILE was Accepted after 1 attempt
    And the signal of the FILE is completed

  Scenario: Tokens of the order
    Then each of these templates names the file
      | requirement       | template                                       | path        | value     | file                         |
      | FILE-004 FILE-020 | p/{patientLocalId}.pdf                         |             |           | p/ITCC20170410.pdf           |
      | FILE-031          | m/{patientLocalId}.pdf                         | PID-2       | M-77      | m/M-77.pdf                   |
      | FILE-032          | i/{orderId}.pdf                                |             |           | i/273015.pdf                 |
      | FILE-033          | o/{orderLocalId}.pdf                           | ORC-2.1     | P0112X    | o/P0112X.pdf                 |
      | FILE-034 FILE-035 | n/{patientLastName}_{patientFirstName}-5.pdf   |             |           | n/DOE_JOHN-5.pdf             |
      | FILE-036          | {clientLocalId}/6.pdf                          | PV1-3.1     | NORTH     | NORTH/6.pdf                  |
      | FILE-037          | {departmentLocalId}/7.pdf                      | ORC-13.4    | 20403     | 20403/7.pdf                  |
      | FILE-044          | e/{patientLastName}.pdf                        | PID-5.1     | A\\T\\B     | e/A&B.pdf                    |
      | FILE-040 FILE-023 | {clientLocalId}{orderLocalId}{orderLocalId}.pdf | ORC-2.1    | T9        | POC01T9T9.pdf                |
      | FILE-005 FILE-097 | x/{orderLocalId}.txt                           | ORC-2.1     | T10       | x/T10.txt                    |
      | FILE-005          | x/{orderLocalId}                               | ORC-2.1     | T11       | x/T11                        |
      | FILE-024          | static text, (1) & 'more'/{orderLocalId}.pdf   | ORC-2.1     | T12       | static text, (1) & 'more'/T12.pdf |
      | FILE-092          | n/{patientLastName}.pdf                        | PID-5.1     | MÜLLER    | n/MÜLLER.pdf                 |

  @FILE-030
  Scenario: The number of the patient in IRIS
    Then each of these templates names the file
      | requirement | template        | file    |
      | FILE-030    | {patientId}.pdf | 1.pdf   |

  @FILE-065
  Scenario: Tokens of date and time
    Then each of these templates names the file
      | requirement       | template                                        | file                                        |
      | FILE-050 FILE-062 | 1/{yyyy}.pdf                                    | 1/{yyyy}.pdf                                |
      | FILE-051 FILE-062 | 2/{MM}.pdf                                      | 2/{MM}.pdf                                  |
      | FILE-052 FILE-062 | 3/{dd}.pdf                                      | 3/{dd}.pdf                                  |
      | FILE-053          | 4/{yyyyMMdd_HHmmss}.pdf                         | 4/{yyyyMMdd_HHmmss}.pdf                     |
      | FILE-054          | 5/{yyyyMMdd}.pdf                                | 5/{yyyyMMdd}.pdf                            |
      | FILE-055          | 6/{MMddyyyy}.pdf                                | 6/{MMddyyyy}.pdf                            |
      | FILE-056          | 7/{YEST_yyyy}.pdf                               | 7/{YEST_yyyy}.pdf                           |
      | FILE-057          | 8/{YEST_MM}.pdf                                 | 8/{YEST_MM}.pdf                             |
      | FILE-058          | 9/{YEST_dd}.pdf                                 | 9/{YEST_dd}.pdf                             |
      | FILE-059          | 10/{YEST_yyyyMMdd_HHmmss}.pdf                   | 10/{YEST_yyyyMMdd_HHmmss}.pdf               |
      | FILE-060          | 11/{YEST_yyyyMMdd}.pdf                          | 11/{YEST_yyyyMMdd}.pdf                      |
      | FILE-061 FILE-063 | 12/{YEST_MMddyyyy}.pdf                          | 12/{YEST_MMddyyyy}.pdf                      |
      | FILE-071 FILE-023 | 13/{YEST_yyyy}\\{YEST_MM}\\{YEST_dd}\\{orderLocalId}.pdf | 13/{YEST_yyyy}/{YEST_MM}/{YEST_dd}/2017041000013.pdf |
      | FILE-071          | 14/{patientLocalId}_{yyyyMMdd_HHmmss}.pdf       | 14/ITCC20170410_{yyyyMMdd_HHmmss}.pdf       |
      | FILE-071          | 15/{yyyyMMdd}{orderLocalId}{orderLocalId}.pdf   | 15/{yyyyMMdd}20170410000152017041000015.pdf |

  Scenario: What is no token
    Then each of these templates names the file
      | requirement       | template           | file               |
      | FILE-021          | {yyyy-MM-dd}.pdf   | {yyyy-MM-dd}.pdf or nothing |
      | FILE-021 FILE-025 | {HHmm}.pdf         | {HHmm}.pdf or nothing |
      | FILE-022          | {mm}.pdf           | {mm}.pdf or nothing |
      | FILE-022          | {YYYY}.pdf         | {YYYY}.pdf or nothing |
      | FILE-022          | {PatientId}.pdf    | {PatientId}.pdf or nothing |
      | FILE-027          | [[PATIENT_ID]].pdf | [[PATIENT_ID]].pdf or nothing |
      | FILE-068          | {examDate}.pdf     | {examDate}.pdf or nothing |

  @FILE-003
  Scenario: A file beside a result
    Given IRIS delivers reports as files named "{orderLocalId}.pdf"
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 ORU
    And the file "2017041006.pdf" holds the report

  @FILE-003
  Scenario: A file alone
    Given IRIS delivers nothing but files named "{orderLocalId}.pdf"
    When an exam is ordered and graded "normal in both eyes"
    Then the file "2017041006.pdf" holds the report
    And the EMR receives exactly 0 ORU

  @FILE-013
  Scenario: A result that points to its file
    Given the clinic and IRIS agreed on "res.document=file"
    And IRIS delivers reports as files named "{root}/{clientLocalId}/{orderLocalId}.pdf"
    When an exam is ordered and graded "normal in both eyes"
    Then the path in OBX-5 of the ORU is that of the file

  @FILE-069
  Scenario: A result that is sent again has the time of that delivery
    Given IRIS delivers reports as files named "{yyyyMMdd_HHmmss}/{orderLocalId}.pdf"
    When an exam is ordered and graded "normal in both eyes"
    Then the file "{yyyyMMdd_HHmmss}/2017041006.pdf" holds the report
    When the next second has begun
    And the results are requested again
    Then the file "{yyyyMMdd_HHmmss}/2017041006.pdf" holds the report
    And 2 files are in the results folder
