@cloud-emrs
Feature: Several customers on one link
  The customers of a cloud EMR share one link (TOP-092). IRIS tells them apart by MSH-3 and MSH-4 of the order, and sends each
  result with the MSH-5 and MSH-6 that its customer was given. The mock cloud does the telling apart; the scenarios show, too,
  that the proxy between neither mixes two customers up nor takes the second for a repetition of the first.

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  @TOP-092 @TOP-094 @TOP-095 @TOP-096 @TOP-010
  Scenario: Results go back under the header values of the right customer
    Given these customers share the link
      | customer   | EMR    | MSH-3     | MSH-4    | MSH-5     | MSH-6   |
      | Lakeside   | athena | ATHENANET | 1959901  | LAKE_EMR  | LAKE    |
      | Hillside   | athena | ATHENANET | 1959902  | HILL_EMR  | HILL    |
      | Area ten   | ochin  | OCHIN     | SA10     | OCHIN     | SA10    |
      | Area two   | ochin  | OCHIN     | SA20     | OCHIN     | SA20    |
      | Eye center | ecw    | ECW       | ECWTEST2 | ECW       | CENTER2 |
    When these orders come on one connection
      | customer   |
      | Lakeside   |
      | Area ten   |
      | Hillside   |
      | Eye center |
      | Area two   |
      | Lakeside   |
      | Hillside   |
      | Area ten   |
    Then every order is accepted
    And IRIS received exactly the bytes of every order
    When every open exam is graded "normal in both eyes"
    Then each customer receives
      | customer   | ORU |
      | Lakeside   | 2   |
      | Hillside   | 2   |
      | Area ten   | 2   |
      | Area two   | 1   |
      | Eye center | 1   |
    And every ORU has exactly the bytes that IRIS handed over
    And the EMR receives all ORUs in the order in which IRIS queued them

  @TOP-095 @TOP-096 @ORM-KEY-001
  Scenario: Equal clinics, patients and order numbers of two customers stay apart
    Given these customers share the link
      | customer | EMR   | MSH-3 | MSH-4 | MSH-5 | MSH-6 |
      | Area ten | ochin | OCHIN | SA10  | TEN   | SA10  |
      | Area two | ochin | OCHIN | SA20  | TWO   | SA20  |
    When these orders come on one connection
      | customer | PV1-3.1 | PID-2[2].1 | ORC-2.1 | MSH-10 |
      | Area ten | MAIN    | 4711       | 2017001 | M1     |
      | Area two | MAIN    | 4711       | 2017001 | M1     |
    Then every order is accepted
    And IRIS holds exactly 2 orders
    When every open exam is graded "normal in both eyes"
    Then each customer receives
      | customer | ORU |
      | Area ten | 1   |
      | Area two | 1   |

  @TOP-095 @ORM-OC-CA @ORM-OC-005
  Scenario: A cancellation leaves the other customer's order of that number alone
    Given these customers share the link
      | customer | EMR    | MSH-3     | MSH-4   | MSH-5 | MSH-6 |
      | Lakeside | athena | ATHENANET | 1959901 | LAKE  | L     |
      | Hillside | athena | ATHENANET | 1959902 | HILL  | H     |
    When these orders come on one connection
      | customer | again | ORC-1 | ORC-2.1 |
      | Lakeside |       |       | 880     |
      | Hillside |       |       | 880     |
      | Hillside | 2     | CA    |         |
    Then every order is accepted
    When every open exam is graded "normal in both eyes"
    Then each customer receives
      | customer | ORU |
      | Lakeside | 1   |
      | Hillside | 0   |

  @TOP-095 @ORM-OC-XO
  Scenario: A change leaves the other customer's order of that number alone
    Given these customers share the link
      | customer | EMR    | MSH-3     | MSH-4   | MSH-5 | MSH-6 | order_control.XO |
      | Lakeside | athena | ATHENANET | 1959901 | LAKE  | L     | change           |
      | Hillside | athena | ATHENANET | 1959902 | HILL  | H     | change           |
    When these orders come on one connection
      | customer | again | ORC-1 | ORC-2.1 | PID-3.1 | PID-5.1 |
      | Lakeside |       |       | 880     | 12      | BEFORE  |
      | Hillside |       |       | 880     | 12      | BEFORE  |
      | Lakeside | 1     | XO    |         |         | BEHIND  |
    Then every order is accepted
    When every open exam is graded "normal in both eyes"
    Then each customer receives
      | customer | ORU |
      | Lakeside | 1   |
      | Hillside | 1   |

  @TOP-096 @DFT-GEN-001 @MDM-GEN-01 @TOP-007 @TOP-008
  Scenario: Charges and documents come for those who agreed on them
    Given these customers share the link
      | customer   | EMR    | MSH-3     | MSH-4    | MSH-5 | MSH-6  | dft.enabled | mdm.enabled |
      | Lakeside   | athena | ATHENANET | 1959901  | LAKE  | L      | on          |             |
      | Hillside   | athena | ATHENANET | 1959902  | HILL  | H      |             | on          |
      | Eye center | ecw    | ECW       | ECWTEST1 | ECW   | CENTER | on          | on          |
      | Area three | ochin  | OCHIN     | SA30     | OCHIN | SA30   |             |             |
    When these orders come on one connection
      | customer   |
      | Hillside   |
      | Lakeside   |
      | Eye center |
      | Area three |
      | Lakeside   |
    And every open exam is graded "normal in both eyes"
    Then each customer receives
      | customer   | ORU | MDM | DFT |
      | Lakeside   | 2   | 0   | 2   |
      | Hillside   | 0   | 1   | 0   |
      | Eye center | 0   | 1   | 1   |
      | Area three | 1   | 0   | 0   |

  @TOP-094 @ORM-KEY-003 @ORM-MSH-4
  Scenario Outline: An order of <whom> is refused, and the link goes on
    Given these customers share the link
      | customer | EMR    | MSH-3     | MSH-4   | MSH-5 | MSH-6 |
      | Lakeside | athena | ATHENANET | 1959901 | LAKE  | L     |
      | Area ten | ochin  | OCHIN     | SA10    | TEN   | SA10  |
    When these orders come on one connection
      | customer | MSH-3  | MSH-4  |
      | Lakeside | <app>  | <fac>  |
    Then the order is refused with <answer>
    And the EMR receives IRIS's answer byte for byte
    And IRIS holds exactly 0 orders
    When these orders come on one connection
      | customer |
      | Area ten |
    Then the order is accepted

    Examples:
      | whom                                 | app   | fac     | answer | proves      |
      | a practice that is unknown           |       | 1959999 | AR 204 | ORM-NEG-113 |
      | another application's facility       |       | SA10    | AR 204 | TOP-095     |
      | an application with another facility | OCHIN |         | AR 204 | TOP-095     |
      | nobody                               |       | ""      | AE 101 | ORM-NEG-112 |
