//! Where each input goes. The reference messages share values (three persons are called DOE); here all differ.

use crate::support::{context, grading, profile, segments};
use results::{Context, Diagnosis, Grader, Grading, Order, Person};

pub fn distinct() -> (Order, Grading, Context) {
    let text = |text: &str| text.as_bytes().to_vec();
    let order = Order {
        mrn: text("MRN"),
        family: text("FAM"),
        given: text("GIV"),
        dob: text("19700102"),
        sex: text("F"),
        encounter: text("ENC"),
        location: text("LOC"),
        placer: text("PLAC"),
        provider: Person {
            id: text("PID"),
            family: text("PFAM"),
            given: text("PGIV"),
            degrees: text("PDEG"),
            prefix: text("PPRE"),
        },
        service: text("76000^SERVICE^SYS"),
        version: text("2.3"),
        clinic: text("CLIN"),
        filler: 42,
        submitted_dx: vec![Diagnosis { code: "I10".into(), text: text("DX") }],
        sending_facility: text("FAC"),
        ssn: text("SSN"),
        evaluations: Vec::new(),
    };
    let grader = Grader {
        id: "GID".into(),
        family: "GFAM".into(),
        given: "GGIV".into(),
        degrees: "GDEG".into(),
        npi: "GNPI".into(),
        taxonomy: "GTAX".into(),
    };
    let grading = Grading {
        grader,
        captured: "2020-01-01T01:01:01.999Z".parse().unwrap(),
        graded: "2020-02-02T02:02:02.999Z".parse().unwrap(),
        ..grading("normal in both eyes")
    };
    let context = Context { now: "2020-03-03T23:03:03.999Z".parse().unwrap(), ..context() };
    (order, grading, context)
}

pub const OPTIONS: &str = "{ send_fac: SFAC, recv_app: RAPP, recv_fac: RFAC, environment: production, document: off,
                         dft: { msh5: DAPP, msh6: DFAC } }";

const PID: &str = "PID||MRN|MRN||FAM^GIV||19700102|F||||||||||ENC|";
const RESULT_PV1: &str = "PV1|1|O|LOC||||PID^PFAM^PGIV^^^PDEG^PDEG^^^^^^NPI|PID^PFAM^PGIV^^^PDEG^PDEG^^^^^^NPI|||||||||\
                          PID^PFAM^PGIV^^^PDEG^PDEG^^^^^^NPI||ENC|||||||||||||||||||||||||20200101010101|20200101010101";

#[test]
fn every_input_of_a_result_goes_to_its_own_fields() {
    let (order, grading, context) = distinct();
    let message = segments(&results::oru(&order, &grading, &profile(OPTIONS), &context).unwrap());
    let expected = [
        r"MSH|^~\&|IRIS|SFAC|RAPP|RFAC|20200303230303||ORU^R01|200303230303|P|2.3",
        PID,
        RESULT_PV1,
        "ORC|RE|PLAC|42^IRIS||F||||20200303230303|||PID^PFAM^PGIV^^^PDEG^PDEG^^^^^^NPI",
        "OBR|1|PLAC|42^IRIS|76000^SERVICE^SYS|||20200101010101|||||||20200101010101||PID^PFAM^PGIV^^^PDEG^PDEG^^^^^^NPI\
         ||||||20200202020202|||F|||||||GID^GFAM^GGIV^20200202020202^GGIV GFAM, GDEG, NPI: GNPI, Taxonomy: GTAX",
    ];
    assert_eq!(message[..5], expected);
    assert_eq!(message[16], "OBX|12|FT|Result^^IRIS|003|GIV FAM, a 49 y/o, F (DOB: 01-02-1970, MRN: MRN)||||||F");
    assert!(message[17].contains("presented to CLIN on 01-01-2020 for"), "{}", message[17]);
    assert!(message[23].contains("Diagnoses Present: I10 - DX|"), "{}", message[23]);
    let signature = "signed by GFAM, GGIV, GDEG, NPI: GNPI, Taxonomy: GTAX on 02-02-2020 02:02:02 UTC time.";
    assert!(message[30].contains(signature), "{}", message[30]);
}

#[test]
fn every_input_of_a_document_goes_to_its_own_fields() {
    let (order, grading, context) = distinct();
    let message = segments(&results::mdm(&order, &grading, &profile(OPTIONS), &context).unwrap());
    let expected = [
        r"MSH|^~\&|IRIS|SFAC|RAPP|RFAC|20200303230303||MDM^T02|200303230303|P|2.3",
        PID,
        "TXA|1|76000^SERVICE||202001010101||||||PID^PFAM^PGIV^^PDEG^PPRE^^^^^^^NPI\
         ||442B30D3-C963-434E-8886-3735CED1C5E8||PLAC|||F|",
        RESULT_PV1,
    ];
    assert_eq!(message[..4], expected);
}

#[test]
fn every_input_of_a_charge_goes_to_its_own_fields() {
    let (order, grading, context) = distinct();
    let message = segments(&results::dft(&order, &grading, &profile(OPTIONS), &context).unwrap());
    let expected = [
        r"MSH|^~\&|IRIS|IRIS|DAPP|DFAC|20200303230303||DFT^P03|200303230303|P|2.3",
        "EVN|P03|20200303230303",
        PID,
        "PV1|1|O|LOC||||GID^GFAM^GGIV^^^GDEG^GDEG^^^^^^NPI|PID^PFAM^PGIV^^^PDEG^PDEG^^^^^^NPI|||||||||\
         GID^GFAM^GGIV^^^GDEG^GDEG^^^^^^NPI||ENC|||||||||||||||||||||||||20200101010101|20200303230303",
        "FT1|1||42|20200202020202|20200303230303|CG|76000^SERVICE^CPT||MRN|1|||LOC||IRIS|LOC|||I10^DX^ICD-10-CM\
         |GID^GFAM^GGIV^^^GDEG^GDEG^^^^^^NPI|PID^PFAM^PGIV^^^PDEG^PDEG^^^^^^NPI||PLAC^DAPP||76000^SERVICE^CPT",
    ];
    assert_eq!(message, expected);
}
