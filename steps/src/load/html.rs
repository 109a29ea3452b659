//! A load as one HTML page with plots; it needs nothing else and runs no script.

use minijinja::{Environment, UndefinedBehavior, Value, context};

use super::mix::Flow;
use super::report::{FlowReport, LoadReport, Second};
use super::resources::Sample;
use crate::report::html::{STYLE, hash};

const PAGE: &str = include_str!("load.html");
const LOAD_STYLE: &str = include_str!("load.css");

/// The area of a plot, within its picture: left, right, top, bottom.
const AREA: (f64, f64, f64, f64) = (56.0, 494.0, 12.0, 210.0);
/// Points of a line at most.
const MOST_POINTS: usize = 600;

/// The page; `broken` is what stands at its top.
///
/// # Errors
/// A defect of the template.
pub fn write(load: &LoadReport, broken: &[String]) -> anyhow::Result<String> {
    let style = [STYLE, LOAD_STYLE].concat();
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    let rate = load.rate.map_or_else(|| "as fast as it answers".to_owned(), |rate| format!("{rate} messages a second"));
    let flows: Vec<Value> = load.flows.iter().map(|(flow, report)| of_flow(load, *flow, report)).collect();
    let resources = in_use(load);
    let columns = [
        "due", "settled", "lost", "repeated", "refused", "failed", "a second", "p50 ms", "p90 ms", "p99 ms",
        "p99.9 ms", "max ms",
    ];
    let (style_hash, duration) = (hash(&style), load.duration_s.to_string());
    let began = load.began.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    Ok(templates.render_str(
        PAGE,
        context! { load, rate, duration, began, broken, columns, flows, resources, style, style_hash },
    )?)
}

fn of_flow(load: &LoadReport, flow: Flow, report: &FlowReport) -> Value {
    let latency = report.latency.histogram();
    let ms = |us: u64| format!("{:.2}", us as f64 / 1e3);
    let counts = [report.due, report.settled, report.lost, report.repeated, report.refused, report.failed];
    let mut row: Vec<String> = counts.iter().map(u64::to_string).collect();
    row.push(format!("{:.1}", report.settled as f64 / load.lasted_s.max(1e-9)));
    row.extend([50.0, 90.0, 99.0, 99.9].map(|percent| ms(latency.value_at_percentile(percent))));
    row.push(ms(latency.max()));
    let title = match flow {
        Flow::Orm => "Orders (ORM): until the acknowledgement",
        Flow::Oru => "Results (ORU): until the EMR has them",
        Flow::Mdm => "Documents (MDM): until the EMR has them",
        Flow::Dft => "Charges (DFT): until the EMR has them",
    };
    let mut plots = Vec::new();
    if !latency.is_empty() {
        plots.push(by_percentile(&latency));
        plots.push(by_second(
            "Latency in each second, ms:",
            &report.seconds,
            &[
                ("first", "p50", |second| second.p50_us as f64 / 1e3),
                ("second", "p99", |second| second.p99_us as f64 / 1e3),
                ("worst", "longest", |second| second.max_us as f64 / 1e3),
            ],
        ));
        plots.push(by_second(
            "Settled in each second",
            &report.seconds,
            &[("first", "", |second| second.settled as f64)],
        ));
    }
    context! { name => flow.name(), title, row, reasons => report.reasons, plots }
}

/// What was in use while the load went on.
fn in_use(load: &LoadReport) -> Vec<Value> {
    if load.samples.len() < 2 {
        return Vec::new();
    }
    let last = load.samples.last().map_or(1, |sample| sample.at.max(1)) as f64;
    type Line = (&'static str, &'static str, fn(&Sample) -> f64);
    let plot = |title: &str, what: &[Line]| {
        let highest =
            nice(load.samples.iter().flat_map(|sample| what.iter().map(|(.., of)| of(sample))).fold(0.0, f64::max));
        let lines = what.iter().map(|(class, name, of)| {
            let points = load.samples.iter().map(|sample| (sample.at as f64 / last, of(sample) / highest));
            context! { class, name, points => drawn(points) }
        });
        let lines: Vec<Value> = lines.collect();
        context! { title, lines, x_marks => x_marks(last), y_marks => y_marks(highest) }
    };
    vec![
        plot("Memory, MiB:", &[("first", "harness", |s| s.harness_mib), ("second", "proxy", |s| s.proxy_mib)]),
        plot(
            "Open files and sockets, and tasks:",
            &[
                ("first", "harness", |s| s.harness_open as f64),
                ("second", "proxy", |s| s.proxy_open as f64),
                ("worst", "tasks of the harness", |s| s.tasks as f64),
            ],
        ),
    ]
}

/// The latency of each percentile; the axis gives each further nine the same room.
fn by_percentile(latency: &hdrhistogram::Histogram<u64>) -> Value {
    let nines = (latency.len() as f64).log10().clamp(1.0, 6.0);
    let place = |share_above: f64| -share_above.log10() / nines;
    let highest = nice(latency.max() as f64 / 1e3);
    let points = (0..=300).map(|step| {
        let above = 10_f64.powf(-nines * f64::from(step) / 300.0);
        let us = latency.value_at_quantile(1.0 - above);
        (place(above), us as f64 / 1e3 / highest)
    });
    let lines = vec![context! { class => "first", name => "", points => drawn(points) }];
    let marks = [("0", 1.0), ("90", 0.1), ("99", 0.01), ("99.9", 1e-3), ("99.99", 1e-4), ("99.999", 1e-5)];
    let marks = marks.into_iter().filter(|(_, above)| place(*above) <= 1.0);
    let x_marks: Vec<Value> = marks.map(|(text, above)| context! { at => x(place(above)), text }).collect();
    context! { title => "Latency by percentile, ms", lines, x_marks, y_marks => y_marks(highest) }
}

/// Its class, its name, and what it shows of a second.
type Line = (&'static str, &'static str, fn(&Second) -> f64);

fn by_second(title: &str, seconds: &[Second], what: &[Line]) -> Value {
    let last = seconds.last().map_or(1, |second| second.at.max(1)) as f64;
    let all = seconds.iter().flat_map(|second| what.iter().map(|(.., of)| of(second)));
    let highest = nice(all.fold(0.0, f64::max));
    let step = seconds.len().div_ceil(MOST_POINTS).max(1);
    let lines: Vec<Value> = what
        .iter()
        .map(|(class, name, of)| {
            // of several seconds in one point the worst is shown
            let points = seconds
                .chunks(step)
                .map(|some| (some[0].at as f64 / last, some.iter().map(of).fold(0.0, f64::max) / highest));
            context! { class, name, points => drawn(points) }
        })
        .collect();
    context! { title, lines, x_marks => x_marks(last), y_marks => y_marks(highest) }
}

/// Times, from 0 to so many seconds.
fn x_marks(last: f64) -> Vec<Value> {
    [0.0, 0.25, 0.5, 0.75, 1.0]
        .map(|share| context! { at => x(share), text => format!("{:.0} s", share * last) })
        .into()
}

fn x(share: f64) -> f64 {
    (AREA.0 + share * (AREA.1 - AREA.0)).round()
}

fn y(share: f64) -> f64 {
    (AREA.3 - share.min(1.0) * (AREA.3 - AREA.2)).round()
}

fn drawn(points: impl Iterator<Item = (f64, f64)>) -> String {
    points.map(|(along, up)| format!("{},{} ", x(along), y(up))).collect()
}

fn y_marks(highest: f64) -> Vec<Value> {
    [0.0, 0.25, 0.5, 0.75, 1.0]
        .map(|share| context! { at => y(share), text => format!("{}", (share * highest * 1e4).round() / 1e4) })
        .into()
}

/// The next larger number of the form 1, 2, 4 or 8 times a power of ten.
fn nice(highest: f64) -> f64 {
    let power = 10_f64.powf(highest.max(1e-3).log10().floor());
    [1.0, 2.0, 4.0, 8.0, 10.0]
        .into_iter()
        .map(|step| step * power)
        .find(|nice| *nice >= highest)
        .unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number_that_is_not_less() {
        for (highest, expected) in [(0.7, 0.8), (1.0, 1.0), (3.0, 4.0), (850.0, 1000.0)] {
            assert!((nice(highest) - expected).abs() < 1e-9, "{highest}: {}", nice(highest));
        }
    }
}
