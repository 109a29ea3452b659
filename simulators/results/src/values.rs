//! The inputs that a mapping can name (04-oru, section 1).

use std::borrow::Cow;
use std::collections::BTreeMap;

use hl7::Delimiters;
use jiff::Timestamp;

use crate::blocks;
use crate::error::BuildError;
use crate::grading::Grading;
use crate::mapping::{Instant, List, Text, Who};
use crate::order::{Context, Order};
use crate::profile::{Environment, Profile, SendingFacility, Status};
use crate::study::Study;
use crate::{icd, narrative};

/// DFT-FT1-7-P1, DFT-FT1-7-P2
const CHARGE_CODE: &[u8] = b"92250";
const CHARGE_DESCRIPTION: &[u8] = b"Fundus photography with interpretation and report";

/// One item of a list: an observation, a line, a diagnosis, a modifier.
#[derive(Default)]
pub(crate) struct Item {
    /// Set id.
    pub(crate) n: usize,
    pub(crate) sub_id: String,
    pub(crate) identifier: String,
    pub(crate) value: Vec<u8>,
    pub(crate) flag: String,
}

pub(crate) struct Values<'a> {
    order: &'a Order,
    grading: &'a Grading,
    profile: &'a Profile,
    context: &'a Context,
    lists: BTreeMap<List, Vec<Item>>,
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
        let lines = narrative::lines(order, grading, &study, &dx, &profile.disclaimer)?;
        let lists = blocks::observations(&study, lines, order, profile, context)?;
        Ok(Self { order, grading, profile, context, lists })
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
        let lists = blocks::charge(&study, icd::diagnoses(order, &study, profile), &profile.dft);
        Ok(Self { order, grading, profile, context, lists })
    }

    pub(crate) fn items(&self, list: List) -> &[Item] {
        self.lists.get(&list).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn instant(&self, instant: Instant) -> Timestamp {
        match instant {
            Instant::Now => self.context.now,
            Instant::Captured => self.grading.captured,
            Instant::Graded => self.grading.graded,
        }
    }

    /// Components 1 to 13 (ORU-XCN, DFT-XCN).
    pub(crate) fn person(&self, who: Who) -> [&[u8]; 13] {
        let (provider, grader) = (&self.order.provider, &self.grading.grader);
        let (id, family, given, degrees): (&[u8], &[u8], &[u8], &[u8]) = match who {
            Who::Provider => (&provider.id, &provider.family, &provider.given, &provider.degrees),
            Who::Grader => {
                (grader.id.as_bytes(), grader.family.as_bytes(), grader.given.as_bytes(), grader.degrees.as_bytes())
            }
        };
        [id, family, given, b"", b"", degrees, degrees, b"", b"", b"", b"", b"", b"NPI"]
    }

    pub(crate) fn text<'b>(&'b self, text: Text, item: &'b Item) -> Cow<'b, [u8]> {
        let Self { order, grading, profile, context, .. } = self;
        let grader = &grading.grader;
        let bytes: &[u8] = match text {
            Text::Mrn => &order.mrn,
            Text::Family => &order.family,
            Text::Given => &order.given,
            Text::Dob => &order.dob,
            Text::Sex => &order.sex,
            Text::Encounter => &order.encounter,
            Text::Location => &order.location,
            Text::Placer => &order.placer,
            Text::Filler => return order.filler.to_string().into_bytes().into(),
            Text::Version => &order.version,
            Text::Service => &order.service,
            Text::ServiceCode => self.service_component(0),
            Text::ServiceDescription => self.service_component(1),
            Text::ProviderId => &order.provider.id,
            Text::ProviderFamily => &order.provider.family,
            Text::ProviderGiven => &order.provider.given,
            Text::ProviderDegrees => &order.provider.degrees,
            Text::ProviderPrefix => &order.provider.prefix,
            Text::GraderId => grader.id.as_bytes(),
            Text::GraderFamily => grader.family.as_bytes(),
            Text::GraderGiven => grader.given.as_bytes(),
            Text::GraderFullName => {
                return grader.with_credentials(format!("{} {}", grader.given, grader.family)).into_bytes().into();
            }
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
            Text::DftMsh4 => match profile.dft.msh4 {
                SendingFacility::Iris => b"IRIS",
                SendingFacility::Orm => &order.sending_facility,
            },
            Text::DftMsh5 => profile.dft.msh5.as_bytes(),
            Text::DftMsh6 => profile.dft.msh6.as_bytes(),
            Text::ChargeCode => self.charge_code(),
            Text::ChargeDescription if self.charge_code() == CHARGE_CODE => CHARGE_DESCRIPTION,
            Text::ChargeDescription => return hl7::unescape(self.service_component(1), &Delimiters::default()),
            Text::ItemN => return item.n.to_string().into_bytes().into(),
            Text::ItemSubId => item.sub_id.as_bytes(),
            Text::ItemIdentifier => item.identifier.as_bytes(),
            Text::ItemValue => &item.value,
            Text::ItemFlag => item.flag.as_bytes(),
        };
        bytes.into()
    }

    /// A component of OBR-4, still encoded.
    fn service_component(&self, index: usize) -> &[u8] {
        self.order.service.split(|byte| *byte == b'^').nth(index).unwrap_or_default()
    }

    /// OBR-4.1 if it has the form of a CPT code, else the default (DFT-FT1-7-P1).
    fn charge_code(&self) -> &[u8] {
        let code = self.service_component(0);
        let is_cpt = matches!(code, [digits @ .., last]
            if digits.len() == 4 && digits.iter().all(u8::is_ascii_digit) && last.is_ascii_alphanumeric());
        if is_cpt { code } else { CHARGE_CODE }
    }
}

fn encoded_service(order: &Order) -> Result<(), BuildError> {
    if order.service.contains(&b'|') {
        let message = "the order's service holds a bare `|`; give OBR-4 as it is encoded with the standard delimiters";
        return Err(BuildError::new("ORU-OBR-4", message));
    }
    Ok(())
}
