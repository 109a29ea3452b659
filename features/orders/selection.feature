@orders
Feature: What IRIS takes from an order
  Patient id, ordering provider and clinic stand where clinic and IRIS agreed, and results bring them back (03-orm, section 4).

  Background:
    Given an EMR, a proxy and the IRIS cloud are connected

  Scenario Outline: The patient id <mrn> by type <type>
    Given the clinic and IRIS agreed on "patient_id.type=<type>"
    When the EMR sends the order "repeating-ids"
    And the exam is graded "normal in both eyes"
    Then the fields of the ORU are
      | field | value | requirement           |
      | PID-2 | <mrn> | ORM-PAT-004 ORM-PID-2 |
      | PID-3 | <mrn> | ORM-PAT-001           |

    Examples:
      | type  | mrn   |
      | MRN   | T1234 |
      | CHMRN | M001  |

  Scenario: Patient ids in PID-2
    Then each of these changes to the order "new-order" gets its answer
      | requirement             | path  | value                      | answer                       |
      | ORM-PID-2.5 ORM-NEG-205 | PID-2 | T1234~M001                 | AE 101 PID-2                 |
      | ORM-PAT-003 ORM-NEG-207 | PID-2 | T1234^^^^EPI~M001^^^^CHMRN | AE 101 PID-2 or AR 204 PID-2 |
      | ORM-PAT-003 ORM-NEG-208 | PID-2 | M001^^^^CHMRN~^^^^MRN      | AE 101 PID-2                 |
      | ORM-PAT-005             | PID-2 | M001^^^^CHMRN~T1234^^^^MRN | AA                           |
      | ORM-PAT-005             | PID-2 | M001^^^^CHMRN~T1234^^^^Mrn | AE 101 PID-2 or AR 204 PID-2 |
      | ORM-PAT-002 ORM-TOL-010 | PID-2 | ITCC20170410               | AA                           |

  Scenario: A single patient id needs no type, and PID-3 has no effect
    When the EMR sends the order "new-order" with PID-2 set to "ONLYONE"
    And the exam is graded "normal in both eyes"
    Then the fields of the ORU are
      | field | value   | requirement             |
      | PID-2 | ONLYONE | ORM-PAT-002 ORM-PID-2.1 |
      | PID-3 | ONLYONE | ORM-PAT-007 ORM-PID-2.1 |

  @TOP-010
  Scenario: Patient ids in PID-3
    Given the clinic and IRIS agreed on
      | patient_id.source | PID-3 |
    Then each of these changes to the order "new-order" gets its answer
      | requirement                | path  | value                    | answer       |
      | ORM-PID-3.1 ORM-NEG-209    | PID-3 |                          | AE 101 PID-3 |
      | ORM-PID-3.1                | PID-3 | ^^^^MRN                  | AE 101 PID-3 |
      | ORM-PID-3.5 ORM-NEG-210    | PID-3 | T1234~M001               | AE 101 PID-3 |
      | ORM-PID-3.5                | PID-3 | T1234^^^^EPI~M001^^^^MRN | AA           |
      | ORM-PID-3 ORM-PID-2 ORM-C5 | PID-2 |                          | AA           |

  Scenario: The patient id of PID-3 comes back
    Given the clinic and IRIS agreed on
      | patient_id.source | PID-3 |
    When the EMR sends the order "new-order" with PID-3 set to "T1234^^^^EPI~M001^^^^MRN"
    And the exam is graded "normal in both eyes"
    Then the fields of the ORU are
      | field | value | requirement             |
      | PID-2 | M001  | ORM-PID-3.1 ORM-PAT-007 |
      | PID-3 | M001  | ORM-PID-3               |

  Scenario: The same patient id at two clinics is two patients, and both orders stay open
    Then each of these changes to the order "new-order" gets its answer
      | requirement | path                 | value              |
      | ORM-PAT-009 | MSH-10 ORC-2.1 PV1-3 | A1 ; 70001 ; POC01 |
      | ORM-PAT-009 | MSH-10 ORC-2.1 PV1-3 | A2 ; 70002 ; POC02 |
      | ORM-PAT-009 | MSH-10 ORC-2.1 PV1-3 | A1 ; 70001 ; POC01 |
    When the exam is graded "normal in both eyes"
    Then the ORU has "70001" in ORC-2

  Scenario Outline: The ordering provider <id> by type <type>
    Given the clinic and IRIS agreed on "provider.type=<type>"
    When the EMR sends the order "repeating-ids"
    And the exam is graded "normal in both eyes"
    Then the fields of the ORU are
      | field    | value | requirement                        |
      | ORC-12.1 | <id>  | ORM-PRV-006 ORM-PRV-001 ORM-ORC-12 |
      | OBR-16.1 | <id>  | ORM-PRV-006 ORM-C30                |
      | PV1-8.1  | <id>  | ORM-PRV-006                        |
      | ORC-12.2 | DOE   | ORM-PRV-001 ORM-ORC-12.2           |
      | ORC-12.3 | JACK  | ORM-PRV-001 ORM-ORC-12.3           |

    Examples:
      | type     | id     |
      | SERDOTON | OP0001 |
      | PACS     | 868    |

  Scenario: Ordering providers with their type in ORC-12.13
    Then each of these changes to the order "new-order" gets its answer
      | requirement                        | path   | value                                                        | answer                         |
      | ORM-ORC-12 ORM-NEG-413 ORM-PRV-008 | ORC-12 |                                                              | AE 101 ORC-12                  |
      | ORM-ORC-12.1 ORM-NEG-415           | ORC-12 | ^DOE^JACK^^^^^^^^^^SERDOTON                                  | AE 101 ORC-12                  |
      | ORM-ORC-12.2 ORM-NEG-416           | ORC-12 | OP0001^^JACK^^^^^^^^^^SERDOTON                               | AE 101 ORC-12                  |
      | ORM-ORC-12.3 ORM-NEG-417           | ORC-12 | OP0001^DOE^^^^^^^^^^^SERDOTON                                | AE 101 ORC-12                  |
      | ORM-ORC-12.13 ORM-NEG-418          | ORC-12 | OP0001^DOE^JACK~868^DOE^JACK                                 | AE 101 ORC-12                  |
      | ORM-PRV-002 ORM-NEG-419            | ORC-12 | 1^DOE^JACK^^^^^^^^^^NPI~868^DOE^JACK^^^^^^^^^^PACS           | AE 103 ORC-12 or AR 204 ORC-12 |
      | ORM-PRV-005 ORM-NEG-412            | ORC-12 | 868^DOE^JACK^^^^^^^^^^PACS                                   | AE 103 ORC-12                  |
      | ORM-PRV-005 ORM-C12                | ORC-12 | OP0001^DOE^JACK                                              | AA                             |
      | ORM-PRV-007                        | ORC-12 | OP0001^DOE^JACK^^^^^^PACS^^^^SERDOTON                        | AA                             |
      | ORM-ORC-12.13                      | ORC-12 | 868^DOE^JACK^^^^^^^^^^PACS~OP0001^DOE^JACK^^^^^^^^^^SERDOTON | AA                             |

  Scenario: Ordering providers with their type in ORC-12.9
    Given the clinic and IRIS agreed on
      | provider.type_component | 9 |
    Then each of these changes to the order "new-order" gets its answer
      | requirement                          | path   | value                                                        | answer        |
      | ORM-ORC-12.9 ORM-TOL-012 ORM-PRV-003 | ORC-12 | 868^DOE^JACK^^^^^^PACS~OP0001^DOE^JACK^^^^^^SERDOTON         | AA            |
      | ORM-PRV-007 ORM-C13                  | ORC-12 | OP0001^DOE^JACK^^^^^^SERDOTON^^^^PACS                        | AA            |
      | ORM-PRV-007                          | ORC-12 | OP0001^DOE^JACK^^^^^^PACS^^^^SERDOTON                        | AE 103 ORC-12 |
      | ORM-ORC-12.9                         | ORC-12 | OP0001^DOE^JACK^^^^^^^^^^SERDOTON~868^DOE^JACK^^^^^^^^^^PACS | AE 101 ORC-12 |

  Scenario: The provider by ORC-12.9 comes back
    Given the clinic and IRIS agreed on
      | provider.type_component | 9 |
    When the EMR sends the order "new-order" with ORC-12 set to "868^ROE^JANE^^^^^^PACS^^^^SERDOTON~OP0001^DOE^JACK^^^^^^SERDOTON^^^^PACS"
    And the exam is graded "normal in both eyes"
    Then the fields of the ORU are
      | field    | value  | requirement             |
      | ORC-12.1 | OP0001 | ORM-PRV-003 ORM-TOL-012 |
      | ORC-12.2 | DOE    | ORM-PRV-007             |

  Scenario: Without an agreement the type is NPI
    Given the clinic and IRIS agreed on
      | provider.type | NPI |
    Then each of these changes to the order "new-order" gets its answer
      | requirement | path   | value                                                          | answer        |
      | ORM-PRV-004 | ORC-12 | 1234567893^DOE^JACK^^^^^^^^^^NPI                               | AA            |
      | ORM-PRV-004 | ORC-12 | OP0001^DOE^JACK^^^^^^^^^^SERDOTON                              | AE 103 ORC-12 |
      | ORM-PRV-004 | ORC-12 | OP0001^DOE^JACK^^^^^^^^^^PACS~1234567893^DOE^JACK^^^^^^^^^^NPI | AA            |

  @ORM-NEG-503 @ORM-NEG-504
  Scenario: Another provider and another number in OBR have no effect
    When the EMR sends the order "new-order" with OBR-16 set to "OP0999^ROE^JANE^^^^^^SERDOTON^^^^SERDOTON"
    Then the order is accepted
    When the exam is graded "normal in both eyes"
    Then the fields of the ORU are
      | field    | value  | requirement                        |
      | OBR-16.1 | OP0001 | ORM-NEG-503 ORM-PRV-008 ORM-OBR-16 |
      | OBR-16.2 | DOE    | ORM-C22                            |
      | ORC-12.1 | OP0001 | ORM-ORC-12.1                       |

  Scenario: ORC-2.1 is the number of the order, whatever OBR-2 says
    When the EMR sends the order "new-order" with OBR-2 set to "2017041099^OTHER"
    Then the order is accepted
    When the exam is graded "normal in both eyes"
    Then the fields of the ORU are
      | field   | value      | requirement                       |
      | ORC-2   | 2017041006 | ORM-NEG-504 ORM-ORC-2 ORM-ORC-2.1 |
      | OBR-2   | 2017041006 | ORM-NEG-504 ORM-C19 ORM-OBR-2     |
      | ORC-3.1 | 273013     | ORM-KEY-005                       |
      | OBR-3.1 | 273013     | ORM-KEY-005                       |

  Scenario: The clinic from ORC-13.1
    Given the clinic and IRIS agreed on
      | location.source     | ORC-13.1                        |
      | orm.known_locations | {DFM: First Clinic, NO1: Other} |
    Then each of these changes to the order "new-order" gets its answer
      | requirement                      | path     | value    | answer                         |
      | ORM-ORC-13 ORM-NEG-306 ORM-C17   | ORC-13   |          | AE 101 ORC-13                  |
      | ORM-ORC-13.1                     | ORC-13   | ^^^20403 | AE 101 ORC-13                  |
      | ORM-ORC-13.1 ORM-KEY-002         | ORC-13.1 | POC01    | AR 204 ORC-13 or AE 103 ORC-13 |
      | ORM-TOL-013 ORM-ORC-13 ORM-PV1-3 | PV1-3    |          | AA                             |

  @ORM-TOL-013 @ORM-ORC-13.1 @ORM-KEY-002
  Scenario: The clinic from ORC-13.1 comes back
    Given the clinic and IRIS agreed on
      | location.source | ORC-13.1 |
    When the EMR sends the order "new-order" with PV1-3 set to ""
    And the exam is graded "normal in both eyes"
    Then the ORU has "DFM" in PV1-3

  Scenario: What comes back in results, document and charge
    Given charges are enabled for the organization
    When the EMR sends the order "new-order"
    And the exam is graded "normal in both eyes"
    Then the fields of the ORU are
      | field  | value                                      | requirement                       |
      | MSH-5  | VENDOR                                     | ORM-MSH-3                         |
      | MSH-4  | IRIS                                       | ORM-MSH-4                         |
      | MSH-8  |                                            | ORM-MSH-8                         |
      | MSH-11 | T                                          | ORM-MSH-11                        |
      | MSH-12 | 2.4                                        | ORM-MSH-12                        |
      | PID-1  |                                            | ORM-PID-1                         |
      | PID-2  | ITCC20170410                               | ORM-PID-2.1                       |
      | PID-3  | ITCC20170410                               | ORM-PID-2.1                       |
      | PID-5  | DOE^JOHN                                   | ORM-PID-5 ORM-PID-5.1 ORM-PID-5.2 |
      | PID-7  | 19581012                                   | ORM-PID-7                         |
      | PID-8  | M                                          | ORM-PID-8                         |
      | PID-18 | 1234                                       | ORM-PID-18 ORM-KEY-004            |
      | PV1-2  | O                                          | ORM-PV1-2                         |
      | PV1-3  | POC01                                      | ORM-PV1-3 ORM-PV1-3.1 ORM-KEY-002 |
      | PV1-19 | 1234                                       | ORM-PID-18 ORM-KEY-004            |
      | ORC-1  | RE                                         | ORM-ORC-1                         |
      | ORC-9  | 20170410145907                             | ORM-ORC-9                         |
      | OBR-4  | 92250^FUNDUS PHOTOGRAPHY^EAP^^FUNDAL PHOTO | ORM-OBR-4 ORM-OBR-4-S0            |
    And the fields of the DFT are
      | field    | value        | requirement         |
      | MSH-12   | 2.4          | ORM-MSH-12 VER-005  |
      | PID-5    | DOE^JOHN     | ORM-PID-5           |
      | PID-18   | 1234         | ORM-PID-18          |
      | FT1-3    | 273013       | ORM-KEY-005         |
      | FT1-7.1  | 92250        | ORM-OBR-4.1 ORM-C20 |
      | FT1-7.3  | CPT          | ORM-OBR-4.3         |
      | FT1-9    | ITCC20170410 | ORM-PID-2.1         |
      | FT1-13   | POC01        | ORM-PV1-3.1         |
      | FT1-16   | POC01        | ORM-PV1-3.1         |
      | FT1-21.1 | OP0001       | ORM-ORC-12.1        |
      | FT1-23.1 | 2017041006   | ORM-ORC-2.1         |

  Scenario: The procedure of the order comes back whole, and a charge takes its code only if it is one of CPT
    Given charges are enabled for the organization
    Then each of these changes to the order "new-order" gets its answer
      | requirement  | path    | value                                                                               |
      | ORM-OBR-4-S0 | OBR-4   | 92250^FUNDUS PHOTOGRAPHY^EAP^^FUNDAL PHOTO                                          |
      | ORM-OBR-4-S1 | OBR-4   | EAP777357^Ophthalmology Retinal Scan                                                |
      | ORM-OBR-4-S2 | OBR-4   | 57554^DIABETIC EYE EXAM IN OFFICE^IRISEAP^^DIABETIC EYE EXAM IN OFFICE              |
      | ORM-OBR-4-S3 | OBR-4   | IMG0555^DIABETIC RETINAL SCREENING (IRIS CAMERA)^MRGECP^^DIABETIC RETINAL SCREENING |
      | ORM-OBR-4-S4 | OBR-4   | OPH112^IRIS RETINAL ASSESSMENT^LAB^^OPH94                                           |
      | ORM-NEG-505  | OBR-4   |                                                                                     |
      | ORM-OBR-4.4  | OBR-4.4 | ALT1                                                                                |
    When the EMR sends the order "new-order" with OBR-4 set to "OPH112^IRIS RETINAL ASSESSMENT^LAB^ALT1^OPH94"
    And the exam is graded "normal in both eyes"
    Then the fields of the ORU are
      | field   | value                   | requirement |
      | OBR-4.1 | OPH112                  | ORM-OBR-4.1 |
      | OBR-4.2 | IRIS RETINAL ASSESSMENT | ORM-OBR-4.2 |
      | OBR-4.3 | LAB                     | ORM-OBR-4.3 |
      | OBR-4.4 | ALT1                    | ORM-OBR-4.4 |
      | OBR-4.5 | OPH94                   | ORM-OBR-4.5 |
    And the fields of the DFT are
      | field   | value | requirement         |
      | FT1-7.1 | 92250 | ORM-C20 ORM-OBR-4.1 |
      | FT1-7.3 | CPT   | ORM-OBR-4.3         |

  @ORM-TOL-020
  Scenario Outline: The published procedure <service> comes back unchanged
    When the EMR sends the order "new-order" with OBR-4 set to "<service>"
    And the exam is graded "normal in both eyes"
    Then the ORU has "<service>" in OBR-4

    Examples:
      | service                                                                             | proves       |
      | EAP777357^Ophthalmology Retinal Scan                                                | ORM-OBR-4-S1 |
      | 57554^DIABETIC EYE EXAM IN OFFICE^IRISEAP^^DIABETIC EYE EXAM IN OFFICE              | ORM-OBR-4-S2 |
      | IMG0555^DIABETIC RETINAL SCREENING (IRIS CAMERA)^MRGECP^^DIABETIC RETINAL SCREENING | ORM-OBR-4-S3 |
      | OPH112^IRIS RETINAL ASSESSMENT^LAB^^OPH94                                           | ORM-OBR-4-S4 |

  @ORM-SEG-005 @ORM-NEG-507
  Scenario: An order without OBR
    When the EMR sends the order "new-order" without the segment OBR
    Then the order is accepted
    And IRIS received exactly the bytes of every order
    When the exam is graded "normal in both eyes"
    Then the EMR receives exactly 1 ORU
    And the ORU has "2017041006" in OBR-2

  @ORM-DX-001 @TOP-010
  Scenario Outline: Diagnoses of the order: <submitted>
    Given charges are enabled for the organization
    When the EMR sends the order "new-order" with the diagnoses "<submitted>"
    Then IRIS received exactly the bytes of every order
    When the exam is graded
      | right eye                            | left eye         |
      | DR Mild, ME None, Suspected Glaucoma | DR None, ME None |
    Then the DFT lists the diagnosis codes "<codes>"

    Examples:
      | submitted     | codes                   | proves                                    |
      | none          | E11.3291                | ORM-DX-004 ORM-DX-007 ORM-C27 ORM-TOL-007 |
      | E10.9         | E10.9, E10.3291         | ORM-DX-003 ORM-DX-008 ORM-C32 ORM-DG1-3.1 |
      | E109          | E10.9, E10.3291         | ORM-DX-005 ORM-TOL-009                    |
      | E10.9, E10.65 | E10.9, E10.65, E10.3291 | ORM-DX-006 ORM-SEG-006                    |
