@orders @TOP-010
Feature: Fields of an order that are not needed
  IRIS ignores them, or keeps them to itself. An order that fills them is accepted, the proxy hands every byte on, and no
  result, document or charge brings their values back (03-orm, section 3, use O, X and N).

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected
    And charges are enabled for the organization

  @ORM-TOL-002
  Scenario: MSH
    When the EMR sends the order "new-order" with each of these values, and then with all of them
      | requirement    | path                               | value                       |
      | ORM-MSH-3      | MSH-3                              | QSENDAPP                    |
      | ORM-MSH-5      | MSH-5                              | QRECVAPP^1.2.840.113619^ISO |
      | ORM-MSH-6      | MSH-6                              | QRECVFAC                    |
      | ORM-MSH-8      | MSH-8                              | QSIGNER                     |
      | ORM-MSH-9.3    | MSH-9.3                            | ORM_O01                     |
      | ORM-MSH-13..20 | MSH-13 MSH-14 MSH-17 MSH-19 MSH-20 | QHEADER                     |
    And the exam is graded "normal in both eyes"
    Then the ORU breaks no rule
    And the DFT breaks no rule
    And no message to the EMR holds any of these values

  @ORM-TOL-002
  Scenario: PID
    When the EMR sends the order "new-order" with each of these values, and then with all of them
      | requirement        | path       | value                                     |
      | ORM-PID-1          | PID-1      | 77101                                     |
      | ORM-PID-2.2        | PID-2.2    | QCHECK                                    |
      | ORM-PID-2.3        | PID-2.3    | QMOD10                                    |
      | ORM-PID-2.4        | PID-2.4    | QAUTHORITY&1.2.840.113619&QISO            |
      | ORM-PAT-007        | PID-3      | QOTHERMRN^^^^MRN                          |
      | ORM-PID-4          | PID-4      | QALTERNATE^^^QALTNS~QSECOND               |
      | ORM-PID-5.3..      | PID-5.3..7 | QMIDDLE                                   |
      | ORM-PID-6          | PID-6      | QMAIDEN^MOTHER\\T\\SON                    |
      | ORM-PID-9          | PID-9      | QALIAS^NICK                               |
      | ORM-PID-10 ORM-C7  | PID-10     | QRACE^Asian^HL70005                       |
      | ORM-PID-11         | PID-11     | 9 QSTREET^^QTOWN^OR^97201~PO QBOX         |
      | ORM-PID-12         | PID-12     | QCOUNTY                                   |
      | ORM-PID-13         | PID-13     | (503)5550101^PRN^PH^^^503^5550101~QMOBILE |
      | ORM-PID-14         | PID-14     | (503)5550102^WPN^PH                       |
      | ORM-PID-15         | PID-15     | QLANGUAGE^Navajo^ISO639                   |
      | ORM-PID-16         | PID-16     | QMARITAL                                  |
      | ORM-PID-17         | PID-17     | QRELIGION                                 |
      | ORM-TOL-019 ORM-C6 | PID-19     | 999887777                                 |
      | ORM-PID-20..30     | PID-20..30 | QPIDREST                                  |
    And the exam is graded "normal in both eyes"
    Then the fields of the ORU are
      | field  | value        | requirement   |
      | PID-1  |              | ORM-PID-1     |
      | PID-2  | ITCC20170410 | ORM-PAT-007   |
      | PID-3  | ITCC20170410 | ORM-PAT-007   |
      | PID-5  | DOE^JOHN     | ORM-PID-5.3.. |
      | PID-9  |              | ORM-PID-9     |
      | PID-10 |              | ORM-PID-10    |
      | PID-11 |              | ORM-PID-11    |
      | PID-12 |              | ORM-PID-12    |
      | PID-13 |              | ORM-PID-13    |
      | PID-16 |              | ORM-PID-16    |
      | PID-19 |              | ORM-TOL-019   |
    And the DFT breaks no rule
    And no message to the EMR holds any of these values

  @ORM-TOL-002
  Scenario: PV1
    When the EMR sends the order "new-order" with each of these values, and then with all of them
      | requirement       | path       | value                    |
      | ORM-PV1-1         | PV1-1      | 77201                    |
      | ORM-PV1-4..43     | PV1-4..43  | QVISIT^QPART&QSUB~QAGAIN |
      | ORM-PV1-44 ORM-C9 | PV1-44     | 19991231235901           |
      | ORM-PV1-45..52    | PV1-45..52 | QVISITEND                |
    And the exam is graded "normal in both eyes"
    Then the fields of the ORU are
      | field  | value          | requirement   |
      | PV1-1  | 1              | ORM-PV1-1     |
      | PV1-4  |                | ORM-PV1-4..43 |
      | PV1-19 | 1234           | ORM-PV1-4..43 |
      | PV1-44 | 20170410145803 | ORM-PV1-44    |
      | PV1-45 | 20170410145803 | ORM-PV1-44    |
    And the DFT breaks no rule
    And no message to the EMR holds any of these values

  @ORM-TOL-002
  Scenario: ORC
    When the EMR sends the order "new-order" with each of these values, and then with all of them
      | requirement                   | path          | value                                  |
      | ORM-ORC-2.2 ORM-C31           | ORC-2.2       | QPLACERNS                              |
      | ORM-ORC-3 ORM-KEY-005         | ORC-3         | QFILLER^QFILLNS                        |
      | ORM-ORC-4                     | ORC-4         | QGROUP^QGRPNS                          |
      | ORM-ORC-5                     | ORC-5         | QSTATUS                                |
      | ORM-ORC-6                     | ORC-6         | QRESPONSE                              |
      | ORM-ORC-7 ORM-C10             | ORC-7         | 04101999_150905^QTIMING~^^^19991230^^R |
      | ORM-ORC-8                     | ORC-8         | QPARENT&QPNS^QCHILD&QCNS               |
      | ORM-ORC-10                    | ORC-10        | QENTERED^BYSOMEONE~QENTERED2           |
      | ORM-ORC-10.1                  | ORC-10.1      | QENTERER                               |
      | ORM-ORC-10.2                  | ORC-10.2      | QENTFAMILY                             |
      | ORM-ORC-10.3 ORM-C29          | ORC-10.3      | QENTGIVEN S                            |
      | ORM-ORC-10.4                  | ORC-10.4      | QENTMIDDLE                             |
      | ORM-ORC-10.5                  | ORC-10.5      | QENTSUFFIX                             |
      | ORM-ORC-11                    | ORC-11        | QVERIFIED^QVERIFIER                    |
      | ORM-ORC-12.4..8               | ORC-12.4..8   | QPROVMID                               |
      | ORM-ORC-12.9 ORM-PRV-007      | ORC-12.9      | QASSIGNER                              |
      | ORM-ORC-12.10..11             | ORC-12.10..11 | QPROVTEN                               |
      | ORM-ORC-12.12                 | ORC-12.12     | QPROVSCHEME                            |
      | ORM-ORC-13.1                  | ORC-13.1      | QENTLOC                                |
      | ORM-ORC-13.2                  | ORC-13.2      | QROOM                                  |
      | ORM-ORC-13.3                  | ORC-13.3      | QBEDNINE                               |
      | ORM-ORC-13.4                  | ORC-13.4      | QFACILITY                              |
      | ORM-ORC-13.5..7               | ORC-13.5..7   | QLOCSTATUS                             |
      | ORM-ORC-13.8 ORM-C14          | ORC-13.8      | QFLOOR                                 |
      | ORM-ORC-13.9 ORM-C14          | ORC-13.9      | QLOCTEXT                               |
      | ORM-ORC-14                    | ORC-14        | (503)5550103^^^^^503^5550103           |
      | ORM-ORC-15                    | ORC-15        | 19991231235902                         |
      | ORM-ORC-16                    | ORC-16        | QREASON^Reasontext                     |
      | ORM-ORC-17                    | ORC-17        | QENTORG                                |
      | ORM-ORC-18                    | ORC-18        | QDEVICE^QDEVTEXT^^20403001             |
      | ORM-ORC-19                    | ORC-19        | QACTION^QACTOR                         |
      | ORM-ORC-20                    | ORC-20        | QNOTICE                                |
      | ORM-ORC-21                    | ORC-21        | QORDFAC                                |
      | ORM-ORC-22                    | ORC-22        | 1 QFACSTREET^^QFACTOWN                 |
      | ORM-ORC-23                    | ORC-23        | (503)5550104                           |
      | ORM-ORC-24 ORM-C15            | ORC-24        | 2 QPROVSTREET                          |
      | ORM-ORC-25                    | ORC-25        | QMODIFIER                              |
      | ORM-ORC-26..32 ORM-C16 VER-C2 | ORC-26..32    | QLATER                                 |
    And the exam is graded "normal in both eyes"
    Then the fields of the ORU are
      | field    | value  | requirement  |
      | ORC-2.2  |        | ORM-ORC-2.2  |
      | ORC-3.2  | IRIS   | ORM-ORC-3    |
      | ORC-4    |        | ORM-ORC-4    |
      | ORC-5    | F      | ORM-ORC-5    |
      | ORC-12.1 | OP0001 | ORM-ORC-12.9 |
      | OBR-2.2  |        | ORM-ORC-2.2  |
      | PV1-3    | POC01  | ORM-ORC-13.1 |
    And the DFT breaks no rule
    And no message to the EMR holds any of these values

  @ORM-TOL-002
  Scenario: OBR
    When the EMR sends the order "new-order" with each of these values, and then with all of them
      | requirement        | path    | value                        |
      | ORM-OBR-1 ORM-C18  | OBR-1   | 1                            |
      | ORM-OBR-2          | OBR-2   | QPLACER^QPLNS                |
      | ORM-OBR-2.1        | OBR-2.1 | QPLACERTWO                   |
      | ORM-OBR-2.2        | OBR-2.2 | QPLACERNS                    |
      | ORM-OBR-3          | OBR-3   | QFILLER^QFILLNS              |
      | ORM-OBR-5          | OBR-5   | QPRIORITY                    |
      | ORM-OBR-6          | OBR-6   | 19991230                     |
      | ORM-OBR-7          | OBR-7   | 19991230010101               |
      | ORM-OBR-8          | OBR-8   | 19991230010102               |
      | ORM-OBR-9          | OBR-9   | QVOLUME^QML                  |
      | ORM-OBR-10         | OBR-10  | QCOLLECTOR~QTWO2             |
      | ORM-OBR-11         | OBR-11  | QSPECACTION                  |
      | ORM-OBR-12         | OBR-12  | QDANGER                      |
      | ORM-OBR-13         | OBR-13  | QCLINICAL\\.br\\QLINE        |
      | ORM-OBR-14         | OBR-14  | 19991230010103               |
      | ORM-OBR-15         | OBR-15  | QSPECIMEN&QSUB               |
      | ORM-OBR-16         | OBR-16  | OP0999^QPROVFAM^QPROVGIV     |
      | ORM-OBR-17         | OBR-17  | (503)5550105^^^^^503^5550105 |
      | ORM-OBR-18         | OBR-18  | QPLFIELD1                    |
      | ORM-OBR-19         | OBR-19  | QPLFIELD2                    |
      | ORM-OBR-20         | OBR-20  | QFLFIELD1                    |
      | ORM-OBR-21         | OBR-21  | QFLFIELD2                    |
      | ORM-OBR-22         | OBR-22  | 19991230010104               |
      | ORM-OBR-23         | OBR-23  | QCHARGE                      |
      | ORM-OBR-24 ORM-C23 | OBR-24  | QSECTION                     |
      | ORM-OBR-25         | OBR-25  | QRESULT                      |
      | ORM-OBR-26         | OBR-26  | QPARENTRES                   |
      | ORM-OBR-27         | OBR-27  | ^^^19991229^^QROUTINE        |
      | ORM-OBR-28         | OBR-28  | QCOPYTO                      |
      | ORM-OBR-29         | OBR-29  | QPARENTNO                    |
      | ORM-OBR-30         | OBR-30  | QTRANSPORT                   |
      | ORM-OBR-31         | OBR-31  | QSTUDYWHY                    |
      | ORM-OBR-32         | OBR-32  | QINTERPRET                   |
      | ORM-OBR-33         | OBR-33  | QASSISTANT                   |
      | ORM-OBR-34         | OBR-34  | QTECHNICIAN                  |
      | ORM-OBR-35         | OBR-35  | QTRANSCRIBER                 |
      | ORM-OBR-36         | OBR-36  | 19991228                     |
      | ORM-OBR-37         | OBR-37  | 77301                        |
      | ORM-OBR-38         | OBR-38  | QLOGISTICS                   |
      | ORM-OBR-39         | OBR-39  | QCOMMENT                     |
      | ORM-OBR-40         | OBR-40  | QARRANGER                    |
      | ORM-OBR-41         | OBR-41  | QARRANGED                    |
      | ORM-OBR-42         | OBR-42  | QESCORT                      |
      | ORM-OBR-43 ORM-C15 | OBR-43  | QPLANNED                     |
      | ORM-OBR-44         | OBR-44  | QPROCEDURE                   |
      | ORM-OBR-45         | OBR-45  | QPROCMOD                     |
      | ORM-OBR-46         | OBR-46  | QPLSUPP                      |
      | ORM-OBR-47         | OBR-47  | QFLSUPP                      |
    And the exam is graded "normal in both eyes"
    Then the fields of the ORU are
      | field    | value          | requirement       |
      | OBR-1    | 1              | ORM-OBR-1         |
      | OBR-6    |                | ORM-OBR-6 ORM-C21 |
      | OBR-7    | 20170410145803 | ORM-OBR-7         |
      | OBR-14   | 20170410145803 | ORM-OBR-14        |
      | OBR-16.1 | OP0001         | ORM-OBR-16        |
      | OBR-22   | 20170410145901 | ORM-OBR-22        |
      | OBR-24   |                | ORM-OBR-24        |
    And the DFT breaks no rule
    And no message to the EMR holds any of these values

  @ORM-TOL-002
  Scenario: DG1
    When the EMR sends the order "new-order" with each of these values, and then with all of them
      | requirement         | path    | value          |
      | ORM-DG1-3.3 ORM-C24 | DG1-3.3 | QSYSTEM        |
      | ORM-DG1-5           | DG1-5   | 19991231235903 |
      | ORM-DG1-6 ORM-C25   | DG1-6   | QICD9 QSTREAM  |
    And the exam is graded "normal in both eyes"
    Then the ORU breaks no rule
    And the DFT breaks no rule
    And no message to the EMR holds any of these values

  @ORM-TOL-015
  Scenario: Segments that IRIS does not know
    When the EMR sends the order "order-other-segments" with each of these values, and then with all of them
      | requirement         | path     | value         |
      | ORM-SEG-007 ESC-008 | NTE-3    | QMSHNOTE      |
      | ORM-SEG-007         | NTE[2]-3 | QPIDNOTE      |
      | ORM-SEG-007         | PD1-4    | QPDONE        |
      | ORM-SEG-007         | PV2-3    | QPVTWO        |
      | ORM-SEG-007         | IN1-4    | QINSURER      |
      | ORM-SEG-007         | IN2-2    | QINTWO        |
      | ORM-SEG-007         | IN3-2    | QINTHREE      |
      | ORM-SEG-007         | GT1-3    | QGUARANTOR    |
      | ORM-SEG-007         | AL1-3    | QALLERGY      |
      | ORM-SEG-007         | NTE[3]-3 | QOBRNOTE      |
      | ORM-SEG-007         | CTD-2    | QCONTACT      |
      | ORM-SEG-007         | OBX-5    | QOBSERVED     |
      | ORM-SEG-007         | FT1-7    | QTRANSACT     |
      | ORM-SEG-007         | CTI-1    | QTRIAL        |
      | ORM-SEG-007         | BLG-1    | QBILLING      |
      | ORM-SEG-007 ESC-008 | ZEF-5    | QBASE64DATA== |
    And the exam is graded "normal in both eyes"
    Then the ORU breaks no rule
    And the DFT breaks no rule
    And no message to the EMR holds any of these values

  @ORM-TOL-002
  Scenario: Nothing of them is in a document either
    Given results are sent as documents
    When the EMR sends the order "new-order" with each of these values, and then with all of them
      | requirement   | path                                                       | value    |
      | ORM-MSH-8     | MSH-3 MSH-5 MSH-6 MSH-8 MSH-13 MSH-14 MSH-17 MSH-19 MSH-20 | QHEADER  |
      | ORM-PID-11    | PID-3 PID-4 PID-6 PID-9..17 PID-19..30                     | QPATIENT |
      | ORM-PV1-4..43 | PV1-4..52                                                  | QVISIT   |
      | ORM-ORC-18    | ORC-2.2 ORC-3..8 ORC-10 ORC-11 ORC-13..32                  | QORDER   |
      | ORM-OBR-13    | OBR-2 OBR-3 OBR-5..47                                      | QSERVICE |
      | ORM-DG1-6     | DG1-5 DG1-6                                                | QDISEASE |
    And the exam is graded "normal in both eyes"
    Then the MDM breaks no rule
    And the DFT breaks no rule
    And no message to the EMR holds any of these values
