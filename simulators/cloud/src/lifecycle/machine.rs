//! The states of an order and what moves it (08 section 11): one row of [`TABLE`] for each row of the specification.

/// Where an order stands. Names as in results and library comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum State {
    AwaitingImages,
    QueuedForGrading,
    CheckedOutForGrading,
    UnderReview,
    Error,
    Graded,
    Complete,
    OrderCancelled,
}

impl State {
    /// LIFE-012
    pub fn is_open(self) -> bool {
        !matches!(self, State::Graded | State::Complete | State::OrderCancelled)
    }
}

/// What happens to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// NW, valid, without images.
    New,
    /// NW, valid, with images that do not suffice.
    NewWithImages,
    /// NW, valid, with all images.
    NewReady,
    /// NW that fails validation.
    NewInvalid,
    /// NW for the same patient and type under another LocalId.
    NewOther,
    /// NW with the same LocalId.
    NewSame,
    /// An image that can be taken.
    Image,
    /// An image that can be taken, after which the order has all it needs.
    LastImage,
    /// An image that cannot be taken.
    BadImage,
    /// A valid grading of an order with an image.
    Grading,
    /// A grading of an order without any image.
    GradingWithoutImage,
    /// XO.
    Change,
    /// XO that brings the last image.
    ChangeWithLastImage,
    /// CA.
    Cancel,
    /// ResendResult.
    Resend,
    /// A grader takes the order.
    CheckOut,
    /// The grader gives it back.
    Release,
    /// A review begins.
    ReviewStart,
    /// The review ends.
    ReviewEnd,
    /// Processing fails.
    Fail,
    /// Processing is tried again.
    Retry,
    /// A new grading of a graded order.
    Regrade,
    /// The EMR took or refused a delivery.
    Outcome,
}

/// What becomes of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It stays.
    Same,
    /// It becomes this.
    To(State),
    /// The order is cancelled and a new one takes its place, by LIFE-SM-01 to -03.
    Replaced,
    /// The order stays, and a new one is created by LIFE-SM-01 to -03.
    Another,
}

/// What is posted, in the order of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Post {
    /// OrderCreationReceipt.
    Receipt,
    /// OrderCreationReceipt with Success false.
    Failure,
    /// OrderCancelled.
    Cancelled,
    /// ImageReceipt of each image.
    Images,
    /// ReadyForGradingEvent.
    Ready,
    /// GradingReceipt.
    GradingReceipt,
    /// OrderGradedEvent.
    Graded,
    /// Results with this result code, to every endpoint.
    Results(&'static str),
    /// The one charge.
    Charge,
    /// ResultsDeliveryReceipt.
    Delivered,
}

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    /// Its requirement.
    pub id: &'static str,
    /// The states it holds in; `None` is: no order.
    pub from: &'static [Option<State>],
    /// What happens.
    pub trigger: Trigger,
    /// The state afterwards.
    pub next: Next,
    /// What is posted.
    pub posts: &'static [Post],
}

/// The row that rules what happens; without one it is ignored.
pub fn row(state: Option<State>, trigger: Trigger) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.trigger == trigger && row.from.contains(&state))
}

const NO: Option<State> = None;
const AI: Option<State> = Some(State::AwaitingImages);
const QG: Option<State> = Some(State::QueuedForGrading);
const CG: Option<State> = Some(State::CheckedOutForGrading);
const UR: Option<State> = Some(State::UnderReview);
const ER: Option<State> = Some(State::Error);
const GR: Option<State> = Some(State::Graded);
const CO: Option<State> = Some(State::Complete);
const CX: Option<State> = Some(State::OrderCancelled);
const OPEN: &[Option<State>] = &[AI, QG, CG, UR, ER];
const CLOSED: &[Option<State>] = &[GR, CO, CX];

const fn row_of(
    id: &'static str,
    from: &'static [Option<State>],
    trigger: Trigger,
    next: Next,
    posts: &'static [Post],
) -> Row {
    Row { id, from, trigger, next, posts }
}

use Next::{Another, Replaced, Same, To};
use Post::{Cancelled, Charge, Delivered, Failure, Graded, GradingReceipt, Images, Ready, Receipt, Results};
use State::{AwaitingImages, CheckedOutForGrading, Complete, Error, OrderCancelled, QueuedForGrading, UnderReview};

/// LIFE-SM-05 has no row: an input of an unknown organization reaches no order.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    row_of("LIFE-SM-01", &[NO],             Trigger::New,                 To(AwaitingImages),       &[Receipt]),
    row_of("LIFE-SM-02", &[NO],             Trigger::NewWithImages,       To(AwaitingImages),       &[Receipt, Images]),
    row_of("LIFE-SM-03", &[NO],             Trigger::NewReady,            To(QueuedForGrading),     &[Receipt, Images, Ready]),
    row_of("LIFE-SM-04", &[NO],             Trigger::NewInvalid,          Same,                     &[Failure]),
    row_of("LIFE-SM-06", OPEN,              Trigger::NewOther,            Replaced,                 &[Cancelled]),
    row_of("LIFE-SM-07", OPEN,              Trigger::NewSame,             Same,                     &[Receipt]),
    row_of("LIFE-SM-08", CLOSED,            Trigger::NewSame,             Another,                  &[]),
    row_of("LIFE-SM-09", &[AI],             Trigger::Image,               Same,                     &[Images]),
    row_of("LIFE-SM-10", &[AI],             Trigger::LastImage,           To(QueuedForGrading),     &[Images, Ready]),
    row_of("LIFE-SM-11", OPEN,              Trigger::BadImage,            Same,                     &[Images]),
    // LIFE-094: Graded is passed through
    row_of("LIFE-SM-12", &[AI, QG, CG],     Trigger::Grading,             To(Complete),             &[GradingReceipt, Graded, Results("F"), Charge]),
    row_of("LIFE-SM-13", &[AI],             Trigger::GradingWithoutImage, Same,                     &[]),
    row_of("LIFE-SM-14", CLOSED,            Trigger::Grading,             Same,                     &[]),
    row_of("LIFE-SM-15", &[QG, CG, UR, ER], Trigger::Image,               Same,                     &[Images]),
    row_of("LIFE-SM-16", &[QG],             Trigger::CheckOut,            To(CheckedOutForGrading), &[]),
    row_of("LIFE-SM-17", &[CG],             Trigger::Release,             To(QueuedForGrading),     &[]),
    row_of("LIFE-SM-18", &[QG, CG],         Trigger::ReviewStart,         To(UnderReview),          &[]),
    row_of("LIFE-SM-19", &[UR],             Trigger::ReviewEnd,           To(QueuedForGrading),     &[]),
    row_of("LIFE-SM-20", &[QG, CG],         Trigger::Fail,                To(Error),                &[]),
    row_of("LIFE-SM-21", &[ER],             Trigger::Retry,               To(QueuedForGrading),     &[]),
    row_of("LIFE-SM-22", &[AI],             Trigger::Change,              Same,                     &[Images]),
    row_of("LIFE-SM-22", &[AI],             Trigger::ChangeWithLastImage, To(QueuedForGrading),     &[Images, Ready]),
    row_of("LIFE-SM-23", &[QG, UR, ER],     Trigger::Change,              Replaced,                 &[Cancelled]),
    row_of("LIFE-SM-24", &[CG],             Trigger::Change,              Same,                     &[]),
    row_of("LIFE-SM-25", &[GR, CO, CX, NO], Trigger::Change,              Same,                     &[]),
    row_of("LIFE-SM-26", OPEN,              Trigger::Cancel,              To(OrderCancelled),       &[Cancelled]),
    row_of("LIFE-SM-27", &[GR, CO, CX, NO], Trigger::Cancel,              Same,                     &[]),
    row_of("LIFE-SM-28", &[CO],             Trigger::Resend,              Same,                     &[Results("R")]),
    row_of("LIFE-SM-29", &[AI, QG, CG, UR, ER, GR, CX, NO], Trigger::Resend, Same,                  &[]),
    row_of("LIFE-SM-30", &[CO],             Trigger::Regrade,             Same,                     &[Graded, Results("C")]),
    row_of("LIFE-SM-31", &[GR, CO],         Trigger::Image,               Same,                     &[Images]),
    row_of("LIFE-SM-32", &[CX],             Trigger::Image,               Same,                     &[Images]),
    row_of("LIFE-SM-33", &[CO],             Trigger::Outcome,             Same,                     &[Delivered]),
];
