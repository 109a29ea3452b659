//! Checks a message that somebody else made: which requirements it breaks, and where.
//!
//! Fields are checked by the tables in `mapping/` that also build messages; what the tables do not say stands in `rules.yaml`, or
//! is a function here. An input that a table uses in several fields must have the same value in all of them.

mod charges;
mod clocks;
mod counters;
mod discrete;
mod document;
mod encoding;
mod facts;
mod fields;
mod forms;
mod narrative;
mod options;
mod orders;
mod persons;
mod report;
mod rules;
mod structure;
mod view;

pub use report::{MOST_PROBLEMS, Problem};

use hl7::{Message, ParseError};

use crate::mapping::Mapping;
use crate::order_profile::OrderProfile;
use crate::profile::Profile;
use facts::Facts;
use options::Options;
use report::Report;
use rules::Rules;
use view::View;

/// What is agreed with the sender.
#[derive(Clone, Copy, Debug, Default)]
pub struct Agreements<'a> {
    /// How the customer wants results, documents and charges. Without it the defaults hold, and the customer's own texts (MSH-4 to
    /// MSH-6, provider type, address of the link, disclaimer) are free.
    pub results: Option<&'a Profile>,
    /// How the customer's orders are read. Without it the profile `base` holds (03-orm, section 4), and provider type, type of the
    /// patient id, clinics and parent entities are free.
    pub orders: Option<&'a OrderProfile>,
}

/// A message while it is checked.
struct Scope<'s, 'a> {
    view: &'s View<'a>,
    rules: &'static rules::Message,
    options: Options<'s>,
    orders: Option<&'s OrderProfile>,
    facts: Facts<'a>,
    report: Report,
}

/// The problems of an order (ORM^O01), a result (ORU^R01), a document (MDM^T02), a charge (DFT^P03) or an acknowledgement (ACK,
/// ORR^O02), in the order of the message and at most [`MOST_PROBLEMS`].
///
/// # Errors
/// The bytes do not begin with an MSH segment.
pub fn check(message: &[u8], agreed: &Agreements<'_>) -> Result<Vec<Problem>, ParseError> {
    let message = match Message::parse(message) {
        Ok(message) => message,
        Err(error) => return encoding::header(message, error).map(|problem| vec![problem]),
    };
    let view = View::new(&message);
    let Some(table) = table(&view) else {
        return Ok(vec![foreign_type(&view)]);
    };
    let mut scope = Scope {
        view: &view,
        rules: Rules::get().of(table),
        options: Options::new(agreed.results),
        orders: agreed.orders,
        facts: Facts::default(),
        report: Report::default(),
    };
    encoding::check(&mut scope);
    let parts = structure::parts(&view, scope.options.profile);
    structure::check(&mut scope, table, &parts);
    if table.segments.iter().all(|segment| segment.check_only) {
        orders::check(&mut scope, table);
        return Ok(scope.report.finish());
    }
    let charges = charges::kinds(&mut scope);
    let lines: Vec<_> = parts.iter().map(|part| structure::lines(table, part, &charges)).collect();
    for (part, lines) in parts.iter().zip(&lines) {
        if let Some(lines) = lines {
            let mut facts = std::mem::take(&mut scope.facts);
            fields::learn(&scope, part.segment, lines, &mut facts);
            scope.facts = facts;
        }
    }
    scope.facts.settle();
    for (part, lines) in parts.iter().zip(&lines) {
        if let Some(lines) = lines {
            fields::check(&mut scope, part.segment, lines);
        }
    }
    if table.message == "DFT^P03" {
        charges::check(&mut scope, &charges);
    } else {
        structure::blocks(&mut scope, &parts);
        counters::check(&mut scope, &parts);
        discrete::check(&mut scope, &parts);
        narrative::check(&mut scope, &parts);
        document::check(&mut scope, &parts);
    }
    clocks::check(&mut scope);
    clocks::status(&mut scope);
    Ok(scope.report.finish())
}

/// The table for MSH-9. A charge may have the type of a result (DFT-C1).
fn table(view: &View<'_>) -> Option<&'static Mapping> {
    let code = view.segments.first()?.component(9, 1);
    Some(match code.raw().trim_ascii_end() {
        b"ORM" => Mapping::orm(),
        b"ORU" if view.named("FT1").next().is_some() => Mapping::dft(),
        b"ORU" => Mapping::oru(),
        b"MDM" => Mapping::mdm(),
        b"DFT" => Mapping::dft(),
        b"ACK" | b"ORR" => Mapping::ack(),
        _ => return None,
    })
}

/// A message of another type is judged as what an EMR sends: it should be an order (ACK-024, ACK-101).
fn foreign_type(view: &View<'_>) -> Problem {
    let missing = view.missing("MSH");
    let (field, code) =
        view.segments.first().map_or((missing.clone(), missing), |header| (header.field(9), header.component(9, 1)));
    let expected = "ORM^O01 (from IRIS: ORU^R01, MDM^T02 or DFT^P03; as answer: ACK or ORR^O02)";
    if field.is_empty() {
        Problem::new("ORM-MSH-9", &field, expected)
    } else {
        Problem::new("ORM-MSH-9.1", &code, expected)
    }
}
