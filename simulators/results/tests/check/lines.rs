//! Every line of the tables bites, and every value of a finding has its flag.

use hl7::Message;
use results::mapping::{Field, List, Mapping, Usage};
use results::profile::Profile;

use crate::{check, example, shown};

/// The message with other bytes at a path, and whether `check` names the requirement for it.
fn names(file: &str, options: &str, changes: &[(String, &str)], id: &str) -> Result<(), String> {
    let mut message = Message::parse(example(file)).unwrap();
    for (path, value) in changes {
        message.set(&path.parse().unwrap(), value.as_bytes()).unwrap();
    }
    let profile: Profile = serde_yaml::from_str(options).unwrap();
    let found = shown(&check(message.bytes(), Some(&profile), None));
    let named = found.iter().any(|(requirement, ..)| requirement == id);
    if named { Ok(()) } else { Err(format!("{file} {changes:?}: {id} is not among {found:?}\n")) }
}

/// The first segment of the message that a block of the table describes.
fn occurrence(message: &Message, segment: &str, list: Option<List>) -> Option<usize> {
    let value_type = match list {
        Some(List::Discrete) => "ST",
        Some(List::Narrative) => "FT",
        Some(List::Link) => "RP",
        Some(List::Pdf) => "ED",
        _ => return message.segment(segment, 1).map(|_| 1),
    };
    (1..=message.count("OBX")).find(|n| message.raw(&format!("OBX[{n}]-2")) == Some(value_type.as_bytes()))
}

/// The paths that a line covers; of a run the ends.
fn paths(line: &Field, n: usize) -> Vec<String> {
    let path = &line.path;
    let at = |field: u16, component: Option<u16>| {
        let component = component.map(|component| format!(".{component}")).unwrap_or_default();
        format!("{}[{n}]-{field}{component}", path.segment)
    };
    match (path.component, path.run_to) {
        (component, None) => vec![at(path.field, component)],
        (Some(first), Some(last)) => vec![at(path.field, Some(first)), at(path.field, Some(last))],
        (None, Some(last)) => vec![at(path.field, None), at(last, None)],
    }
}

#[test]
fn every_line_of_the_result_tables_bites() {
    let mut wrong = String::new();
    let mut lines = 0;
    for (table, file, options) in [
        (Mapping::oru(), "oru/ref_default_abnormal.hl7", "{}"),
        (Mapping::oru(), "oru/ref_document_pdf.hl7", "document: pdf"),
        (Mapping::mdm(), "mdm/ref_default_abnormal.hl7", "{}"),
        (Mapping::mdm(), "mdm/ref_document_pdf.hl7", "document: pdf"),
        (Mapping::dft(), "dft/ref_o1_diagnosed.hl7", "{}"),
    ] {
        let message = Message::parse(example(file)).unwrap();
        for segment in &table.segments {
            let Some(n) = occurrence(&message, &segment.segment, segment.list) else { continue };
            for line in segment.fields.iter().filter(|line| line.list.is_none()) {
                // MSH-1, MSH-2 and MSH-9 make it another message; OBX-2 moves the segment to another block
                let header = line.path.segment == "MSH" && [1, 2, 9].contains(&line.path.field);
                if header || (line.path.segment == "OBX" && line.path.field == 2) {
                    continue;
                }
                for path in paths(line, n) {
                    let value = match line.usage {
                        Usage::X => "X",
                        Usage::R => "",
                        _ => continue,
                    };
                    wrong += &names(file, options, &[(path.clone(), value)], &line.id).err().unwrap_or_default();
                    if !line.allowed.is_empty() && line.path.field != 3 {
                        wrong += &names(file, options, &[(path, "ZZ")], &line.id).err().unwrap_or_default();
                    }
                    lines += 1;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(lines > 300, "only {lines}");
}

/// 05-discrete-results, sections 4 and 5: identifier, value, flag, requirement.
const FLAGS: &[(&str, &str, &str, &str)] = &[
    ("DIABRETIN", "None", "", "DISC-DR-01"),
    ("DIABRETIN", "Mild", "A", "DISC-DR-02"),
    ("DIABRETIN", "Moderate", "A", "DISC-DR-03"),
    ("DIABRETIN", "Severe", "A", "DISC-DR-04"),
    ("DIABRETIN", "Proliferative", "AA", "DISC-DR-05"),
    ("DIABRETIN", "Indeterminable", "A", "DISC-DR-06"),
    ("DIABRETIN", "Positive", "A", "DISC-DR-07"),
    ("MACEDEMA", "None", "", "DISC-ME-01"),
    ("MACEDEMA", "Positive", "AA", "DISC-ME-02"),
    ("HIVRETIN", "None", "", "DISC-HIV-01"),
    ("HIVRETIN", "Mild", "A", "DISC-HIV-02"),
    ("HIVRETIN", "Moderate", "A", "DISC-HIV-03"),
    ("HIVRETIN", "Severe", "A", "DISC-HIV-04"),
    ("HIVRETIN", "Proliferative", "AA", "DISC-HIV-05"),
    ("HIVRETIN", "Indeterminable", "A", "DISC-HIV-06"),
    ("HIVRETIN", "Positive", "A", "DISC-HIV-07"),
    ("AMD", "No Observable", "", "DISC-AMD-01"),
    ("DRYAMD", "Indeterminable", "A", "DISC-AMD-02"),
    ("DRYAMD", "Early Stage", "A", "DISC-AMD-03"),
    ("AMD", "Intermediate Stage", "A", "DISC-AMD-04"),
    ("DRYAMD", "Adv. Atrophic w/ Subfoveal Involvement", "AA", "DISC-AMD-05"),
    ("DRYAMD", "Adv. Atrophic w/o Subfoveal Involvement", "AA", "DISC-AMD-06"),
    ("AMD", "Advanced", "AA", "DISC-AMD-07"),
    ("AMD", "Positive", "A", "DISC-AMD-08"),
    ("WETAMD", "Positive", "AA", "DISC-AMD-08"),
    ("GLAUCOMA", "None", "", "DISC-GL-02"),
    ("GLAUCOMA", "Positive", "A", "DISC-GL-03"),
    ("OTHERRETIN", "None", "", "DISC-101"),
    ("OTHERRETIN", "Suspected Bilateral Papilledema", "AA", "DISC-SUS-01"),
    ("OTHERRETIN", "Suspected Disc Edema", "AA", "DISC-SUS-02"),
    ("OTHERRETIN", "Suspected Glaucoma", "A", "DISC-SUS-03"),
    ("OTHERRETIN", "Suspected Cataract", "A", "DISC-SUS-05"),
    ("OTHERRETIN", "Suspected Choroidal Nevus", "", "DISC-SUS-08"),
    ("OTHERRETIN", "Suspected Something New", "A", "DISC-SUS-17"),
    ("OTHERRETIN", "Suspected Glaucoma,Suspected Disc Edema", "AA", "DISC-104"),
];

#[test]
fn every_value_has_its_flag_and_no_other() {
    let mut wrong = String::new();
    for (finding, value, right, id) in FLAGS {
        for flag in ["", "A", "AA"] {
            let at = |field: &str| format!("OBX[2]-{field}");
            let identifier = format!("RIGHT{finding}");
            let changes = [(at("3.1"), identifier.as_str()), (at("5"), *value), (at("8"), flag)];
            let named = names("oru/ref_default_abnormal.hl7", "{}", &changes, id);
            if named.is_ok() == (flag == *right) {
                wrong += &format!("{finding} {value} with flag `{flag}`: {named:?}\n");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
