//! The observations of a result: discrete block, narrative and document.

use base64::prelude::{BASE64_STANDARD, Engine};

use crate::encode;
use crate::error::BuildError;
use crate::icd;
use crate::mapping::List;
use crate::observations::Observation;
use crate::order::{Context, Diagnosis, Order};
use crate::profile::{Ampersand, Backslash, CodeForm, DiscreteLayout, Document, Narrative, PdfSetId, Profile};
use crate::study::Study;
use crate::values::{Item, Lists};

/// A result must have an OBX; `requirement` is the one of the message.
pub(crate) fn check(profile: &Profile, requirement: &'static str) -> Result<(), BuildError> {
    let narrative = matches!(profile.narrative, Narrative::Lines | Narrative::Single);
    if !profile.discrete && !narrative && profile.document == Document::Off {
        let message = "with these options no block of the result has an OBX; switch on discrete or document, or choose the \
                       narrative lines or single";
        return Err(BuildError::new(requirement, message));
    }
    Ok(())
}

/// The blocks, with OBX numbered through (ORU-CNT-01), and the diagnoses of DG1. `lines` are those of the narrative.
pub(crate) fn observations(
    study: &Study,
    lines: Vec<Vec<u8>>,
    dx: Vec<Diagnosis>,
    order: &Order,
    profile: &Profile,
    context: &Context,
) -> Result<Lists, BuildError> {
    let mut lists = Lists::from([(List::Dx, diagnoses(dx, profile.dg1_code))]);
    let mut last = 0;
    // ORU-CNT-04: unless a segment has its own sub-id, it repeats the set id.
    let mut number = |item: Item| {
        last += 1;
        let sub_id = if item.sub_id.is_empty() { last.to_string() } else { item.sub_id };
        Item { n: last, sub_id, ..item }
    };
    if profile.discrete {
        let observations = study.observations(profile)?.into_iter();
        lists
            .insert(List::Discrete, observations.map(|line| number(discrete(line, profile.discrete_layout))).collect());
    }
    let lines = lines.iter().map(|line| {
        let mut escaped = Vec::with_capacity(line.len());
        encode::escape(line, &mut escaped);
        escaped
    });
    match profile.narrative {
        Narrative::Lines => lists.insert(List::Narrative, numbered(lines).map(&mut number).collect()),
        // ORU-NAR-F2: each line is escaped first, then they are joined.
        Narrative::Single => {
            let text = lines.collect::<Vec<_>>().join(&br"\.br\"[..]);
            lists.insert(List::Narrative, numbered(std::iter::once(text)).map(&mut number).collect())
        }
        // ORU-CNT-02: NTE have numbers of their own.
        Narrative::Nte => lists.insert(List::NarrativeNte, numbered(lines).collect()),
        Narrative::Off => None,
    };
    let mut document = |value| vec![number(Item { value, ..Item::default() })];
    match profile.document {
        Document::Link | Document::LinkPdf => lists.insert(List::Link, document(link(order, profile, context)?)),
        Document::File => lists.insert(List::Link, document(file(profile, context)?)),
        Document::Pdf | Document::Off => None,
    };
    if matches!(profile.document, Document::Pdf | Document::LinkPdf) {
        let mut pdf = document(pdf(context)?);
        if profile.pdf_set_id == PdfSetId::Repeat {
            pdf[0].n = pdf[0].n.saturating_sub(1).max(1); // ORU-CNT-05
        }
        lists.insert(List::Pdf, pdf);
    }
    Ok(lists)
}

/// ORU-DG1-1, ORU-DG1-3.1
fn diagnoses(dx: Vec<Diagnosis>, form: CodeForm) -> Vec<Item> {
    let item = |(dx, n): (Diagnosis, usize)| {
        let identifier = match form {
            CodeForm::Undotted => dx.code.replace('.', ""),
            CodeForm::Dotted => icd::dotted(&dx.code),
        };
        Item { n, identifier, value: dx.text, ..Item::default() }
    };
    dx.into_iter().zip(1..).map(item).collect()
}

fn discrete(line: Observation, layout: DiscreteLayout) -> Item {
    let Observation { identifier, value, flag } = line;
    // DISC-191: image quality keeps its identifier.
    let (identifier, note) = match layout {
        DiscreteLayout::ObxNte if !identifier.ends_with("QUALAPP") => (String::new(), identifier),
        _ => (identifier, String::new()),
    };
    Item { identifier, note, value: value.into_bytes(), flag, ..Item::default() }
}

/// ORU-NTE-1, ORU-CNT-03
fn numbered(lines: impl Iterator<Item = Vec<u8>>) -> impl Iterator<Item = Item> {
    lines.zip(1..).map(|(value, n)| Item { n, sub_id: format!("{n:03}"), value, ..Item::default() })
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

/// ORU-DOC-13
fn file(profile: &Profile, context: &Context) -> Result<Vec<u8>, BuildError> {
    let path = context.file_path.as_bytes();
    if path.is_empty() {
        let message = "the profile asks for a file pointer but there is no path; give the path of the report's file";
        return Err(BuildError::new("ORU-DOC-04", message));
    }
    match profile.file_backslash {
        Backslash::Escaped => {
            let mut escaped = Vec::with_capacity(path.len() + 16);
            encode::escape(path, &mut escaped);
            Ok(escaped)
        }
        // ORU-ENC-05 exempts the whole path, but a field ends at `|` in any case.
        Backslash::Raw if path.contains(&b'|') => {
            let message =
                format!("the path `{}` holds a `|`, which file_backslash raw would not escape", context.file_path);
            Err(BuildError::new("ORU-DOC-13", message))
        }
        Backslash::Raw => Ok(path.into()),
    }
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
