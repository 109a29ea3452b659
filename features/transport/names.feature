@transport @published-names
Feature: The names under which IRIS is found
  An installed proxy knows IRIS by published host names, of one environment. In a run these names, and all others that IRIS has
  or had, lead to the mock cloud, so that every contact is seen. Ports are 443 and 5671 in the field, free ones in a run.

  @TOP-045 @TOP-046 @TOP-047 @TOP-C9 @TOP-050 @TOP-051 @TOP-054 @CON-004
  Scenario: The names of the test environment, and no others
    Given an EMR, a proxy that finds IRIS by its published test names, and the IRIS cloud are connected
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 ORU
    Given the setting intake of the proxy is "blob"
    When the EMR orders an exam for a synthetic patient
    Then the order is accepted
    And the proxy has connected to these hosts and to no others
      | host                                                     | requirement      |
      | irisicdqa.blob.core.windows.net                          | TOP-EP-T1        |
      | iris-clientresults-qa.servicebus.windows.net             | TOP-EP-T2        |
      | iris-organization-notification-qa.servicebus.windows.net | TOP-EP-T3        |
      | config-proxy-qa.azconfig.io                              | TOP-EP-T4        |
      | login.microsoftonline.com                                | TOP-EP-T5 TOP-C3 |
      | icemr-api-test.retinalscreenings.com                     | TOP-EP-T7        |

  @TOP-045 @TOP-046 @TOP-047 @TOP-C9 @TOP-050 @TOP-051 @TOP-054 @CON-004
  Scenario: The names of the production environment, and no others
    Given an EMR, a proxy that finds IRIS by its published production names, and the IRIS cloud are connected
    When an exam is ordered and graded "normal in both eyes"
    Then the EMR receives exactly 1 ORU
    Given the setting intake of the proxy is "blob"
    When the EMR orders an exam for a synthetic patient
    Then the order is accepted
    And the proxy has connected to these hosts and to no others
      | host                                                       | requirement      |
      | irisicdprodb.blob.core.windows.net                         | TOP-EP-P1        |
      | iris-clientresults-prodb.servicebus.windows.net            | TOP-EP-P2        |
      | iris-organization-notification-prod.servicebus.windows.net | TOP-EP-P3        |
      | config-proxy-prodb.azconfig.io                             | TOP-EP-P4        |
      | login.microsoftonline.com                                  | TOP-EP-P5 TOP-C3 |
      | icemr-api.retinalscreenings.com                            | TOP-EP-P7        |
