//! The report as lines of plain text (04-oru, section 11.4).

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::care_plan;
use crate::error::BuildError;
use crate::grading::{Grader, Grading, Plan};
use crate::icd;
use crate::order::{Diagnosis, Order};
use crate::profile::{Clock, Narrative, NarrativeName, Profile, Signature};
use crate::study::{EyeState, Study};

const BLANK: &[u8] = b"";

/// The lines, blank ones included; none when the narrative is off. Texts are not escaped yet; a text that holds line breaks fills
/// several lines (ORU-NAR-02).
pub(crate) fn lines(
    order: &Order,
    grading: &Grading,
    study: &Study,
    dx: &[Diagnosis],
    profile: &Profile,
) -> Result<Vec<Vec<u8>>, BuildError> {
    if profile.narrative == Narrative::Off {
        return Ok(Vec::new());
    }
    let captured = grading.captured.to_zoned(TimeZone::UTC);
    let born = birth_date(&order.dob)?;
    let (given, family) = (order.given.as_slice(), order.family.as_slice());
    let name = match profile.narrative_name {
        NarrativeName::GivenFamily => [given, b" ", family].concat(),
        NarrativeName::FamilyCommaGiven => [family, b", ", given].concat(),
    };
    let age = age(born, captured.date())?;
    let patient = format!(", a {age} y/o, ");
    let birth = format!(" (DOB: {}, MRN: ", born.strftime("%m-%d-%Y"));
    let study_of = format!(" on {} for a retinal imaging study of the {}.", captured.strftime("%m-%d-%Y"), eyes(study));
    let signature = signature(&grading.grader, profile.signature);
    let time = match profile.obs_clock {
        Clock::Hours24 => "%m-%d-%Y %H:%M:%S",
        Clock::Hours12 => "%m-%d-%Y %I:%M:%S",
    };
    let signed = grading.graded.to_zoned(TimeZone::UTC).strftime(time); // ORU-TIM-05: never in another zone
    let subject = study.subject(); // ORU-NAR-51

    let mut text = vec![
        [b"Retinal Study Result for ", name.as_slice()].concat(),
        BLANK.into(),
        [&name, patient.as_bytes(), &order.sex, birth.as_bytes(), &order.mrn, b")"].concat(),
        [b"presented to ", order.clinic.as_slice(), study_of.as_bytes()].concat(),
        BLANK.into(),
        [b"Based on the findings of the study, the following is recommended for ", name.as_slice()].concat(),
        plan(grading, study).into_bytes(),
        BLANK.into(),
    ];
    text.extend(comments(&grading.notes));
    text.extend(diagnoses(dx));
    text.push(BLANK.into());
    text.push(format!("Right eye findings: {}", findings(&study.right, subject)).into_bytes());
    text.push(BLANK.into());
    text.push(format!("Left eye findings: {}", findings(&study.left, subject)).into_bytes());
    text.extend([BLANK.into(), BLANK.into()]);
    text.push(format!("This result was electronically signed by {signature} on {signed} UTC time.").into_bytes());
    text.push(BLANK.into());
    text.push(profile.disclaimer.clone().into_bytes());
    Ok(text.iter().flat_map(|text| broken(text)).collect())
}

/// ORU-NAR-41 to ORU-NAR-43
fn signature(grader: &Grader, form: Signature) -> String {
    let Grader { family, given, degrees, .. } = grader;
    match form {
        Signature::Full => grader.with_credentials(format!("{family}, {given}")),
        Signature::Degree if !degrees.is_empty() => format!("{family}, {given}, {degrees}"),
        Signature::Degree => format!("{family}, {given}"),
        Signature::Name => format!("{family}, {given},"),
    }
}

/// ORU-NAR-13, ORU-NAR-14
fn eyes(study: &Study) -> &'static str {
    match (&study.right, &study.left) {
        (EyeState::Excluded { .. }, _) => "left eye",
        (_, EyeState::Excluded { .. }) => "right eye",
        _ => "left and right eyes",
    }
}

/// ORU-NAR-17
fn plan(grading: &Grading, study: &Study) -> String {
    let Plan { name, text } = grading.plan.clone().unwrap_or_else(|| care_plan::by_rank(study).into());
    if name.is_empty() { text } else { format!("{name}: {text}") }
}

/// ORU-NAR-20, ORU-NAR-21
fn comments(notes: &[String]) -> Vec<Vec<u8>> {
    let mut notes = notes.iter().filter(|note| !note.trim().is_empty());
    let first = notes.next().map_or("No comments provided", String::as_str);
    let first = format!("Interpreting Provider's Comments: {first}");
    std::iter::once(first.into_bytes()).chain(notes.map(|note| note.clone().into_bytes())).collect()
}

/// ORU-NAR-22, ORU-NAR-23
fn diagnoses(dx: &[Diagnosis]) -> impl Iterator<Item = Vec<u8>> {
    dx.iter().enumerate().map(|(index, diagnosis)| {
        let label = if index == 0 { "Diagnoses Present: " } else { "" };
        let code = icd::dotted(&diagnosis.code);
        [format!("{label}{code} - ").as_bytes(), &diagnosis.text].concat()
    })
}

/// The block of one eye without its label, lines set apart by LF (ORU-NAR-50 to ORU-NAR-54).
fn findings(state: &EyeState, subject: Option<&str>) -> String {
    let because = |what: &str, reason: &Option<String>| match reason {
        Some(reason) => format!("{what}: {reason}"),
        None => what.into(),
    };
    match state {
        EyeState::Ungradable { reason } => because("Not Gradable", reason),
        EyeState::Excluded { reason } => because("Not Evaluated", reason),
        EyeState::Gradable(exam)
            if exam.conditions.is_empty() && exam.diagnoses.iter().all(|answer| answer.negative) =>
        {
            subject.map_or("Normal Result.".into(), |subject| format!("Normal Result. Negative for {subject}."))
        }
        EyeState::Gradable(exam) => {
            let diagnoses = exam.diagnoses.iter().map(|answer| format!("{}: {}", answer.finding, answer.result));
            let conditions = exam.condition_list().map(|list| format!("Other: {list}"));
            diagnoses.chain(conditions).collect::<Vec<_>>().join("\n")
        }
    }
}

pub(crate) fn birth_date(dob: &[u8]) -> Result<Date, BuildError> {
    let digits = dob.len() == 8 && dob.iter().all(u8::is_ascii_digit);
    digits.then(|| Date::strptime("%Y%m%d", dob).ok()).flatten().ok_or_else(|| {
        let dob = String::from_utf8_lossy(dob);
        BuildError::new(
            "ORU-TIM-02",
            format!("the order's birth date `{dob}` is no calendar date; give it as yyyyMMdd"),
        )
    })
}

/// Completed years (ORU-TIM-10).
pub(crate) fn age(born: Date, on: Date) -> Result<i16, BuildError> {
    let birthday_to_come = (on.month(), on.day()) < (born.month(), born.day());
    let age = on.year() - born.year() - i16::from(birthday_to_come);
    if age < 0 {
        let message = format!(
            "the order's birth date {born} is after the capture or grading of its images on {on}; correct one of them"
        );
        return Err(BuildError::new("ORU-TIM-10", message));
    }
    Ok(age)
}

/// ORU-ENC-06: CR LF, CR and LF begin a new line.
fn broken(text: &[u8]) -> Vec<Vec<u8>> {
    let (mut lines, mut line) = (Vec::new(), Vec::new());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte == b'\r' || byte == b'\n' {
            bytes.next_if(|next| byte == b'\r' && *next == b'\n');
            lines.push(std::mem::take(&mut line));
        } else {
            line.push(byte);
        }
    }
    lines.push(line);
    lines
}
