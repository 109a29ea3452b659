//! An order and its images.

use jiff::Timestamp;
use results::{EvaluationType, Grading};
use serde_json::{Number, Value};

use super::json::{self, Instant};
use super::machine::State;
use super::request::{Camera, Request};
use super::settings::ImageRequirement;

/// One exam of a patient (LIFE-008).
#[derive(Debug)]
pub(super) struct Order {
    /// IrisOrderId (LIFE-009).
    pub(super) id: u64,
    pub(super) state: State,
    pub(super) site: usize,
    pub(super) patient: usize,
    /// The request with documented names; changes are laid over it.
    pub(super) data: Value,
    pub(super) request: Request,
    /// HL7 orders give no events by default (LIFE-073).
    pub(super) came_as_hl7: bool,
    /// The order as HL7 brought it, with what JSON has changed since.
    pub(super) hl7: Option<results::Order>,
    pub(super) types: Vec<EvaluationType>,
    pub(super) state_of_exam: Option<String>,
    pub(super) created: Timestamp,
    pub(super) queued: Option<Timestamp>,
    pub(super) images: Vec<Image>,
    pub(super) graded: Option<Graded>,
    /// LIFE-095: set with the first grading, never removed.
    pub(super) billed: bool,
    /// How often results were generated.
    pub(super) generated: u64,
    /// The report of the last results.
    pub(super) report: Option<Vec<u8>>,
}

/// A grading as it was applied; later changes of plans or codes do not reach it (CPL-007, LIFE-089).
#[derive(Debug)]
pub(super) struct Graded {
    pub(super) grading: Grading,
    pub(super) grader_email: Option<String>,
    pub(super) level: results::Level,
    pub(super) pathology: bool,
    /// Undotted, with descriptions.
    pub(super) dx: Vec<results::Diagnosis>,
}

/// An image of an order.
#[derive(Clone, Debug)]
pub(super) struct Image {
    /// IrisImageId (LIFE-062).
    pub(super) id: u64,
    pub(super) local_id: Option<String>,
    pub(super) taken: Option<Instant>,
    pub(super) received: Timestamp,
    pub(super) container: String,
    pub(super) file: String,
    /// `OD` or `OS`.
    pub(super) laterality: Option<&'static str>,
    pub(super) context: &'static str,
    pub(super) parent_local_id: Option<String>,
    pub(super) group_id: Option<Number>,
    pub(super) group_ordinal: Option<Number>,
    pub(super) camera: Option<Camera>,
}

impl Image {
    /// When it was captured, as far as is known.
    pub(super) fn time(&self) -> Timestamp {
        self.taken.map_or(self.received, |taken| taken.0)
    }

    /// Submitted by a person or camera, not made from another (LIFE-067).
    pub(super) fn is_original(&self) -> bool {
        self.context != "Enhancement"
    }
}

impl Order {
    pub(super) fn local_id(&self) -> Option<&str> {
        self.request.order.local_id.as_deref()
    }

    pub(super) fn patient_local_id(&self) -> Option<String> {
        json::text(&self.data, "/Patient/LocalId").map(str::to_owned)
    }

    /// The images of an eye, `OD` or `OS`.
    pub(super) fn images_of(&self, eye: &'static str) -> impl Iterator<Item = &Image> {
        self.images.iter().filter(move |image| image.laterality == Some(eye))
    }

    pub(super) fn single_eye(&self) -> bool {
        self.request.order.single_eye_only == Some(true)
    }

    /// LIFE-059, LIFE-060
    pub(super) fn has_its_images(&self, requirement: ImageRequirement) -> bool {
        let enough = |eye, wanted| {
            let primary = self.images_of(eye).filter(|image| image.context == "Primary").count();
            (primary >= wanted, primary > 0)
        };
        let [(right, some_right), (left, some_left)] =
            [enough("OD", requirement.right), enough("OS", requirement.left)];
        if self.single_eye() { right && some_right || left && some_left } else { right && left }
    }

    /// The capture that HL7 results name: the latest Primary image (DFT-TIME-004); without one the order itself.
    pub(super) fn captured(&self) -> Timestamp {
        let primary = self.images.iter().filter(|image| image.context == "Primary");
        primary.map(Image::time).max().unwrap_or(self.created)
    }

    /// ServicedTime: when the exam began, as in the reference result.
    pub(super) fn serviced(&self) -> Timestamp {
        let images = self.images.iter().filter(|image| image.context != "AddedLate");
        images.map(Image::time).min().unwrap_or(self.created)
    }
}
