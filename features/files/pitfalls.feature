@files
Feature: Names that a file system does not like
  A value of an order can clash with the rules of a file system. Then either the report appears at a safe place or its delivery
  fails visibly: never a crash, never a file elsewhere, never another result replaced.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @FILE-080 @CON-078
  Scenario: Order numbers
    Given IRIS delivers reports as files named "{clientLocalId}\{orderLocalId}.pdf"
    Then each of these orders is written safely or visibly not at all
      | requirement       | path    | value              |
      | FILE-081          | ORC-2.1 | A/B                |
      | FILE-081          | ORC-2.1 | A\\E\\B              |
      | FILE-081          | ORC-2.1 | 12:30              |
      | FILE-081          | ORC-2.1 | P?1                |
      | FILE-081          | ORC-2.1 | "X"                |
      | FILE-081          | ORC-2.1 | a<b>c*d            |
      | FILE-082          | ORC-2.1 | X:Y                |
      | FILE-083          | ORC-2.1 | ..\\E\\..\\E\\Windows\\E\\x |
      | FILE-083          | ORC-2.1 | ../x               |
      | FILE-083          | ORC-2.1 | ../../x            |
      | FILE-083          | ORC-2.1 | ..                 |
      | FILE-084          | ORC-2.1 | C:\\E\\x             |
      | FILE-084          | ORC-2.1 | \\E\\E\\srv\\E\\share\\E\\x |
      | FILE-084          | ORC-2.1 | /x                 |
      | FILE-085          | ORC-2.1 | CON                |
      | FILE-085          | ORC-2.1 | nul                |
      | FILE-085          | ORC-2.1 | nul.pdf            |
      | FILE-085          | ORC-2.1 | PRN                |
      | FILE-085          | ORC-2.1 | AUX                |
      | FILE-085          | ORC-2.1 | COM1               |
      | FILE-085          | ORC-2.1 | com9.x             |
      | FILE-085          | ORC-2.1 | LPT1               |
      | FILE-087          | ORC-2.1 | abc1               |
      | FILE-087          | ORC-2.1 | ABC1               |
      | FILE-093          | ORC-2.1 | %TEMP%             |
      | FILE-093          | ORC-2.1 | ${X}               |
      | FILE-094          | ORC-2.1 | .leading dot       |
      | FILE-094          | ORC-2.1 | a,b;c#d'e          |

  @FILE-080 @CON-078
  Scenario: Names, patients and clinics
    Given IRIS delivers reports as files named "{clientLocalId}\{patientLocalId}\{patientLastName}\{orderLocalId}.pdf"
    Then each of these orders is written safely or visibly not at all
      | requirement       | path    | value                                  |
      | FILE-081          | PID-5.1 | O\\F\\NEIL                               |
      | FILE-083          | PV1-3.1 | ..                                     |
      | FILE-086          | PV1-3.1 | CLINIC.                                |
      | FILE-086          | PV1-3.1 | CLINIC[0x20]                           |
      | FILE-086          | PV1-3.1 | CLINIC                                 |
      | FILE-026 FILE-093 | PID-2   | {orderId}                              |
      | FILE-092          | PID-5.1 | NUÑEZ                                  |
      | FILE-092          | PID-5.1 | NUÑEZ                                  |
      | FILE-094          | PID-5.1 | O'NEIL                                 |
      | FILE-094          | PID-5.1 | A \\T\\ B                                |
      | FILE-090          | PID-5.1 | NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN |

  @FILE-042
  Scenario: A token that is not set leaves no level out
    Given IRIS delivers reports as files named "results\{departmentLocalId}\{orderLocalId}.pdf"
    When the EMR sends the order "new-order" with ORC-13.4 set to ""
    And the exam is graded "normal in both eyes"
    Then IRIS is told that the FILE was NotSent
    And 0 files are in the results folder
    And the signal of the FILE is dead-lettered with reason "EmrNotAccepted"

  @FILE-043 @FILE-091
  Scenario Outline: A name is more than its extension: <value>
    Given IRIS delivers reports as files named "<template>"
    When the EMR sends the order "new-order" with ORC-13.4 set to "<value>"
    And the exam is graded "normal in both eyes"
    Then IRIS is told that the FILE was NotSent
    And 0 files are in the results folder

    Examples:
      | template                    | value  |
      | r/{departmentLocalId}.pdf   |        |
      | {departmentLocalId}/x.pdf   | [0x20] |

  @FILE-088 @FILE-096
  Scenario: Two results of one name are both kept
    Given IRIS delivers reports as files named "report.pdf"
    Then each of these orders is written safely or visibly not at all
      | requirement       | path    | value |
      | FILE-088 FILE-096 | ORC-2.1 | ONE   |
      | FILE-088 FILE-096 | ORC-2.1 | TWO   |
      | FILE-088 FILE-096 | ORC-2.1 | THREE |

  @FILE-088 @FILE-096 @TOP-063
  Scenario: Two instances that write several results of one name at the same time keep them all
    Given a second proxy instance is connected
    And IRIS takes 60 ms to answer requests for deliveries
    And IRIS delivers nothing but files named "report.pdf"
    When the EMR orders 6 exams on one connection
    And all exams are graded "normal in both eyes"
    Then every report is in a file of its own
    And 6 files are in the results folder

  @FILE-098 @TOP-063
  Scenario: Two instances that write one result at the same time leave one whole file
    Given a second proxy instance is connected
    And IRIS takes 60 ms to answer requests for deliveries
    And IRIS delivers nothing but files named "{orderLocalId}.pdf"
    When an exam is ordered and graded "normal in both eyes"
    And the signal of the FILE comes again
    Then IRIS is told 2 times that the FILE was Accepted
    And the file "2017041006.pdf" holds the report
    And 1 file is in the results folder

  @FILE-098 @TOP-063
  Scenario: Two instances that get one signal write one file
    Given a second proxy instance is connected
    And IRIS delivers reports as files named "{orderLocalId}.pdf"
    When an exam is ordered and graded "normal in both eyes"
    Then the file "2017041006.pdf" holds the report
    When the signal of the FILE comes again
    Then 1 file is in the results folder
