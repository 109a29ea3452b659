//! 03-orm, section 7: what the mock cloud answers to orders that break a rule. One row per case and variant.
#![allow(clippy::result_large_err)] // a refusal is made once per message

mod orm_support;

use cloud::orm::{self, OrderProfile, Refusal};
use hl7::ack::Code;
use orm_support::Edit::{self, *};
use orm_support::{NEW_ORDER, base, edited, hub, location_in_orc, one_clinic, pid3, type_in_9};
use proptest::prelude::*;
use std::collections::BTreeSet;

#[derive(Clone, Copy, PartialEq)]
enum Level {
    /// The specification names this reaction.
    Must,
    /// The specification leaves the reaction open; this is what the mock cloud does.
    Probe,
}
use Level::{Must, Probe};

/// Code of table 0357, requirement and place of a refusal, or acceptance.
#[derive(Clone, Copy)]
enum Answer {
    AE(u16, &'static str, &'static str),
    AR(u16, &'static str, &'static str),
    AA,
}
use Answer::{AA, AE, AR};

type Case = (&'static str, Level, fn() -> OrderProfile, &'static [Edit<'static>], Answer);

#[rustfmt::skip]
const WHOLE_MESSAGE: &[Case] = &[
    ("001", Must, base, &[Set("MSH-9", "ADT^A04"), Add("MSH", "EVN|A04|20170410102836")], AR(200, "ORM-MSH-9.1", "MSH-9.1")),
    ("001", Must, base, &[Content(b"MSH|^~\\&|EPIC|ANCL||IRIS|20170410102836||ADT^A04|9|T|2.4\rEVN|A04|20170410102836\rPID|1\r")], AR(200, "ORM-MSH-9.1", "MSH-9.1")),
    ("002", Must, base, &[Set("MSH-9", "ORU^R01")], AR(200, "ORM-MSH-9.1", "MSH-9.1")),
    ("003", Must, base, &[Set("MSH-9", "OMG^O19")], AR(200, "ORM-MSH-9.1", "MSH-9.1")),
    ("003", Must, base, &[Set("MSH-9", "OML^O21")], AR(200, "ORM-MSH-9.1", "MSH-9.1")),
    ("004", Must, base, &[Set("MSH-9", "ORM^O02")], AR(201, "ORM-MSH-9.2", "MSH-9.2")),
    ("005", Must, base, &[Set("MSH-9", "ORM^001")], AR(201, "ORM-MSH-9.2", "MSH-9.2")),
    ("006", Must, base, &[Set("MSH-9", "")], AR(200, "ORM-MSH-9", "MSH-9")),
    ("007", Must, base, &[Set("MSH-9", "ORM")], AR(201, "ORM-MSH-9.2", "MSH-9.2")),
    ("008", Probe, base, &[Set("MSH-9", "ORM^O01^ORU_R01")], AR(200, "ORM-MSH-9.3", "MSH-9.3")),
    ("010", Must, base, &[Content(b"PID|1|ITCC20170410^^^^MRN|||DOE^JOHN||19581012|M\r")], AE(100, "ORM-SEG-001", "MSH")),
    ("011", Must, base, &[Add("MSH", "MSH|^~\\&|EPIC|ANCL||IRIS|20170410102836||ORM^O01|255|T|2.4")], AE(100, "ORM-SEG-001", "MSH[2]")),
    ("012", Must, base, &[Drop("PID")], AE(100, "ORM-SEG-002", "PID")),
    ("013", Must, base, &[Add("PID", "PID|1|OTHER^^^^MRN|||ROE^JANE||19601224|F")], AE(100, "ORM-SEG-002", "PID[2]")),
    ("014", Must, base, &[Drop("PV1")], AE(100, "ORM-SEG-003", "PV1")),
    ("015", Must, base, &[Add("PV1", "PV1||O|POC02")], AE(100, "ORM-SEG-003", "PV1[2]")),
    ("016", Must, base, &[Drop("ORC")], AE(100, "ORM-SEG-004", "ORC")),
    ("017", Must, base, &[Move("ORC", "MSH")], AE(100, "ORM-SEG-009", "PID")),
    ("018", Must, base, &[Move("OBR", "PV1")], AE(100, "ORM-SEG-009", "ORC")),
    ("019", Probe, base, &[Move("DG1", "PV1")], AE(100, "ORM-SEG-006", "ORC")),
    ("020", Probe, base, &[Move("PV1", "ORC")], AE(100, "ORM-SEG-003", "PV1")),
    ("021", Must, base, &[Replace("PID|", "pid|")], AE(100, "ORM-SEG-009", "")),
    ("021", Must, base, &[Replace("PID|", "PI|")], AE(100, "ORM-SEG-009", "")),
    ("022", Must, base, &[Drop("PID"), Drop("PV1"), Drop("ORC"), Drop("OBR"), Drop("DG1")], AE(100, "ORM-SEG-002", "PID")),
];

#[rustfmt::skip]
const MSH: &[Case] = &[
    ("101", Must, base, &[Content(b"MSH")], AE(101, "ORM-MSH-1", "MSH-1")),
    ("102", Must, base, &[Replace("|^~\\&|", "|^\\~\\&|")], AE(102, "ORM-MSH-2", "MSH-2")),
    ("103", Must, base, &[Replace("|^~\\&|", "|^~|")], AE(102, "ORM-MSH-2", "MSH-2")),
    ("103", Must, base, &[Replace("|^~\\&|", "||")], AE(102, "ORM-MSH-2", "MSH-2")),
    ("104", Must, base, &[Replace("|^~\\&|", "|^^\\&|")], AE(102, "ORM-MSH-2", "MSH-2")),
    ("105", Must, base, &[Set("MSH-10", "")], AE(101, "ORM-MSH-10", "MSH-10")),
    ("106", Must, base, &[Set("MSH-10", "123456789012345678901")], AE(102, "ORM-MSH-10", "MSH-10")),
    ("107", Must, base, &[Set("MSH-11", "")], AE(101, "ORM-MSH-11", "MSH-11")),
    ("108", Must, base, &[Set("MSH-11", "D")], AR(202, "ORM-MSH-11", "MSH-11")),
    ("109", Must, base, &[Set("MSH-11", "X")], AR(202, "ORM-MSH-11", "MSH-11")),
    ("110", Probe, base, &[Set("MSH-11", "P")], AA),
    ("111", Must, base, &[Set("MSH-12", "9.9")], AR(203, "VER-009", "MSH-12")),
    ("111", Must, base, &[Set("MSH-12", "abc")], AR(203, "VER-009", "MSH-12")),
    ("112", Must, hub, &[Set("MSH-4", "")], AE(101, "ORM-MSH-4", "MSH-4")),
    ("113", Must, hub, &[Set("MSH-4", "SOUTH")], AR(204, "ORM-KEY-003", "MSH-4")),
];

#[rustfmt::skip]
const PID: &[Case] = &[
    ("201", Must, base, &[Set("PID-2", ""), Set("PID-3", "")], AE(101, "ORM-PID-2", "PID-2")),
    ("202", Must, base, &[Set("PID-2", "^^^^MRN")], AE(101, "ORM-PID-2.1", "PID-2.1")),
    ("203", Must, base, &[Set("PID-2", "\"\"")], AE(101, "ORM-PID-2", "PID-2")),
    ("203", Must, base, &[Set("PID-2", "\"\"^^^^MRN")], AE(101, "ORM-PID-2.1", "PID-2.1")),
    ("204", Probe, base, &[Set("PID-2", "")], AE(101, "ORM-PID-2", "PID-2")),
    ("205", Must, base, &[Set("PID-2", "T1234~M001")], AE(101, "ORM-PID-2.5", "PID-2.5")),
    ("206", Probe, base, &[Set("PID-2", "T1234^^^^MRN~M001")], AE(101, "ORM-PID-2.5", "PID-2[2].5")),
    ("207", Must, base, &[Set("PID-2", "T1234^^^^EPI~M001^^^^CHMRN")], AE(101, "ORM-PAT-003", "PID-2.5")),
    ("208", Must, base, &[Set("PID-2", "M001^^^^CHMRN~^^^^MRN")], AE(101, "ORM-PID-2.1", "PID-2[2].1")),
    ("209", Must, pid3, &[Set("PID-3", "")], AE(101, "ORM-PID-3", "PID-3")),
    ("209", Must, pid3, &[Set("PID-3", "^^^^MRN")], AE(101, "ORM-PID-3.1", "PID-3.1")),
    ("210", Must, pid3, &[Set("PID-3", "T1234~M001")], AE(101, "ORM-PID-3.5", "PID-3.5")),
    ("211", Probe, base, &[Set("PID-2", "T1234^^^^mrn")], AA), // ORM-PAT-002
    ("211", Probe, base, &[Set("PID-2", "T1234^^^^mrn~M001^^^^CHMRN")], AE(101, "ORM-PAT-003", "PID-2.5")),
    ("220", Must, base, &[Set("PID-5", "")], AE(101, "ORM-PID-5", "PID-5")),
    ("220", Must, base, &[Set("PID-5", " ^ ")], AE(101, "ORM-PID-5", "PID-5")),
    ("221", Must, base, &[Set("PID-5", "^JOHN")], AE(101, "ORM-PID-5.1", "PID-5.1")),
    ("222", Must, base, &[Set("PID-5", "DOE")], AE(101, "ORM-PID-5.2", "PID-5.2")),
    ("222", Must, base, &[Set("PID-5", "DOE^")], AE(101, "ORM-PID-5.2", "PID-5.2")),
    ("222", Must, base, &[Set("PID-5", "DOE^  ")], AE(101, "ORM-PID-5.2", "PID-5.2")),
    ("223", Must, base, &[Set("PID-5", "\"\"")], AE(101, "ORM-PID-5", "PID-5")),
    ("230", Must, base, &[Set("PID-7", "")], AE(101, "ORM-PID-7", "PID-7")),
    ("231", Must, base, &[Set("PID-7", "10/12/1958")], AE(102, "ORM-PID-7", "PID-7")),
    ("232", Must, base, &[Set("PID-7", "1958-10-12")], AE(102, "ORM-PID-7", "PID-7")),
    ("233", Must, base, &[Set("PID-7", "19581332")], AE(102, "ORM-PID-7", "PID-7")),
    ("234", Must, base, &[Set("PID-7", "19590229")], AE(102, "ORM-PID-7", "PID-7")),
    ("235", Must, base, &[Set("PID-7", "1958")], AE(102, "ORM-PID-7", "PID-7")),
    ("235", Must, base, &[Set("PID-7", "195810")], AE(102, "ORM-PID-7", "PID-7")),
    ("236", Probe, base, &[Set("PID-7", "19581012120000")], AE(102, "ORM-PID-7", "PID-7")),
    ("237", Probe, base, &[Set("PID-7", "99991231")], AA),
    ("238", Must, base, &[Set("PID-7", "OCTOBERX")], AE(102, "ORM-PID-7", "PID-7")),
    ("238", Must, base, &[Set("PID-7", "-1958101")], AE(102, "ORM-PID-7", "PID-7")),
    ("240", Must, base, &[Set("PID-8", "")], AE(101, "ORM-PID-8", "PID-8")),
    ("241", Must, base, &[Set("PID-8", "U")], AE(103, "ORM-PID-8", "PID-8")),
    ("241", Must, base, &[Set("PID-8", "O")], AE(103, "ORM-PID-8", "PID-8")),
    ("241", Must, base, &[Set("PID-8", "A")], AE(103, "ORM-PID-8", "PID-8")),
    ("241", Must, base, &[Set("PID-8", "N")], AE(103, "ORM-PID-8", "PID-8")),
    ("242", Must, base, &[Set("PID-8", "Male")], AE(103, "ORM-PID-8", "PID-8")),
    ("243", Probe, base, &[Set("PID-8", "m")], AE(103, "ORM-PID-8", "PID-8")),
    ("244", Must, base, &[Set("PID-8", "X")], AE(103, "ORM-PID-8", "PID-8")),
];

#[rustfmt::skip]
const PV1: &[Case] = &[
    ("301", Must, base, &[Set("PV1-3", "")], AE(101, "ORM-PV1-3", "PV1-3")),
    ("302", Must, base, &[Set("PV1-3", "^101^A")], AE(101, "ORM-PV1-3.1", "PV1-3.1")),
    ("303", Must, one_clinic, &[Set("PV1-3", "POC99")], AR(204, "ORM-KEY-002", "PV1-3.1")),
    ("304", Must, base, &[Set("PV1-3", "\"\"^101")], AE(101, "ORM-PV1-3.1", "PV1-3.1")),
    ("305", Probe, base, &[Set("PV1-2", "I")], AA),
    ("305", Probe, base, &[Set("PV1-2", "ZZ")], AA),
    ("305", Probe, base, &[Set("PV1-2", "")], AA),
    ("306", Must, location_in_orc, &[Set("ORC-13", "")], AE(101, "ORM-ORC-13", "ORC-13")),
    ("306", Must, location_in_orc, &[Set("ORC-13", "^^^20403")], AE(101, "ORM-ORC-13.1", "ORC-13.1")),
];

#[rustfmt::skip]
const ORC: &[Case] = &[
    ("401", Must, base, &[Set("ORC-1", "")], AE(101, "ORM-ORC-1", "ORC-1")),
    ("402", Must, base, &[Set("ORC-1", "ZZ")], AE(103, "ORM-OC-OTHER", "ORC-1")),
    ("403", Must, base, &[Set("ORC-1", "HD")], AE(103, "ORM-OC-OTHER", "ORC-1")),
    ("403", Must, base, &[Set("ORC-1", "DC")], AE(103, "ORM-OC-OTHER", "ORC-1")),
    ("403", Must, base, &[Set("ORC-1", "SC")], AE(103, "ORM-OC-OTHER", "ORC-1")),
    ("403", Must, base, &[Set("ORC-1", "RE")], AE(103, "ORM-OC-OTHER", "ORC-1")),
    ("403", Must, base, &[Set("ORC-1", "OK")], AE(103, "ORM-OC-OTHER", "ORC-1")),
    ("404", Must, base, &[Set("ORC-1", "XO")], AE(103, "ORM-OC-XO", "ORC-1")),
    ("404", Must, base, &[Set("ORC-1", "XR")], AE(103, "ORM-OC-XR", "ORC-1")),
    ("404", Must, base, &[Set("ORC-1", "CR")], AE(103, "ORM-OC-CR", "ORC-1")),
    ("405", Probe, base, &[Set("ORC-1", "nw")], AE(103, "ORM-OC-OTHER", "ORC-1")),
    ("406", Must, base, &[Set("ORC-2", "")], AE(101, "ORM-ORC-2.1", "ORC-2.1")),
    ("407", Must, base, &[Set("ORC-2", "^EPC")], AE(101, "ORM-ORC-2.1", "ORC-2.1")),
    ("408", Must, base, &[Set("ORC-9", "")], AE(101, "ORM-ORC-9", "ORC-9")),
    ("409", Must, base, &[Set("ORC-9", "20170410")], AE(102, "ORM-ORC-9", "ORC-9")),
    ("409", Must, base, &[Set("ORC-9", "201704101509")], AE(102, "ORM-ORC-9", "ORC-9")),
    ("410", Must, base, &[Set("ORC-9", "04102017_150905")], AE(102, "ORM-ORC-9", "ORC-9")),
    ("410", Must, base, &[Set("ORC-9", "TENTHOFAPRIL17")], AE(102, "ORM-ORC-9", "ORC-9")),
    ("410", Must, base, &[Set("ORC-9", "20170231150905")], AE(102, "ORM-ORC-9", "ORC-9")),
    ("410", Must, base, &[Set("ORC-9", "20170410256199")], AE(102, "ORM-ORC-9", "ORC-9")),
    ("410", Must, base, &[Set("ORC-9", "20170410240000")], AE(102, "ORM-ORC-9", "ORC-9")),
    ("411", Probe, base, &[Set("ORC-9", "20170410150905.123-0500")], AE(102, "ORM-ORC-9", "ORC-9")),
    ("412", Must, base, &[Set("ORC-12", "868^DOE^JACK^^^^^^PACS^^^^PACS")], AE(103, "ORM-PRV-005", "ORC-12.13")),
    ("413", Must, base, &[Set("ORC-12", "")], AE(101, "ORM-ORC-12", "ORC-12")),
    ("414", Probe, base, &[Append(b"ORC|NW|2017041007|||||||20170410150905|||OP0001^DOE^JACK\rOBR|1|||92250\r")], AE(100, "ORM-SEG-008", "ORC[2]")),
    ("415", Must, base, &[Set("ORC-12", "^DOE^JACK^^^^^^^^^^SERDOTON")], AE(101, "ORM-ORC-12.1", "ORC-12.1")),
    ("416", Must, base, &[Set("ORC-12", "OP0001^^JACK^^^^^^^^^^SERDOTON")], AE(101, "ORM-ORC-12.2", "ORC-12.2")),
    ("417", Must, base, &[Set("ORC-12", "OP0001^DOE^^^^^^^^^^^SERDOTON")], AE(101, "ORM-ORC-12.3", "ORC-12.3")),
    ("418", Must, base, &[Set("ORC-12", "OP0001^DOE^JACK~868^DOE^JACK")], AE(101, "ORM-ORC-12.13", "ORC-12.13")),
    ("418", Must, type_in_9, &[Set("ORC-12", "OP0001^DOE^JACK~868^DOE^JACK")], AE(101, "ORM-ORC-12.9", "ORC-12.9")),
    ("419", Must, base, &[Set("ORC-12", "1^DOE^JACK^^^^^^^^^^NPI~868^DOE^JACK^^^^^^^^^^PACS")], AE(103, "ORM-PRV-002", "ORC-12.13")),
    ("420", Probe, base, &[Set("ORC-12", "OP0001^DOE^JACK^^^^^^SERDOTON")], AA), // ORM-PRV-005: one repetition, no type
    ("420", Probe, base, &[Set("ORC-12", "OP0001^DOE^JACK^^^^^^SERDOTON~868^DOE^JACK^^^^^^PACS")], AE(101, "ORM-ORC-12.13", "ORC-12.13")),
    ("421", Probe, base, &[Set("ORC-12", "OP0001^DOE^JACK^^^^^^^^^^SERDOTON~OP0002^ROE^JANE^^^^^^^^^^SERDOTON")], AA),
    ("422", Probe, OrderProfile::default, &[Set("ORC-12", "12345^DOE^JACK^^^^^^^^^^NPI")], AA),
];

#[rustfmt::skip]
const OBR: &[Case] = &[
    ("501", Probe, base, &[Set("OBR-1", "2")], AA),
    ("501", Probe, base, &[Set("OBR-1", "0")], AA),
    ("502", Probe, base, &[Add("OBR", "OBR|2|||92250")], AE(100, "ORM-SEG-005", "OBR[2]")),
    ("503", Must, base, &[Set("OBR-16", "OP0002^ROE^JANE^^^^^^SERDOTON^^^^SERDOTON")], AA),
    ("504", Must, base, &[Set("OBR-2", "2017041099")], AA),
    ("505", Must, base, &[Set("OBR-4", "")], AA),
    ("506", Probe, base, &[Set("OBR-6", "TOMORROW"), Set("OBR-36", "04/10/2017")], AA),
    ("507", Must, base, &[Drop("OBR")], AA),
];

#[rustfmt::skip]
const DG1: &[Case] = &[
    ("601", Must, base, &[Set("DG1-1", "")], AE(101, "ORM-DG1-1", "DG1-1")),
    ("602", Probe, base, &[Add("DG1", "DG1|1|ICD10|E11.65^Hyperglycemia|Hyperglycemia")], AA), // ORM-C26
    ("603", Probe, base, &[Add("DG1", "DG1|3|ICD10|E11.65^Hyperglycemia|Hyperglycemia")], AA),
    ("603", Probe, base, &[Set("DG1-1", "2"), Add("DG1", "DG1|1|ICD10|E11.65^Hyperglycemia|Hyperglycemia")], AA),
    ("604", Must, base, &[Set("DG1-2", "")], AE(101, "ORM-DG1-2", "DG1-2")),
    ("605", Must, base, &[Set("DG1-2", "I9")], AE(103, "ORM-DG1-2", "DG1-2")),
    ("605", Must, base, &[Set("DG1-2", "ICD9")], AE(103, "ORM-DG1-2", "DG1-2")),
    ("605", Must, base, &[Set("DG1-2", "ICD-9-CM")], AE(103, "ORM-DG1-2", "DG1-2")),
    ("606", Must, base, &[Set("DG1-3", "")], AE(101, "ORM-DG1-3", "DG1-3")),
    ("607", Must, base, &[Set("DG1-3.1", "")], AE(101, "ORM-DG1-3.1", "DG1-3.1")),
    ("608", Must, base, &[Set("DG1-3.1", "250.1")], AE(103, "ORM-DX-002", "DG1-3.1")),
    ("609", Probe, base, &[Set("DG1-3.3", "I9")], AE(103, "ORM-DG1-3.3", "DG1-3.3")),
    ("609", Probe, base, &[Set("DG1-3.3", "ICD-9-CM")], AE(103, "ORM-DG1-3.3", "DG1-3.3")),
    ("610", Must, base, &[Set("DG1-4", "")], AE(101, "ORM-DG1-4", "DG1-4")),
    ("610", Must, base, &[Add("DG1", "DG1|2|ICD10|E11.65^Hyperglycemia")], AE(101, "ORM-DG1-4", "DG1[2]-4")),
    ("611", Must, base, &[Set("DG1-3.1", "ABC")], AE(103, "ORM-DX-002", "DG1-3.1")),
    ("611", Must, base, &[Set("DG1-3.1", "E1-41")], AE(103, "ORM-DX-002", "DG1-3.1")),
    ("611", Must, base, &[Set("DG1-3.1", "E11.")], AE(103, "ORM-DX-002", "DG1-3.1")),
    ("611", Must, base, &[Set("DG1-3.1", "E11.41234")], AE(103, "ORM-DX-002", "DG1-3.1")),
];

#[rustfmt::skip]
const ENCODING: &[Case] = &[
    ("701", Probe, base, &[Replace("\r", "\n")], AA),
    ("701", Probe, base, &[Replace("\r", "\r\n")], AA),
    ("702", Probe, base, &[Set("PID-5", "DOE&ROE^JOHN")], AA),
    ("702", Probe, base, &[Set("PID-5", "DOE^ROE^JOHN")], AA),
    ("703", Probe, base, &[Set("PID-5", "D\\Z9\\OE^JOHN")], AA),
    ("703", Probe, base, &[Set("PID-5", "D\\FOE^JOHN")], AA),
    ("703", Probe, base, &[Set("PID-5", "DOE\\^JOHN")], AA),
    ("704", Must, base, &[Set("PID-5", "DO\0E^JOHN")], AE(102, "MLLP-025", "")),
    ("704", Must, base, &[Set("PID-5", "DO\x07E^JOHN")], AE(102, "MLLP-025", "")),
    ("704", Must, base, &[Set("PID-5", "DO\x1aE^JOHN")], AE(102, "MLLP-025", "")),
    ("705", Probe, base, &[Bytes("PID-5", b"D\xd6E\xff^JOHN")], AA),
    ("708", Must, base, &[Append(NEW_ORDER)], AE(100, "ORM-SEG-001", "MSH[2]")),
    ("709", Must, base, &[Append(b"that was all\r")], AE(100, "ORM-SEG-009", "")),
];

/// Cases with a test of their own, because their messages are large.
const LARGE: [&str; 3] = ["106", "706", "707"];

fn judge(profile: &OrderProfile, edits: &[Edit]) -> Result<orm::Request, Refusal> {
    orm::judge(&edited(NEW_ORDER, edits), profile)
}

fn run(cases: &[Case]) {
    for (id, level, profile, edits, expected) in cases {
        let row = format!("ORM-NEG-{id}{}", if *level == Probe { " (PROBE)" } else { "" });
        let found = judge(&profile(), edits);
        let (code, error, requirement, at) = match expected {
            AA => {
                assert!(found.is_ok(), "{row}: {found:?}");
                continue;
            }
            AE(error, requirement, at) => (Code::AE, *error, *requirement, *at),
            AR(error, requirement, at) => (Code::AR, *error, *requirement, *at),
        };
        let refusal = found.expect_err(&row);
        let place = refusal.at.map_or(String::new(), |path| path.to_string());
        assert_eq!(
            (refusal.code, refusal.error, refusal.requirement, &place[..]),
            (code, error, requirement, at),
            "{row}"
        );
        assert_no_value(&refusal, &row);
        assert_check_agrees(&row, &edited(NEW_ORDER, edits), &profile(), (requirement, at));
    }
}

/// `results::check` reports everything that is wrong with an order, hence also what the judge refuses it for, at the same place.
fn assert_check_agrees(row: &str, content: &[u8], profile: &OrderProfile, (requirement, at): (&str, &str)) {
    let agreements = results::check::Agreements { orders: Some(profile), ..Default::default() };
    let Ok(problems) = results::check::check(content, &agreements) else {
        // without a header there is no message to check
        assert!(["ORM-NEG-010", "ORM-NEG-101"].contains(&row), "{row}");
        return;
    };
    // by its own type it is a result, and judged as one
    if row == "ORM-NEG-002" {
        return assert!(problems.iter().any(|problem| problem.requirement.starts_with("ORU-")), "{row}");
    }
    let fits = |found: &results::check::Problem| {
        found.requirement == requirement && (at.is_empty() || found.path == at || found.path.starts_with(at))
    };
    assert!(problems.iter().any(fits), "{row}: {requirement} {at} is not among {problems:?}");
}

#[test]
fn the_base_message_has_no_problem_for_the_check() {
    for profile in [base, pid3, type_in_9, location_in_orc, hub, one_clinic] {
        let agreements = results::check::Agreements { orders: Some(&profile()), ..Default::default() };
        assert_eq!(results::check::check(NEW_ORDER, &agreements), Ok(Vec::new()));
    }
}

/// MSA-3 travels into logs of other systems: it holds no PHI.
fn assert_no_value(refusal: &Refusal, row: &str) {
    for value in ["ITCC2017", "DOE", "JOHN", "195810", "FOAMY", "1234", "111-22", "OP0001", "JACK", "E11", "Type 2"] {
        assert!(!refusal.text.contains(value), "{row}: {:?} shows {value}", refusal.text);
    }
}

#[test]
fn orders_that_are_wrong_as_a_whole_are_answered_as_section_7_1_says() {
    run(WHOLE_MESSAGE);
}

#[test]
fn orders_with_a_wrong_header_are_answered_as_section_7_2_says() {
    run(MSH);
}

#[test]
fn orders_with_a_wrong_patient_are_answered_as_section_7_3_says() {
    run(PID);
}

#[test]
fn orders_with_a_wrong_visit_are_answered_as_section_7_4_says() {
    run(PV1);
}

#[test]
fn orders_with_a_wrong_common_order_segment_are_answered_as_section_7_5_says() {
    run(ORC);
}

#[test]
fn orders_with_a_wrong_service_are_answered_as_section_7_6_says() {
    run(OBR);
}

#[test]
fn orders_with_a_wrong_diagnosis_are_answered_as_section_7_7_says() {
    run(DG1);
}

#[test]
fn orders_with_wrong_encoding_are_answered_as_section_7_8_says() {
    run(ENCODING);
}

#[test]
fn every_static_case_of_section_7_has_a_row() {
    let listed = [
        1..=8,
        10..=22,
        101..=113,
        201..=211,
        220..=223,
        230..=238,
        240..=244,
        301..=306,
        401..=422,
        501..=507,
        601..=611,
        701..=709,
    ];
    let listed: BTreeSet<String> = listed.into_iter().flatten().map(|number| format!("{number:03}")).collect();
    let tables = [WHOLE_MESSAGE, MSH, PID, PV1, ORC, OBR, DG1, ENCODING];
    let rows = tables.into_iter().flatten().map(|(id, ..)| *id).chain(LARGE);
    assert_eq!(rows.map(str::to_owned).collect::<BTreeSet<_>>(), listed);
}

#[test]
fn the_base_message_is_accepted_under_every_profile_of_the_tables() {
    for profile in [base, pid3, type_in_9, location_in_orc, hub, one_clinic] {
        assert_eq!(judge(&profile(), &[]).map(|request| request.action), Ok(orm::Action::New));
    }
}

#[test]
fn orm_msh_7_an_order_without_its_time_is_refused() {
    let refusal = judge(&base(), &[Set("MSH-7", "")]).expect_err("PROBE: refused here");
    assert_eq!((refusal.code, refusal.error, refusal.requirement), (Code::AE, 101, "ORM-MSH-7"));
}

#[test]
fn orm_neg_106_a_control_id_of_300_characters_is_refused() {
    let refusal = judge(&base(), &[Set("MSH-10", &"7".repeat(300))]).expect_err("longer than 20");
    assert_eq!((refusal.code, refusal.error), (Code::AE, 102));
    assert!(judge(&base(), &[Set("MSH-10", "12345678901234567890")]).is_ok(), "20 characters are legal");
}

#[test]
fn orm_neg_706_a_field_of_one_mebibyte_is_read() {
    let name = "X".repeat(1 << 20);
    let request = judge(&base(), &[Set("PID-5", &format!("{name}^JOHN"))]).expect("accepted");
    assert_eq!(request.order.family, name.as_bytes());
}

#[test]
fn orm_neg_706_a_field_of_many_repetitions_is_read() {
    let edit = format!("{}M001^^^^MRN", "A^^^^X~".repeat(150_000));
    assert_eq!(judge(&base(), &[Set("PID-2", &edit)]).expect("accepted").order.mrn, b"M001");
}

#[test]
fn orm_neg_707_ten_thousand_fields_and_ten_thousand_dg1_are_read() {
    assert!(judge(&base(), &[Set("OBR-10000", "X")]).is_ok());
    let many: String = (2..=10_000).map(|n| format!("DG1|{n}|ICD10|E11.65^Hyperglycemia|Hyperglycemia\r")).collect();
    let request = judge(&base(), &[Append(many.as_bytes())]).expect("accepted");
    assert_eq!(request.order.submitted_dx.len(), 10_000);
}

#[test]
fn orm_neg_421_the_first_provider_of_the_wanted_type_is_taken() {
    let edit = Set("ORC-12", "1^A^B^^^^^^^^^^PACS~2^C^D^^^^^^^^^^SERDOTON~3^E^F^^^^^^^^^^SERDOTON");
    assert_eq!(judge(&base(), &[edit]).expect("accepted").order.provider.id, b"2");
}

#[test]
fn orm_neg_503_and_504_the_obr_replaces_neither_provider_nor_order_number() {
    let edits = [Set("OBR-16", "OP0002^ROE^JANE^^^^^^SERDOTON^^^^SERDOTON"), Set("OBR-2", "2017041099")];
    let order = judge(&base(), &edits).expect("accepted").order;
    assert_eq!((&order.provider.id[..], &order.placer[..]), (&b"OP0001"[..], &b"2017041006"[..]));
}

#[test]
fn orm_neg_505_and_507_without_obr_4_there_is_no_service() {
    for edit in [Set("OBR-4", ""), Set("OBR-4", "\"\""), Drop("OBR")] {
        assert_eq!(judge(&base(), &[edit]).expect("accepted").order.service, b"");
    }
}

#[test]
fn orm_neg_701_other_segment_ends_do_not_change_the_meaning() {
    let original = judge(&base(), &[]);
    assert_eq!(judge(&base(), &[Replace("\r", "\n")]), original);
    assert_eq!(judge(&base(), &[Replace("\r", "\r\n")]), original);
}

#[test]
fn orm_neg_702_to_705_odd_names_are_taken_as_hl7_reads_them() {
    let names: [(&[u8], &[u8], &[u8]); 6] = [
        (b"DOE&ROE^JOHN", b"DOE", b"JOHN"),
        (b"DOE^ROE^JOHN", b"DOE", b"ROE"),
        (b"D\\Z9\\OE^JOHN", b"D\\Z9\\OE", b"JOHN"),
        (b"D\\FOE^JOHN", b"D\\FOE", b"JOHN"),
        (b"DOE\\^JOHN", b"DOE\\", b"JOHN"),
        (b"D\xd6E\xff^JOHN", b"D\xd6E\xff", b"JOHN"),
    ];
    for (raw, family, given) in names {
        let order = judge(&base(), &[Bytes("PID-5", raw)]).expect("accepted").order;
        assert_eq!((&order.family[..], &order.given[..]), (family, given));
    }
}

#[test]
fn the_first_error_in_document_order_is_reported() {
    let edits =
        [Set("MSH-11", "X"), Set("PID-5", ""), Set("PV1-3", ""), Set("ORC-1", ""), Set("ORC-12", ""), Set("DG1-1", "")];
    for (step, requirement) in
        ["ORM-MSH-11", "ORM-PID-5", "ORM-PV1-3", "ORM-ORC-1", "ORM-ORC-12", "ORM-DG1-1"].iter().enumerate()
    {
        assert_eq!(judge(&base(), &edits[step..]).expect_err("an error is left").requirement, *requirement);
    }
}

#[test]
fn content_that_is_no_message_is_refused_without_being_quoted() {
    for content in [&b""[..], b"\xef\xbb\xbfMSH|^~\\&|", b"DOE^JOHN", b"MSHDOE", b"MSH|DOE^JOHN", b"\x16\x03\x01\x02"] {
        let refusal = orm::judge(content, &base()).expect_err("no message");
        assert_eq!(refusal.code, Code::AE);
        assert_no_value(&refusal, "unreadable");
    }
}

proptest! {
    #[test]
    fn no_change_of_bytes_makes_the_judge_panic_or_show_a_value(
        changes in prop::collection::vec((0..NEW_ORDER.len(), 0..3_u8, any::<u8>()), 1..8),
    ) {
        let mut content = NEW_ORDER.to_vec();
        for (at, kind, byte) in changes {
            let at = at.min(content.len() - 1);
            match kind {
                0 => content[at] = byte,
                1 => content.insert(at, byte),
                _ => drop(content.remove(at)),
            }
        }
        if let Err(refusal) = orm::judge(&content, &base()) {
            prop_assert_eq!(refusal.code, if refusal.error < 200 { Code::AE } else { Code::AR });
            assert_no_value(&refusal, "mutated");
        }
    }

    #[test]
    fn no_bytes_behind_a_header_make_the_judge_panic(
        header in prop_oneof![Just(&b""[..]), Just(&b"MSH|^~\\&|"[..]), Just(&NEW_ORDER[..150])],
        rest in prop::collection::vec(prop_oneof![Just(b'|'), Just(b'\r'), Just(b'^'), Just(b'~'), Just(b'\\'), any::<u8>()], 0..300),
    ) {
        let _ = orm::judge(&[header, &rest[..]].concat(), &base());
    }
}
