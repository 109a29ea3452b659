//! Gradings in words: what a grader found in each eye.

use cucumber::gherkin::Step;
use cucumber::when;
use emr::Cut;
use results::{Eye, Finding, Grading, Level, Plan};

use super::results::placer;
use crate::world::{Outcome, Stop, World, error};

/// How findings with a result are written in the cells of a grading.
const DIAGNOSES: [(&str, &str); 7] = [
    ("DR ", "Diabetic Retinopathy"),
    ("ME ", "Macular Edema"),
    ("HIV ", "HIV Retinopathy"),
    ("AMD ", "AMD"),
    ("Dry AMD ", "Dry AMD"),
    ("Wet AMD ", "Wet AMD"),
    ("Glaucoma ", "Glaucoma"),
];

/// How the levels of free text are written.
const LEVELS: [(&str, Level); 5] = [
    ("not referable", Level::NotReferable),
    ("referable", Level::Referable),
    ("severe", Level::Severe),
    ("urgent", Level::Urgent),
    ("emergent", Level::Emergent),
];

/// The EMR sends the reference order, IRIS accepts it and grades the exam as the table says. Columns: right eye, left eye, and
/// where wanted plan, instructions, comments (set apart by " / "). An eye is "ungradable", "excluded", either with a reason
/// in parentheses, "no findings", or findings such as "DR Mild, ME None, Suspected Glaucoma, Other (severe): text".
#[when(expr = "an exam is ordered and graded")]
async fn ordered_and_graded(world: &mut World, step: &Step) -> Outcome {
    let content = world.message("new-order")?;
    world.send_order(content, &Cut::Whole).await?;
    graded(world, step).await
}

/// The last order is graded as the table says, see "an exam is ordered and graded".
#[when(expr = "the exam is graded")]
async fn graded(world: &mut World, step: &Step) -> Outcome {
    let grading = grading(step)?;
    let order = placer(&world.last_order()?.content);
    world.cloud()?.grade(&order, &grading).map_err(|e| Stop::Blocked(e.to_string()))
}

/// IRIS refuses the grading of the table, naming a requirement, and no message comes of it (ORU-GEN-06).
#[cucumber::then(expr = "IRIS refuses this grading by {word}")]
async fn refused(world: &mut World, requirement: String, step: &Step) -> Outcome {
    let grading = grading(step)?;
    let order = placer(&world.last_order()?.content);
    match world.cloud()?.grade(&order, &grading) {
        Err(cloud::GradeError::Refused(refusal)) if refusal.requirement == requirement => Ok(()),
        Err(other) => crate::world::failed(&requirement, "a refusal by this requirement", other),
        Ok(()) => crate::world::failed(&requirement, "a refusal", "results"),
    }
}

/// IRIS makes the results of the last order once more and sends them (ResendResult).
#[when(expr = "the results are requested again")]
async fn resent(world: &mut World) -> Outcome {
    let order = placer(&world.last_order()?.content);
    world.cloud()?.resend(&order).map_err(|e| Stop::Blocked(e.to_string()))
}

/// IRIS has no open order that could be graded.
#[cucumber::then(expr = "IRIS cannot grade the exam")]
async fn not_gradable(world: &mut World) -> Outcome {
    let order = placer(&world.last_order()?.content);
    let normal = results::grading_by_name("normal in both eyes").ok_or_else(|| error("no normal grading"))?;
    match world.cloud()?.grade(&order, &normal) {
        Err(cloud::GradeError::NoOrder(_)) => Ok(()),
        other => crate::world::failed("ORU-GEN-03", "no order that could be graded", format!("{other:?}")),
    }
}

fn grading(step: &Step) -> Result<Grading, Stop> {
    let rows = step.table.as_ref().map_or(&[][..], |table| &table.rows);
    let [header, row] = rows else {
        return Err(Stop::Error("a grading is one row under the columns right eye, left eye, ...".to_owned()));
    };
    let column = |name: &str| header.iter().position(|column| column == name).and_then(|at| row.get(at));
    let cell = |name: &str| column(name).filter(|cell| !cell.is_empty());
    let named = |name: &str| cell(name).ok_or_else(|| Stop::Error(format!("the grading has no column {name}")));
    let known = ["right eye", "left eye", "plan", "instructions", "comments"];
    if let Some(other) = header.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(Stop::Error(format!("a grading has no column {other}; it has {}", known.join(", "))));
    }
    let base =
        results::grading_by_name("normal in both eyes").ok_or_else(|| error("the gradings lack the normal one"))?;
    Ok(Grading {
        right: eye(named("right eye")?)?,
        left: eye(named("left eye")?)?,
        plan: cell("instructions")
            .map(|text| Plan { name: cell("plan").cloned().unwrap_or_default(), text: text.clone() }),
        notes: cell("comments").map_or_else(Vec::new, |text| text.split(" / ").map(str::to_owned).collect()),
        ..base
    })
}

fn eye(cell: &str) -> Result<Eye, Stop> {
    let reason = |rest: &str| {
        let inside = rest.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        inside.map(str::to_owned)
    };
    Ok(match cell {
        "no findings" => Eye::Gradable(Vec::new()),
        _ => match (cell.strip_prefix("ungradable"), cell.strip_prefix("excluded")) {
            (Some(rest), _) => Eye::Ungradable { reason: reason(rest) },
            (_, Some(rest)) => Eye::Excluded { reason: reason(rest) },
            _ => Eye::Gradable(cell.split(", ").map(finding).collect::<Result<_, _>>()?),
        },
    })
}

fn finding(text: &str) -> Result<Finding, Stop> {
    let diagnosed = DIAGNOSES.iter().find_map(|(short, finding)| Some((finding, text.strip_prefix(short)?)));
    let (finding, result, level) = match (diagnosed, text.strip_prefix("Other (")) {
        (Some((finding, result)), _) => ((*finding).to_owned(), Some(result.to_owned()), None),
        (_, Some(rest)) => {
            let (level, text) = rest.split_once("): ").ok_or_else(|| unreadable(text))?;
            let level = LEVELS.iter().find(|(name, _)| *name == level).ok_or_else(|| unreadable(text))?.1;
            ("Other".to_owned(), Some(text.to_owned()), Some(level))
        }
        _ if text.starts_with("Suspected ") => (text.to_owned(), None, None),
        _ => return Err(unreadable(text)),
    };
    Ok(Finding { finding, result, level })
}

fn unreadable(text: &str) -> Stop {
    Stop::Error(format!(
        "`{text}` is no finding; write e.g. DR Mild, ME None, Dry AMD Early Stage, Suspected Glaucoma, Other (severe): text"
    ))
}
