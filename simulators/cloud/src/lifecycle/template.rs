//! The order tokens of file names (09 section 2.1); those of date and time are the proxy's (CON-047).

use super::order::Order;
use super::tenancy::{Patient, Site};

/// Whose values stand for the tokens.
pub(super) struct Tokens<'a> {
    pub(super) order: &'a Order,
    pub(super) patient: &'a Patient,
    pub(super) site: &'a Site,
}

impl Tokens<'_> {
    /// The template with the order tokens replaced, in one pass (FILE-026). One that is not set becomes empty, which the proxy
    /// refuses where it would leave a level or name out (FILE-042, FILE-043).
    pub(super) fn fill(&self, template: &str) -> String {
        let mut path = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            path.push_str(before);
            let token = after.split_once('}').and_then(|(name, after)| Some((self.value(name)?, after)));
            match token {
                Some((value, after)) => {
                    path.push_str(&value);
                    rest = after;
                }
                None => {
                    path.push('{');
                    rest = after;
                }
            }
        }
        path + rest
    }

    fn value(&self, token: &str) -> Option<String> {
        let order = &self.order.request.order;
        let name = &self.patient.part.name;
        let given = |text: &Option<String>| text.clone().unwrap_or_default(); // FILE-040
        Some(match token {
            "patientId" => self.patient.id.to_string(),         // FILE-030
            "patientLocalId" => self.patient.local_id.clone(),  // FILE-031
            "orderId" => self.order.id.to_string(),             // FILE-032
            "orderLocalId" => given(&order.local_id),           // FILE-033
            "patientFirstName" => given(&name.first),           // FILE-034
            "patientLastName" => given(&name.last),             // FILE-035
            "clientLocalId" => self.site.local_id.clone(),      // FILE-036
            "departmentLocalId" => given(&order.department_id), // FILE-037
            _ => return None,
        })
    }
}
