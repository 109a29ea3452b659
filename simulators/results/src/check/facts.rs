//! What a message says in several places: one input of the mapping must have one value.

use super::options::Options;
use super::view::Place;
use crate::mapping::{Expression, Instant, Moment, Piece, Text, Who};
use crate::profile::{Environment, IdTypeField, MessageType, SendingFacility};

/// An input of the mapping, as the default profile takes it: `alternatives` in rules.yaml say where options take another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    Text(Text),
    Instant(Instant),
    /// A component of the ordering provider: id, family name, given name, credentials.
    Provider(usize),
    /// The same of the grader.
    Grader(usize),
    /// The grader's NPI (ORU-XCN-1).
    Npi,
}

impl Input {
    fn of_text(text: Text) -> Option<Self> {
        use Text as T;
        Some(match text {
            T::ItemN | T::ItemSubId | T::ItemIdentifier | T::ItemValue | T::ItemFlag | T::ItemNote => return None,
            T::GraderFullName | T::AuthenticatorPrefix | T::ChargeUnitCost | T::ChargeModifiers => return None,
            T::Account | T::Visit => Self::Text(T::Encounter),
            T::Place => Self::Text(T::Location),
            T::ChargeNamespace => Self::Text(T::DftMsh5),
            T::GraderId => Self::Grader(0),
            T::GraderFamily => Self::Grader(1),
            T::GraderGiven => Self::Grader(2),
            T::AuthenticatorId => Self::Provider(0),
            T::AuthenticatorFamily => Self::Provider(1),
            T::AuthenticatorGiven => Self::Provider(2),
            T::AuthenticatorDegrees => Self::Provider(3),
            other => Self::Text(other),
        })
    }

    fn of_instant(instant: Instant) -> Self {
        Self::Instant(match instant {
            Instant::Activity => Instant::Captured,
            Instant::Discharge => Instant::Now,
            Instant::ChargeDate => Instant::Graded,
            other => other,
        })
    }
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
        match *piece {
            Piece::Text(text, _) => match Input::of_text(text) {
                Some(input) => Shape::One { before, input, moment: None, after },
                None => Shape::Free,
            },
            Piece::Instant(instant, moment) => {
                Shape::One { before, input: Input::of_instant(instant), moment: Some(moment), after }
            }
            Piece::Person(who) => Shape::Person(who),
            Piece::Literal(_) => Shape::Free,
        }
    }
}

/// The inputs of a person's id, family and given name, and credentials; in `charge`s the grader attends (DFT-C4).
pub(super) fn of_person(who: Who, charge: bool) -> [Input; 4] {
    match who {
        Who::Attending if charge => [0, 1, 2, 3].map(Input::Grader),
        Who::Provider | Who::Attending => [0, 1, 2, 3].map(Input::Provider),
        Who::Grader => [0, 1, 2, 3].map(Input::Grader),
        Who::Interpreter => [Input::Npi, Input::Grader(1), Input::Grader(2), Input::Grader(3)],
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
        Text::ProviderType => &profile.provider_type,
        Text::ProcessingId => match profile.environment {
            Environment::Production => "P",
            Environment::Test => "T",
        },
        _ => return None,
    })
}

/// What the profile or its default says of an input that no message decides; empty for an element that has to be empty.
pub(super) fn constant<'o>(input: Input, options: &Options<'o>) -> Option<&'o str> {
    let Input::Text(text) = input else { return None };
    let profile = options.profile;
    Some(match text {
        Text::NarrativeType => &profile.narrative_type,
        Text::NarrativeId => &profile.narrative_id,
        Text::NarrativeLabel => &profile.narrative_text,
        Text::NarrativeSystem => &profile.narrative_system,
        Text::ObservationSystem => &profile.observation_system,
        Text::PidIdType => profile.pid_id_type.text().unwrap_or_default(),
        Text::DftPid2Type if profile.dft.pid_id_type_field == IdTypeField::Pid2 => &profile.dft.pid_id_type,
        Text::DftPid3Type if profile.dft.pid_id_type_field == IdTypeField::Pid3 => &profile.dft.pid_id_type,
        Text::DftPid2Type | Text::DftPid3Type => "",
        Text::DftMsh9 if profile.dft.msh9 == MessageType::Oru => "ORU^R01",
        Text::DftMsh9 => "DFT^P03",
        _ => return None,
    })
}
