//! One of several customers of the cloud.

use journal::Seed;
use uuid::Uuid;

use crate::GradeError;
use crate::lifecycle::{Control, Organization, State as OrderState};
use crate::state::State;

/// A customer, to do something to its orders alone.
#[derive(Clone, Copy)]
pub struct Customer<'a> {
    pub(crate) state: &'a State,
    pub(crate) guid: Uuid,
}

impl Customer<'_> {
    /// ClientGuid.
    pub fn guid(&self) -> Uuid {
        self.guid
    }

    /// Grades an order and queues its result or document and, the first time, its charge.
    ///
    /// # Errors
    /// [`GradeError`] when it has no order of the number or has cancelled it, or nothing can be built for it.
    pub fn grade(&self, placer: &str, grading: &results::Grading) -> Result<(), GradeError> {
        self.state.exams().grade(self.state, self.guid, placer, grading)
    }

    /// Generates the result or document of a graded order again and queues it (ResendResult).
    ///
    /// # Errors
    /// [`GradeError`] when no graded order of it has the number.
    pub fn resend(&self, placer: &str) -> Result<(), GradeError> {
        self.state.exams().resend(self.state, self.guid, placer)
    }

    /// The report of an order's last results, a PDF.
    pub fn report(&self, placer: &str) -> Option<Vec<u8>> {
        self.state.exams().report(self.guid, placer)
    }

    /// Does something to its newest order with a LocalId.
    ///
    /// # Errors
    /// [`GradeError`] when it has no effect, and why.
    pub fn control(&self, local_id: &str, control: Control) -> Result<(), GradeError> {
        self.state.exams().control(self.state, self.guid, local_id, control)
    }

    /// The state of its newest order with a LocalId.
    pub fn order_state(&self, local_id: &str) -> Option<OrderState> {
        self.state.exams().order_state(self.guid, local_id)
    }
}

/// The customers, each with a ClientGuid; or what two of them have in common that must be of one alone.
pub(crate) fn told_apart(mut all: Vec<Organization>, seed: Seed) -> Result<Vec<Organization>, String> {
    for (number, customer) in (0..).zip(&mut all) {
        if customer.guid.is_nil() {
            customer.guid = if number == 0 { seed.uuid("client") } else { seed.uuid(&format!("client {number}")) };
        }
    }
    for (at, customer) in all.iter().enumerate() {
        let others = || all[..at].iter();
        if others().any(|other| other.guid == customer.guid) {
            return Err(format!("two customers have the ClientGuid {}", customer.guid));
        }
        let shared = customer.senders.iter().find(|sender| others().any(|other| other.senders.contains(sender)));
        if let Some(sender) = shared {
            return Err(format!("two customers send from MSH-3 {} and MSH-4 {}", sender.application, sender.facility));
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(yaml: &str) -> Organization {
        serde_yaml::from_str(yaml).unwrap()
    }

    #[test]
    fn top_095_customers_have_their_own_client_guids_and_senders() {
        let one = customer("senders: [{ application: EPIC, facility: ANCL }, { application: EPIC, facility: NORTH }]");
        let other = customer("senders: [{ application: OCHIN, facility: ANCL }]");
        let all = told_apart(vec![one.clone(), other], Seed::new(1)).unwrap();
        assert!(all[0].guid != all[1].guid && !all[1].guid.is_nil(), "LIFE-001");

        let same = customer("senders: [{ application: EPIC, facility: NORTH }]");
        let problem = told_apart(vec![one, same], Seed::new(1)).unwrap_err();
        assert_eq!(problem, "two customers send from MSH-3 EPIC and MSH-4 NORTH", "TOP-095");
        let guid = customer("guid: 63E3C9EF-66AC-4154-B0C2-494515EB99A7");
        let problem = told_apart(vec![guid.clone(), guid], Seed::new(1)).unwrap_err();
        assert_eq!(problem, "two customers have the ClientGuid 63e3c9ef-66ac-4154-b0c2-494515eb99a7", "LIFE-026");
    }
}
