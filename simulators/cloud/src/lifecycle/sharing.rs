//! Several customers on one HL7 link (01-topology, section 8).

use hl7::Message;
use uuid::Uuid;

use super::{Lifecycle, Sender};
use crate::orm::{self, OrderProfile, Refusal};

impl Lifecycle {
    /// Whose order an ORM is: that of the organization which has its MSH-3 and MSH-4 (TOP-095). While no organization has senders,
    /// every order is that of `only`.
    ///
    /// # Errors
    /// Nobody has this sender (ORM-MSH-4, ORM-KEY-003), or the message is no order anyway.
    pub fn customer_of(&self, content: &[u8], only: Uuid) -> Result<Uuid, Box<Refusal>> {
        let senders = || self.tenants.values().flat_map(|tenant| &tenant.organization.senders);
        if senders().next().is_none() {
            return Ok(only);
        }
        let (application, facility) = Message::parse(content).map(|order| orm::sender(&order)).unwrap_or_default();
        let is = |sender: &Sender| {
            sender.application.as_bytes() == application
                && sender.facility.as_bytes() == facility
                && !facility.is_empty()
        };
        if let Some((guid, _)) = self.tenants.iter().find(|(_, tenant)| tenant.organization.senders.iter().any(is)) {
            return Ok(*guid);
        }
        // the crosswalk of this application, in which the facility is not
        let known = senders().filter(|sender| sender.application.as_bytes() == application);
        let crosswalk = known.map(|sender| sender.facility.clone()).collect();
        let profile = OrderProfile { parent_entity: Some(crosswalk), ..OrderProfile::default() };
        Err(Box::new(orm::judge(content, &profile).expect_err("MSH-4 is not in the crosswalk")))
    }
}
