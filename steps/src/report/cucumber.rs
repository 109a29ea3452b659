//! The run in Cucumber's JSON format, which Jenkins and others show.

use serde_json::{Value, json};

use super::{RunReport, ScenarioReport, StepReport, Verdict, failure};

/// The report: features with their scenarios ("elements") and steps. How long a scenario took and what was found when it ended
/// stand in a hook behind its steps.
///
/// # Errors
/// None that can be caused by a run.
pub fn write(run: &RunReport) -> anyhow::Result<Vec<u8>> {
    let mut features: Vec<Value> = Vec::new();
    for scenarios in run.scenarios.chunk_by(|a, b| a.id.feature == b.id.feature) {
        let name = &scenarios[0].id.feature;
        features.push(json!({
            "uri": format!("features/{name}.feature"),
            "id": name,
            "keyword": "Feature",
            "name": name,
            "line": 1,
            "elements": scenarios.iter().map(|scenario| element(run, scenario)).collect::<Vec<_>>(),
        }));
    }
    Ok(serde_json::to_vec_pretty(&features)?)
}

fn element(run: &RunReport, scenario: &ScenarioReport) -> Value {
    let described = failure::describe(scenario, &run.catalogue);
    let found_at_the_end = scenario.step.is_none();
    let mut end = result(if found_at_the_end { Some(scenario.verdict()) } else { Some(Verdict::Passed) });
    end["duration"] = json!(u64::try_from(scenario.duration.as_nanos()).unwrap_or(u64::MAX));
    if found_at_the_end && !scenario.verdict().is_green() {
        end["error_message"] = json!(described);
    }
    let tags = scenario.requirements.iter().map(|id| json!({ "name": format!("@{id}") })).collect::<Vec<_>>();
    json!({
        "id": scenario.id.to_string(),
        "keyword": "Scenario",
        "type": "scenario",
        "name": scenario.id.title,
        "line": scenario.steps.first().map_or(1, |step| step.place.line.saturating_sub(1)),
        "tags": tags,
        "steps": scenario.steps.iter().map(|s| step(scenario, s, &described)).collect::<Vec<_>>(),
        "after": [{ "match": { "location": "end of the scenario" }, "result": end }],
    })
}

fn step(scenario: &ScenarioReport, step: &StepReport, described: &str) -> Value {
    let (keyword, name) = step.place.text.split_once(' ').unwrap_or(("", &step.place.text));
    let mut result = result(step.verdict);
    if scenario.step.as_ref() == Some(&step.place) && !scenario.verdict().is_green() {
        result["error_message"] = json!(described);
    }
    json!({
        "keyword": format!("{keyword} "),
        "name": name,
        "line": step.place.line,
        "match": { "location": format!("{}:{}", step.place.file, step.place.line) },
        "result": result,
    })
}

/// Cucumber knows no warnings, and one kind of failure only.
fn result(verdict: Option<Verdict>) -> Value {
    let status = match verdict {
        Some(Verdict::Passed | Verdict::Warning) => "passed",
        Some(Verdict::Failed | Verdict::Blocked | Verdict::Error) => "failed",
        Some(Verdict::Skipped) | None => "skipped",
    };
    json!({ "status": status })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{failing, passing, run_of};
    use crate::report::{StepPlace, StepReport};

    #[test]
    fn the_step_that_failed_says_why_and_later_ones_are_skipped() {
        let mut scenario = failing("a", "2 DFT");
        let place = |text: &str, line| StepPlace { text: text.to_owned(), file: "features/f.feature".to_owned(), line };
        let report = |text, line, verdict| StepReport { place: place(text, line), argument: None, verdict };
        scenario.step = Some(place("When b", 4));
        scenario.steps = vec![
            report("Given a", 3, Some(Verdict::Passed)),
            report("When b", 4, Some(Verdict::Failed)),
            report("Then c", 5, None),
        ];
        let json: Value = serde_json::from_slice(&write(&run_of(vec![scenario])).unwrap()).unwrap();
        let steps = &json[0]["elements"][0]["steps"];
        let status = |number: usize| steps[number]["result"]["status"].clone();
        assert_eq!([status(0), status(1), status(2)], ["passed", "failed", "skipped"]);
        assert!(steps[1]["result"]["error_message"].as_str().unwrap().contains("2 DFT"));
        assert_eq!(json[0]["elements"][0]["after"][0]["result"]["status"], "passed");
    }

    #[test]
    fn what_is_found_at_the_end_fails_there() {
        let run = run_of(vec![passing("a"), failing("b", "a trace")]);
        let json: Value = serde_json::from_slice(&write(&run).unwrap()).unwrap();
        let status = |number: usize| json[0]["elements"][number]["after"][0]["result"]["status"].clone();
        assert_eq!([status(0), status(1)], ["passed", "failed"]);
    }
}
