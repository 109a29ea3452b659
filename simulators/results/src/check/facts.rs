//! What a message says in several places: one input of the mapping must have one value.

use super::options::Options;
use super::view::Place;
use crate::mapping::{Expression, Instant, Moment, Piece, Spelling, Text, Who};
use crate::profile::{Environment, SendingFacility};

/// An input of the mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    Text(Text),
    Instant(Instant),
    GraderDegrees,
}

/// How a line is filled, as far as a reader can tell.
pub(super) enum Shape<'t> {
    /// One input between literal texts.
    One { before: &'t str, input: Input, moment: Option<Moment>, after: &'t str },
    /// A person.
    Person(Who),
    /// Anything else.
    Free,
}

impl<'t> Shape<'t> {
    pub(super) fn of(expression: Option<&'t Expression>) -> Self {
        let Some(expression) = expression else { return Shape::Free };
        let (before, piece, after) = match expression.pieces() {
            [piece] => ("", piece, ""),
            [Piece::Literal(before), piece] => (before.as_str(), piece, ""),
            [piece, Piece::Literal(after)] => ("", piece, after.as_str()),
            _ => return Shape::Free,
        };
        use Text::{GraderFullName, ItemFlag, ItemIdentifier, ItemN, ItemSubId, ItemValue};
        match *piece {
            Piece::Text(ItemN | ItemSubId | ItemIdentifier | ItemValue | ItemFlag | GraderFullName, _) => Shape::Free,
            Piece::Text(text, Spelling::Escaped | Spelling::Raw) => {
                Shape::One { before, input: Input::Text(text), moment: None, after }
            }
            Piece::Instant(instant, moment) => {
                Shape::One { before, input: Input::Instant(instant), moment: Some(moment), after }
            }
            Piece::Person(who) => Shape::Person(who),
            Piece::Literal(_) | Piece::Text(_, Spelling::Dotted) => Shape::Free,
        }
    }
}

/// The inputs of a person's id, family and given name, and credentials.
pub(super) fn of_person(who: Who) -> [Input; 4] {
    use Input::{GraderDegrees, Text as T};
    match who {
        Who::Provider => {
            [T(Text::ProviderId), T(Text::ProviderFamily), T(Text::ProviderGiven), T(Text::ProviderDegrees)]
        }
        Who::Grader => [T(Text::GraderId), T(Text::GraderFamily), T(Text::GraderGiven), GraderDegrees],
    }
}

/// Where each input was found.
#[derive(Default)]
pub(super) struct Facts<'a> {
    /// The flag says that no option moves the input away from there.
    found: Vec<(Input, Place<'a>, bool)>,
    settled: Vec<(Input, Place<'a>)>,
}

impl<'a> Facts<'a> {
    pub(super) fn found(&mut self, input: Input, place: Place<'a>, firm: bool) {
        if !place.is_empty() && self.found.len() < 10_000 {
            self.found.push((input, place, firm));
        }
    }

    /// Decides for each input which place is right: the header; else the places that no option touches, if they agree; else what
    /// most places say, the first of equals.
    pub(super) fn settle(&mut self) {
        let mut inputs: Vec<Input> = Vec::new();
        for (input, ..) in &self.found {
            if !inputs.contains(input) {
                inputs.push(*input);
            }
        }
        for input in inputs {
            let mut values: Vec<(&[u8], usize, &Place<'a>)> = Vec::new();
            let mut firm: Option<&Place<'a>> = None;
            let mut agree = true;
            for (_, place, is_firm) in self.found.iter().filter(|(other, ..)| *other == input) {
                match values.iter().position(|(value, ..)| *value == place.value()) {
                    Some(known) => values[known].1 += 1,
                    None if values.len() < 20 => values.push((place.value(), 1, place)),
                    None => {}
                }
                if *is_firm {
                    agree &= firm.is_none_or(|first| first.value() == place.value());
                    firm = firm.or(Some(place));
                }
            }
            let most = values.iter().map(|(_, count, _)| *count).max();
            let usual = values.iter().find(|(_, count, _)| Some(*count) == most).map(|(.., place)| *place);
            let of_input = || self.found.iter().filter(|(other, ..)| *other == input);
            let header = of_input().map(|(_, place, _)| place).find(|place| place.path.is_header());
            if let Some(place) = header.or(firm.filter(|_| agree)).or(usual) {
                self.settled.push((input, place.clone()));
            }
        }
    }

    /// The place that says what an input is.
    pub(super) fn get(&self, input: Input) -> Option<&Place<'a>> {
        self.settled.iter().find(|(other, _)| *other == input).map(|(_, place)| place)
    }

    pub(super) fn text(&self, text: Text) -> Option<&'a [u8]> {
        self.get(Input::Text(text)).map(Place::value)
    }

    pub(super) fn instant(&self, instant: Instant) -> Option<&Place<'a>> {
        self.get(Input::Instant(instant))
    }
}

/// The value that the customer agreed for an input; none without a profile, because his texts are free then.
pub(super) fn agreed<'o>(input: Input, options: &Options<'o>) -> Option<&'o str> {
    let profile = options.agreed?;
    let Input::Text(text) = input else { return None };
    Some(match text {
        Text::SendFac => &profile.send_fac,
        Text::RecvApp => &profile.recv_app,
        Text::RecvFac => &profile.recv_fac,
        Text::DftMsh4 if profile.dft.msh4 == SendingFacility::Iris => "IRIS",
        Text::DftMsh5 => &profile.dft.msh5,
        Text::DftMsh6 => &profile.dft.msh6,
        Text::Version => profile.version.text()?,
        Text::ProcessingId => match profile.environment {
            Environment::Production => "P",
            Environment::Test => "T",
        },
        _ => return None,
    })
}
