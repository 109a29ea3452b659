//! The inputs that a mapping can name (04-oru, section 1), as the options of the customer want them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::charges::{self, Charge};
use crate::error::BuildError;
use crate::grading::Grading;
use crate::mapping::{Instant, List, Text, When, Who};
use crate::order::{Context, Order, Person};
use crate::profile::{
    Attending, Authenticator, Clock, Credentials, Discharge, Environment, IdTypeField, MessageType, Place, Profile,
    SendingFacility, Status, TxaSource,
};
use crate::study::Study;
use crate::{blocks, icd, narrative};

/// One item of a list: an observation, a line, a diagnosis, a charge.
#[derive(Default)]
pub(crate) struct Item {
    /// Set id.
    pub(crate) n: usize,
    pub(crate) sub_id: String,
    pub(crate) identifier: String,
    pub(crate) value: Vec<u8>,
    pub(crate) flag: String,
    /// The identifier, when it stands in an NTE after the observation (DISC-190).
    pub(crate) note: String,
    pub(crate) charge: Charge,
}

/// The items of each list.
pub(crate) type Lists = BTreeMap<List, Vec<Item>>;

pub(crate) struct Values<'a> {
    order: &'a Order,
    grading: &'a Grading,
    profile: &'a Profile,
    context: &'a Context,
    lists: Lists,
    now: String,
    captured: String,
    graded: String,
    attending: Attending,
    credentials: Credentials,
    provider_type: &'a str,
}

impl<'a> Values<'a> {
    /// What a result says: ORU and MDM. `order` is an effective one.
    pub(crate) fn of_result(
        order: &'a Order,
        grading: &'a Grading,
        profile: &'a Profile,
        context: &'a Context,
    ) -> Result<Self, BuildError> {
        encoded_service(order)?;
        let study = Study::check(order, grading, profile)?;
        let dx = icd::diagnoses(order, &study, profile);
        let lines = narrative::lines(order, grading, &study, &dx, profile)?;
        let lists = blocks::observations(&study, lines, dx, order, profile, context)?;
        let (zone, clock) = (&profile.obs_zone, profile.obs_clock);
        Ok(Self {
            order,
            grading,
            profile,
            context,
            lists,
            now: stamp(context.now, &TimeZone::UTC, Clock::Hours24), // ORU-TIM-05, ORU-TIM-06
            captured: stamp(grading.captured, zone, clock),
            graded: stamp(grading.graded, zone, clock),
            attending: profile.pv1_7_17,
            credentials: profile.xcn_credentials,
            provider_type: &profile.provider_type,
        })
    }

    /// What a charge says: DFT. `order` is an effective one.
    pub(crate) fn of_charge(
        order: &'a Order,
        grading: &'a Grading,
        profile: &'a Profile,
        context: &'a Context,
    ) -> Result<Self, BuildError> {
        encoded_service(order)?;
        let study = Study::check(order, grading, profile)?;
        let lists = charges::lists(order, grading, &study, profile)?;
        let clock = profile.dft.clock;
        Ok(Self {
            order,
            grading,
            profile,
            context,
            lists,
            now: stamp(context.now, &TimeZone::UTC, Clock::Hours24),
            captured: stamp(grading.captured, &TimeZone::UTC, clock), // DFT-TIME-002, DFT-C7
            graded: stamp(grading.graded, &TimeZone::UTC, clock),
            attending: profile.dft.pv1_7_17,
            credentials: profile.dft.xcn_credentials,
            provider_type: "NPI", // DFT-XCN-13
        })
    }

    pub(crate) fn items(&self, list: List) -> &[Item] {
        self.lists.get(&list).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn hold(&self, when: Option<When>) -> bool {
        when.is_none_or(|when| when.holds(self.profile))
    }

    /// `yyyyMMddHHmmss`
    pub(crate) fn stamp(&self, instant: Instant, item: &Item) -> &[u8] {
        let stamp = match instant {
            Instant::Now => &self.now,
            Instant::Captured => &self.captured,
            Instant::Graded => &self.graded,
            Instant::Activity => match self.profile.mdm.txa4_source {
                TxaSource::Capture => &self.captured,
                TxaSource::Graded => &self.graded,
                TxaSource::Message => &self.now,
            },
            Instant::Discharge => match self.profile.dft.pv1_45 {
                Discharge::Send => &self.now,
                Discharge::Capture => &self.captured,
            },
            Instant::ChargeDate if item.charge.at_capture => &self.captured,
            Instant::ChargeDate => &self.graded,
        };
        stamp.as_bytes()
    }

    /// Components 1 to 13 (ORU-XCN, DFT-XCN).
    pub(crate) fn person(&self, who: Who) -> [&[u8]; 13] {
        let Names { id, family, given, degrees, .. } = match (who, self.attending) {
            (Who::Provider, _) | (Who::Attending, Attending::Ordering) => Names::of_provider(&self.order.provider),
            (Who::Grader, _) | (Who::Attending, Attending::Grader) => self.grader(),
            (Who::Interpreter, _) => Names { id: self.grading.grader.npi.as_bytes(), ..self.grader() },
        };
        let (fifth, seventh) = match self.credentials {
            Credentials::SixSeven => (&b""[..], degrees),
            Credentials::FiveSix => (degrees, &b""[..]),
        };
        let kind = self.provider_type.as_bytes();
        [id, family, given, b"", fifth, degrees, seventh, b"", b"", b"", b"", b"", kind]
    }

    fn grader(&self) -> Names<'_> {
        let grader = &self.grading.grader;
        Names {
            id: grader.id.as_bytes(),
            family: grader.family.as_bytes(),
            given: grader.given.as_bytes(),
            degrees: grader.degrees.as_bytes(),
            prefix: b"", // a grading holds no title
        }
    }

    /// The person of TXA-10 (MDM-C3).
    fn authenticator(&self) -> Names<'_> {
        match self.profile.mdm.txa10 {
            Authenticator::Ordering => Names::of_provider(&self.order.provider),
            Authenticator::Grader => self.grader(),
        }
    }

    pub(crate) fn text<'b>(&'b self, text: Text, item: &'b Item) -> Cow<'b, [u8]> {
        let Self { order, grading, profile, context, .. } = self;
        let (grader, charge) = (&grading.grader, &item.charge);
        let id_type = |field| if profile.dft.pid_id_type_field == field { &profile.dft.pid_id_type } else { "" };
        let bytes: &[u8] = match text {
            Text::Mrn => &order.mrn,
            Text::PidIdType => profile.pid_id_type.text().unwrap_or_default().as_bytes(),
            Text::Family => &order.family,
            Text::Given => &order.given,
            Text::Dob => &order.dob,
            Text::Sex => &order.sex,
            Text::Ssn => &order.ssn,
            Text::Encounter => &order.encounter,
            Text::Account if !profile.pid_account => b"",
            Text::Visit if !profile.pv1_visit => b"",
            Text::Account | Text::Visit => &order.encounter,
            Text::Location => &order.location,
            Text::Place => match profile.pv1_3 {
                Place::Order => &order.location,
                Place::SiteName => &order.clinic,
            },
            Text::Placer => &order.placer,
            Text::Filler => return order.filler.to_string().into_bytes().into(),
            Text::Version => profile.version.text().map_or(&order.version, str::as_bytes),
            Text::OrderVersion => &order.version,
            Text::Service => &order.service,
            Text::ServiceCode => order.service_component(1),
            Text::ServiceDescription => order.service_component(2),
            Text::GraderId => grader.id.as_bytes(),
            Text::GraderFamily => grader.family.as_bytes(),
            Text::GraderGiven => grader.given.as_bytes(),
            Text::GraderFullName => {
                return grader.with_credentials(format!("{} {}", grader.given, grader.family)).into_bytes().into();
            }
            Text::AuthenticatorId => self.authenticator().id,
            Text::AuthenticatorFamily => self.authenticator().family,
            Text::AuthenticatorGiven => self.authenticator().given,
            Text::AuthenticatorDegrees => self.authenticator().degrees,
            Text::AuthenticatorPrefix => self.authenticator().prefix,
            Text::ProviderType => self.provider_type.as_bytes(),
            Text::SendFac => profile.send_fac.as_bytes(),
            Text::RecvApp => profile.recv_app.as_bytes(),
            Text::RecvFac => profile.recv_fac.as_bytes(),
            Text::ProcessingId => match profile.environment {
                Environment::Production => b"P",
                Environment::Test => b"T",
            },
            Text::Status => match profile.status {
                Status::CorrectedOnRegrade if grading.regrade => b"C", // ORU-STA-02
                _ => b"F",
            },
            Text::DocumentId => context.document_id.as_bytes(),
            Text::ObservationSystem => profile.observation_system.as_bytes(),
            Text::NarrativeType => profile.narrative_type.as_bytes(),
            Text::NarrativeId => profile.narrative_id.as_bytes(),
            Text::NarrativeLabel => profile.narrative_text.as_bytes(),
            Text::NarrativeSystem => profile.narrative_system.as_bytes(),
            Text::DftMsh4 => match profile.dft.msh4 {
                SendingFacility::Iris => b"IRIS",
                SendingFacility::Orm => &order.sending_facility,
            },
            Text::DftMsh5 => profile.dft.msh5.as_bytes(),
            Text::DftMsh6 => profile.dft.msh6.as_bytes(),
            Text::DftMsh9 => match profile.dft.msh9 {
                MessageType::Dft => b"DFT^P03",
                MessageType::Oru => b"ORU^R01",
            },
            Text::DftPid2Type => id_type(IdTypeField::Pid2).as_bytes(),
            Text::DftPid3Type => id_type(IdTypeField::Pid3).as_bytes(),
            Text::ItemN => return item.n.to_string().into_bytes().into(),
            Text::ItemSubId => item.sub_id.as_bytes(),
            Text::ItemIdentifier => item.identifier.as_bytes(),
            Text::ItemValue => &item.value,
            Text::ItemFlag => item.flag.as_bytes(),
            Text::ItemNote => item.note.as_bytes(),
            Text::ChargeCode => &charge.code,
            Text::ChargeLabel => &charge.text,
            Text::ChargeSystem => &charge.system,
            Text::ChargeUnitCost => charge.unit_cost.as_bytes(),
            Text::ChargeNamespace => charge.namespace.as_bytes(),
            Text::ChargeModifiers => charge.modifiers.as_bytes(),
        };
        bytes.into()
    }
}

/// What a message tells of a person.
struct Names<'a> {
    id: &'a [u8],
    family: &'a [u8],
    given: &'a [u8],
    degrees: &'a [u8],
    prefix: &'a [u8],
}

impl<'a> Names<'a> {
    fn of_provider(Person { id, family, given, degrees, prefix }: &'a Person) -> Self {
        Self { id, family, given, degrees, prefix }
    }
}

/// ORU-TIM-01
fn stamp(instant: Timestamp, zone: &TimeZone, clock: Clock) -> String {
    let format = match clock {
        Clock::Hours24 => "%Y%m%d%H%M%S",
        Clock::Hours12 => "%Y%m%d%I%M%S",
    };
    instant.to_zoned(zone.clone()).strftime(format).to_string()
}

fn encoded_service(order: &Order) -> Result<(), BuildError> {
    if order.service.contains(&b'|') {
        let message = "the order's service holds a bare `|`; give OBR-4 as it is encoded with the standard delimiters";
        return Err(BuildError::new("ORU-OBR-4", message));
    }
    Ok(())
}
