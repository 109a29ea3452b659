//! How images reach their orders (08 section 5).

use super::codes::{IMAGE_CONTEXT, LATERALITY, find};
use super::json::{Code, Instant};
use super::machine::{self, State, Trigger};
use super::order::Image;
use super::orders::ignored;
use super::request::{ImageDirective, Refused};
use super::tenancy::Tenant;
use super::{Control, Desk, dicom};

/// An image that comes by another route than the blob storage (LIFE-057).
#[derive(Clone, Debug, Default)]
pub struct ControlImage {
    /// The customer's id; may be absent.
    pub local_id: Option<String>,
    /// `OD` or `OS`.
    pub laterality: String,
    /// LIFE-EN-09; empty is Primary.
    pub context: String,
    /// When it was taken.
    pub taken: Option<Instant>,
    /// Name under which it is kept.
    pub file_name: String,
    /// Why it cannot be taken, if it cannot (LIFE-SM-11).
    pub error: Option<&'static str>,
}

/// What became of an image.
pub(super) struct Receipt {
    pub(super) local_id: Option<String>,
    /// 0 on failure (LIFE-EV-03).
    pub(super) image: u64,
    /// The patient id of an image without order.
    pub(super) patient: Option<String>,
    pub(super) error: Option<&'static str>,
}

impl Receipt {
    fn failed(local_id: Option<String>, error: &'static str) -> Self {
        Self { local_id, image: 0, patient: None, error: Some(error) }
    }
}

impl Tenant {
    /// Image first: links the files that a request names (LIFE-052, LIFE-053).
    pub(super) fn take_images(&mut self, desk: &mut Desk, at: usize, directives: &[ImageDirective]) -> Vec<Receipt> {
        let given = self.orders[at].request.camera.clone();
        let camera = self.camera(self.orders[at].site, &given);
        let mut receipts = Vec::new();
        for directive in directives {
            let (local_id, blob) = (directive.local_id.clone(), &directive.azure_blob_storage);
            let (Some(container), Some(file)) = (&blob.container, &blob.file_name) else {
                receipts.push(Receipt::failed(local_id, "Container and FileName are required"));
                continue;
            };
            let laterality = directive.laterality.as_ref().map(|code| find(LATERALITY, code));
            let Some(received) = self.files.get(&(container.clone(), file.clone())).copied() else {
                receipts.push(Receipt::failed(local_id, "Image file not found"));
                continue;
            };
            if laterality == Some(None) {
                receipts.push(Receipt::failed(local_id, "Laterality must be OD or OS")); // LIFE-C16
                continue;
            }
            let images = &mut self.orders[at].images;
            // an update repeats the images of its order; LIFE-056: a file is one image
            if let Some(known) = images.iter().find(|known| known.container == *container && known.file == *file) {
                receipts.push(Receipt { local_id, image: known.id, patient: None, error: None });
                continue;
            }
            let image = desk.next_image();
            images.push(Image {
                id: image,
                local_id: local_id.clone(),
                taken: directive.taken,
                received,
                container: container.clone(),
                file: file.clone(),
                laterality: laterality.flatten(),
                context: directive.image_context.as_ref().map_or("Primary", context),
                parent_local_id: directive.parent_local_id.clone(),
                group_id: directive.group_id.clone(),
                group_ordinal: directive.group_ordinal.clone(),
                camera: camera.clone(),
            });
            receipts.push(Receipt { local_id, image, patient: None, error: None });
        }
        receipts
    }

    /// A file has come (LIFE-052); in the agreed container it is matched to its order at once (LIFE-054).
    pub(super) fn image_stored(&mut self, desk: &mut Desk, path: &str, content: &[u8]) -> Result<(), Refused> {
        let Some((container, file)) = path.split_once('/').filter(|(c, f)| !c.is_empty() && !f.is_empty()) else {
            return Err(Refused::new("LIFE-RQ-40", "a path is container, `/` and file name"));
        };
        let key = (container.to_owned(), file.to_owned());
        if self.files.contains_key(&key) {
            return Err(Refused::new("LIFE-056", "the container has a file of this name"));
        }
        self.files.insert(key, desk.now);
        if container != self.settings().image_drop_container {
            return Ok(());
        }
        let metadata = dicom::read(content).unwrap_or_default();
        let laterality = metadata.laterality.and_then(|code| find(LATERALITY, &Code(code)));
        // LIFE-055: an open order of that patient, before all one that waits for images
        let of_patient = |at: &usize| {
            let order = &self.orders[*at];
            order.state.is_open() && metadata.patient_id.as_ref() == Some(&self.patients[order.patient].local_id)
        };
        let open: Vec<usize> = (0..self.orders.len()).rev().filter(of_patient).collect();
        let waiting = open.iter().find(|at| self.orders[**at].state == State::AwaitingImages);
        let Some(at) = waiting.or(open.first()).copied() else {
            let failed = Receipt::failed(None, "No open order found");
            self.post_image(desk, None, &Receipt { patient: metadata.patient_id, ..failed });
            return Ok(());
        };
        let image = Image {
            id: 0,
            local_id: None,
            taken: metadata.taken.map(Instant),
            received: desk.now,
            container: container.to_owned(),
            file: file.to_owned(),
            laterality,
            context: "Primary",
            parent_local_id: None,
            group_id: None,
            group_ordinal: None,
            camera: None,
        };
        self.arrive(desk, at, image, None)
    }

    /// The same by a control call.
    pub(super) fn image_by_control(&mut self, desk: &mut Desk, at: usize, given: ControlImage) -> Result<(), Refused> {
        let given_camera = self.orders[at].request.camera.clone();
        let image = Image {
            id: 0,
            local_id: given.local_id,
            taken: given.taken,
            received: desk.now,
            container: String::new(),
            file: given.file_name,
            laterality: find(LATERALITY, &Code(given.laterality)),
            context: if given.context.is_empty() { "Primary" } else { context(&Code(given.context)) },
            parent_local_id: None,
            group_id: None,
            group_ordinal: None,
            camera: self.camera(self.orders[at].site, &given_camera),
        };
        self.arrive(desk, at, image, given.error)
    }

    /// One image for one order (LIFE-SM-09 to -11, -15, -31, -32).
    fn arrive(&mut self, desk: &mut Desk, at: usize, image: Image, error: Option<&'static str>) -> Result<(), Refused> {
        let state = self.orders[at].state;
        let error = error.or((state == State::OrderCancelled).then_some("The order is cancelled"));
        let local_id = image.local_id.clone();
        let receipt = match error {
            Some(error) => Receipt::failed(local_id, error),
            None => {
                let id = desk.next_image();
                let late = matches!(state, State::Graded | State::Complete); // LIFE-061
                let context = if late { "AddedLate" } else { image.context };
                self.orders[at].images.push(Image { id, context, ..image });
                Receipt { local_id, image: id, patient: None, error: None }
            }
        };
        let trigger = match state {
            State::OrderCancelled => Trigger::Image,
            _ if error.is_some() => Trigger::BadImage,
            State::AwaitingImages if self.is_complete(at) => Trigger::LastImage,
            _ => Trigger::Image,
        };
        let row = machine::row(Some(state), trigger).ok_or_else(|| ignored(Some(state), trigger))?;
        self.follow(desk, at, row, &[receipt]);
        Ok(())
    }

    pub(super) fn control(&mut self, desk: &mut Desk, local_id: &str, control: Control) -> Result<(), Refused> {
        let at = self.find(local_id, None).ok_or_else(|| Refused::new("LIFE-096", "no order has this LocalId"))?;
        let trigger = match control {
            Control::Image(image) => return self.image_by_control(desk, at, image),
            Control::Grade(grading) => return self.graded_by_control(desk, at, *grading, Trigger::Grading),
            Control::Regrade(grading) => return self.graded_by_control(desk, at, *grading, Trigger::Regrade),
            Control::Resend => {
                let row =
                    machine::row(Some(self.orders[at].state), Trigger::Resend).filter(|row| !row.posts.is_empty());
                let row = row.ok_or_else(|| ignored(Some(self.orders[at].state), Trigger::Resend))?;
                return self.deliver_again(desk, at, row);
            }
            Control::CheckOut => Trigger::CheckOut,
            Control::Release => Trigger::Release,
            Control::ReviewStart => Trigger::ReviewStart,
            Control::ReviewEnd => Trigger::ReviewEnd,
            Control::Fail => Trigger::Fail,
            Control::Retry => Trigger::Retry,
        };
        let state = Some(self.orders[at].state);
        let row = machine::row(state, trigger).ok_or_else(|| ignored(state, trigger))?;
        self.follow(desk, at, row, &[]);
        Ok(())
    }
}

/// A code that is none means that the context could not be derived (LIFE-EN-09, LIFE-C15).
fn context(code: &Code) -> &'static str {
    match code.0.as_str() {
        "Secondary" => "SecondaryViewField",
        _ => find(IMAGE_CONTEXT, code).unwrap_or("Unknown"),
    }
}
