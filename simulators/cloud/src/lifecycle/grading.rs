//! Gradings and what follows from them: care plan, codes, results, charge (08 sections 7 to 9).

use jiff::{Timestamp, ToSpan};
use journal::Seed;
use results::profile::{Collision, Environment};
use results::{BuildError, Context, Eye, Grading, Level, Plan};
use uuid::Uuid;

use super::events::DeliveryPart;
use super::json::{self, Instant};
use super::machine::{self, Post, Row, State, Trigger};
use super::order::Graded;
use super::order_results::{OrderResults, Source};
use super::orders::ignored;
use super::request::Refused;
use super::settings::{DeliverJson, ProxyScope};
use super::submission::Submission;
use super::template::Tokens;
use super::tenancy::Tenant;
use super::{Delivery, Desk, Kind, Notification, Output, mapping};

/// The size limit of a queue message, in bytes (LIFE-087).
const QUEUE_LIMIT: usize = 256 * 1024;

impl From<BuildError> for Refused {
    fn from(error: BuildError) -> Self {
        Refused::new(error.requirement, error.message)
    }
}

impl Tenant {
    /// LIFE-079 to LIFE-085
    pub(super) fn grading_submission(&mut self, desk: &mut Desk, bytes: &[u8]) -> Result<(), Refused> {
        if self.organization.results_profile.environment == Environment::Production {
            return Err(Refused::new("LIFE-079", "gradings are submitted in test environments only"));
        }
        let value = json::read(bytes).ok_or_else(|| Refused::new("LIFE-027", "the message is no JSON object"))?;
        self.is_named_by(&value)?;
        let submission = Submission::read(&value)?;
        let found = submission.local_id.as_deref().and_then(|id| self.find(id, submission.site.local_id.as_deref()));
        let at = found.ok_or_else(|| Refused::new("LIFE-080", "no order has this LocalId"))?;
        let row = self.grading_row(at, Trigger::Grading)?;
        let order = &self.orders[at];
        let [right, left] = submission.eyes(order, self.settings().image_missing_eye)?;
        if matches!((&right, &left), (Eye::Excluded { .. }, Eye::Excluded { .. })) {
            return Err(Refused::new("DISC-028", "at least one eye must be part of the study"));
        }
        let who =
            self.interpreter(order).ok_or_else(|| Refused::new("EVL-22", "nobody is licensed in the order's state"))?;
        let grading = Grading {
            right,
            left,
            plan: None,
            notes: Vec::new(),
            grader: who.grader.clone(),
            captured: order.captured(),
            graded: desk.now,
            regrade: false,
        };
        self.grade(desk, at, row, grading)
    }

    /// A grading by a control call.
    pub(super) fn graded_by_control(
        &mut self,
        desk: &mut Desk,
        at: usize,
        grading: Grading,
        trigger: Trigger,
    ) -> Result<(), Refused> {
        let row = self.grading_row(at, trigger)?;
        self.grade(desk, at, row, Grading { regrade: trigger == Trigger::Regrade, ..grading })
    }

    /// The row of a grading, if it has an effect (LIFE-082).
    fn grading_row(&self, at: usize, trigger: Trigger) -> Result<&'static Row, Refused> {
        let order = &self.orders[at];
        let waiting = order.state == State::AwaitingImages;
        let trigger = match trigger {
            Trigger::Grading if waiting && order.images.is_empty() => Trigger::GradingWithoutImage,
            given => given,
        };
        if waiting && self.settings().grading_require_ready {
            return Err(Refused::new("LIFE-082", "the order is not ready for grading"));
        }
        let row = machine::row(Some(order.state), trigger).filter(|row| !row.posts.is_empty());
        row.ok_or_else(|| ignored(Some(order.state), trigger))
    }

    /// Applies a grading. Everything is made before anything changes, so that a refused one leaves no trace.
    fn grade(&mut self, desk: &mut Desk, at: usize, row: &'static Row, grading: Grading) -> Result<(), Refused> {
        let graded = self.judged(at, grading)?;
        let made = self.make(desk, at, row, &graded)?;
        let level = graded.level;
        let order = &mut self.orders[at];
        order.billed = true; // LIFE-095
        order.graded = Some(graded);
        let filler = order.id;
        self.follow(desk, at, row, &[]);
        if level >= Level::Urgent {
            desk.out.push(Output::Notification(Notification { filler, level })); // CPL-009, CPL-010
        }
        desk.out.extend(made);
        Ok(())
    }

    /// The grading with its care plan and codes (CPL-004 to CPL-007).
    fn judged(&self, at: usize, grading: Grading) -> Result<Graded, Refused> {
        let (order, profile) = (&self.orders[at], &self.organization.results_profile);
        let site = &self.organization.sites[order.site];
        let said = mapping::to_results(order, &self.patients[order.patient], site, &self.organization.clinic);
        let row = results::care_plan(&said, &grading, profile)?;
        let own = site.plans.get(&row.id).or_else(|| self.organization.plans.get(&row.id)); // CPL-006
        let plan = grading.plan.clone().unwrap_or_else(|| own.cloned().unwrap_or_else(|| Plan::from(row)));
        let by_grader = |who: &&super::Interpreter| who.grader == grading.grader;
        Ok(Graded {
            grader_email: self.organization.interpreters.iter().find(by_grader).and_then(|who| who.email.clone()),
            level: row.level,
            pathology: results::pathology(&said, &grading, profile)?, // CPL-012
            dx: results::derived_diagnoses(&said, &grading, profile)?,
            grading: Grading { plan: Some(plan), ..grading },
        })
    }

    /// ResendResult: the same grading, made anew (LIFE-049).
    pub(super) fn deliver_again(&mut self, desk: &mut Desk, at: usize, row: &'static Row) -> Result<(), Refused> {
        let graded = self.orders[at].graded.take().ok_or_else(|| Refused::new("LIFE-SM-29", "there is no grading"))?;
        let regrade = graded.grading.regrade;
        let again = Graded { grading: Grading { regrade: false, ..graded.grading }, ..graded }; // LIFE-090: F
        let made = self.make(desk, at, row, &again);
        self.orders[at].graded = Some(Graded { grading: Grading { regrade, ..again.grading }, ..again });
        desk.out.extend(made?);
        Ok(())
    }

    /// The results and the charge that a row asks for, for every endpoint: JSON, ORU or MDM, file, DFT last (DFT-GEN-004).
    fn make(&mut self, desk: &mut Desk, at: usize, row: &Row, graded: &Graded) -> Result<Vec<Output>, Refused> {
        let code = row.posts.iter().find_map(|post| match post {
            Post::Results(code) => Some(*code),
            _ => None,
        });
        let (order, settings) = (&self.orders[at], &self.organization.settings);
        let profile = &self.organization.results_profile;
        let (patient, site) = (&self.patients[order.patient], &self.organization.sites[order.site]);
        let said = mapping::to_results(order, patient, site, &self.organization.clinic);
        let grading = &graded.grading;
        let report = results::report(&said, grading, profile)?;
        let mut made = Vec::new();
        let by_queue = match settings.deliver_json {
            DeliverJson::Always => true,
            DeliverJson::JsonOrders => !order.came_as_hl7,
            DeliverJson::Never => false,
        };
        if let Some(code) = code.filter(|_| by_queue) {
            let source = Source { order, graded, patient, site, settings, submitted_dx: &said.submitted_dx };
            let mut result = OrderResults::new(&source, code, Instant(desk.now), desk.transaction(), &report);
            let size = serde_json::to_vec(&result).map_or(0, |json| json.len());
            if size > QUEUE_LIMIT {
                if !settings.results_notification {
                    return Err(Refused::new(
                        "LIFE-087",
                        format!("the result has {size} bytes, too many for the queue"),
                    ));
                }
                result.results_document.content = None;
            }
            made.push(Output::Result(Box::new(result)));
        }
        // not from the run's seed: snapshots hold for every seed (ORU-DOC-09, MDM-TXA-12-U)
        let placer = String::from_utf8_lossy(&said.placer);
        let earlier = self.orders[..at].iter().filter(|earlier| earlier.local_id() == order.local_id()).count();
        let seed = Seed::new(0).derive(&placer);
        // two customers may give their orders the same number (TOP-095)
        let shares = self.organization.senders.first();
        let seed = shares.map_or(seed, |sender| seed.derive(&format!("{} {}", sender.application, sender.facility)));
        let seed = if earlier == 0 { seed } else { seed.derive(&format!("order {earlier}")) };
        let seed = if order.generated == 0 { seed } else { seed.derive(&order.generated.to_string()) };
        let tokens = Tokens { order, patient, site };
        let mut context = Context {
            now: desk.now,
            token: seed.hex("link token", 128),
            document_id: seed.uuid("document").to_string().to_uppercase(),
            pdf: report.clone(),
            file_path: match settings.deliver_file {
                true => tokens.fill(&settings.file_template), // FILE-013
                // ORU-DOC-04, by the template of the reference messages
                false => format!(
                    r"C:\results\{}\{}\{placer}.pdf",
                    grading.captured.strftime("%m%d%Y"),
                    String::from_utf8_lossy(&said.location),
                ),
            },
        };
        let mut last = self.last_sent;
        let mut send_time = |collision| {
            // ORU-OPT-38, DFT-MSH-10-U: MSH-10 is the second of sending
            let next = last.filter(|last| collision == Collision::Delay && last.as_second() >= desk.now.as_second());
            let time = next.and_then(|last| last.checked_add(1.second()).ok()).unwrap_or(desk.now);
            last = Some(time);
            time
        };
        let (mut messages, mut path) = (Vec::new(), None);
        if code.is_some() && settings.deliver_hl7 {
            context.now = send_time(profile.msh10_collision);
            messages.push(match profile.mdm.enabled {
                true => (Kind::Mdm, results::mdm(&said, grading, profile, &context)?),
                false => (Kind::Oru, results::oru(&said, grading, profile, &context)?),
            });
        }
        if code.is_some() && settings.deliver_file {
            messages.push((Kind::File, report.clone()));
            path = Some(tokens.fill(&settings.file_template));
        }
        // DFT-GEN-001: once, whatever the rows may say one day
        let charge = row.posts.contains(&Post::Charge) && !order.billed;
        if charge && settings.deliver_hl7 && profile.dft.enabled {
            context.now = send_time(profile.dft.msh10_collision);
            let said = mapping::for_charge(order, said);
            messages.push((Kind::Dft, results::dft(&said, grading, profile, &context)?));
        }
        let filler = order.id;
        self.last_sent = last;
        let generated = order.generated;
        self.orders[at].generated += 1;
        self.orders[at].report = Some(report);
        for (number, (kind, content)) in messages.into_iter().enumerate() {
            let id = desk.seed.uuid(&format!("delivery {filler} {generated} {number}"));
            self.deliveries.insert(id, (at, kind));
            let path = path.take_if(|_| kind == Kind::File);
            made.push(Output::Delivery(Delivery { id, kind, filler, content, path }));
        }
        Ok(made)
    }

    /// ResultsDeliveryReceipt (LIFE-074 to LIFE-077, LIFE-SM-33).
    pub(super) fn outcome(
        &mut self,
        desk: &mut Desk,
        delivery: Uuid,
        accepted: bool,
        at: Timestamp,
    ) -> Result<(), Refused> {
        let found = self.deliveries.get(&delivery).copied();
        let (order, kind) = found.ok_or_else(|| Refused::new("LIFE-SM-33", "the delivery is unknown"))?;
        let order = &self.orders[order];
        if kind == Kind::Dft {
            return Err(Refused::new("LIFE-077", "a charge gives no receipt"));
        }
        let row = machine::row(Some(order.state), Trigger::Outcome);
        row.ok_or_else(|| ignored(Some(order.state), Trigger::Outcome))?;
        if order.came_as_hl7 && !self.settings().events_for_hl7 {
            return Ok(());
        }
        let (delivery_type, endpoint) = match self.settings().deliver_proxy {
            ProxyScope::Site => ("icproxy", self.organization.sites[order.site].local_id.clone()),
            ProxyScope::Organization => ("icOrgProxy", self.organization.guid.to_string().to_uppercase()),
        };
        let local_id = order.local_id().map(str::to_owned);
        let mut event = desk.event("ResultsDeliveryReceipt", order.id, local_id, None);
        event.patient = None;
        event.delivery = Some(DeliveryPart {
            time_delivered: Instant(at),
            delivery_type,
            endpoint,
            transmission_status: if accepted { "Complete" } else { "Failed" },
        });
        desk.out.push(Output::Event(event));
        Ok(())
    }
}
