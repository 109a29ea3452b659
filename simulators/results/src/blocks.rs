//! The parts of a message whose number depends on grading and profile.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_STANDARD, Engine};

use crate::error::BuildError;
use crate::mapping::List;
use crate::order::{Context, Diagnosis, Order};
use crate::profile::{Ampersand, Dft, Document, Profile};
use crate::study::Study;
use crate::values::Item;

/// Discrete block, narrative and document, numbered through (ORU-CNT-01).
pub(crate) fn observations(
    study: &Study,
    lines: Vec<Vec<u8>>,
    order: &Order,
    profile: &Profile,
    context: &Context,
) -> Result<BTreeMap<List, Vec<Item>>, BuildError> {
    let (with_link, with_pdf) = match profile.document {
        Document::Link => (true, false),
        Document::Pdf => (false, true),
        Document::LinkPdf => (true, true),
        Document::File => {
            return Err(BuildError::new("ORU-DOC-04", "file pointers are not built yet; choose another document"));
        }
        Document::Off => (false, false),
    };
    let mut set_ids = 1..;
    let mut number = |item: Item, sub_id: Option<String>| {
        let n = set_ids.next().unwrap_or_default();
        Item { n, sub_id: sub_id.unwrap_or_else(|| n.to_string()), ..item } // ORU-CNT-04
    };
    let discrete = study.observations(profile)?.into_iter().map(|line| {
        let value = line.value.into_bytes();
        number(Item { identifier: line.identifier, value, flag: line.flag, ..Item::default() }, None)
    });
    let discrete = discrete.collect();
    let narrative = lines.into_iter().zip(1..).map(|(value, line)| {
        number(Item { value, ..Item::default() }, Some(format!("{line:03}"))) // ORU-CNT-03
    });
    let narrative = narrative.collect();
    let mut document = |value| vec![number(Item { value, ..Item::default() }, None)];
    let link = if with_link { document(link(order, profile, context)?) } else { Vec::new() };
    let pdf = if with_pdf { document(pdf(context)?) } else { Vec::new() };
    Ok(BTreeMap::from([(List::Discrete, discrete), (List::Narrative, narrative), (List::Link, link), (List::Pdf, pdf)]))
}

/// Diagnoses and modifiers of a charge.
pub(crate) fn charge(study: &Study, dx: Vec<Diagnosis>, options: &Dft) -> BTreeMap<List, Vec<Item>> {
    let dx = dx.into_iter().map(|dx| Item { identifier: dx.code, value: dx.text, ..Item::default() });
    // DFT-MOD-001: the component modifier first.
    let component = (options.o1_component == "26").then_some("26");
    // DFT-MOD-003
    let not_charged = (options.o1_nc && study.exams().next().is_none()).then_some("NC");
    let modifiers = component.into_iter().chain(not_charged);
    let modifiers = modifiers.map(|modifier| Item { value: modifier.into(), ..Item::default() });
    BTreeMap::from([(List::Dx, dx.collect()), (List::Modifiers, modifiers.collect())])
}

/// ORU-DOC-06
fn link(order: &Order, profile: &Profile, context: &Context) -> Result<Vec<u8>, BuildError> {
    let (base, token) = (&profile.link_base, &context.token);
    // ORU-DOC-08, ESC-024: nothing but `&` is ever escaped.
    if base.is_empty() || base.contains(['|', '^', '~', '\\', '&', '?']) {
        let message = format!("link_base `{base}` must be a URL without query and HL7 delimiters; correct the profile");
        return Err(BuildError::new("ORU-DOC-07", message));
    }
    if token.len() != 128 || !token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')) {
        let message = format!("the link token has {} characters; give 128 of 0-9A-F", token.chars().count());
        return Err(BuildError::new("ORU-DOC-09", message));
    }
    let filler = format!("patientOrderId={}", order.filler);
    let auth = format!("auth={token}");
    let mut query = vec![filler.as_str(), "asPdf=True", "isPreliminary=False", &auth];
    query.extend(profile.link_addendum.then_some("asAddendum=False"));
    let ampersand = match profile.link_ampersand {
        Ampersand::Raw => "&",
        Ampersand::Escaped => r"\T\",
    };
    Ok(format!("{base}?{}", query.join(ampersand)).into_bytes())
}

/// ORU-DOC-11
fn pdf(context: &Context) -> Result<Vec<u8>, BuildError> {
    if context.pdf.is_empty() {
        return Err(BuildError::new(
            "ORU-DOC-12",
            "the profile asks for the PDF but there is none; make it with report()",
        ));
    }
    Ok(BASE64_STANDARD.encode(&context.pdf).into_bytes())
}
