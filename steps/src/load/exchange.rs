//! Messages that are sent and answered: on an MLLP connection, or by the cloud's API.

use std::net::SocketAddr;
use std::time::Duration;

use emr::{Cut, Emr, NoAnswer, OrdersConnection};
use hl7::Message;

use super::api::Api;
use super::ledger::{End, Ledger};
use super::mix::Flow;
use super::pace::Pace;

/// What stands in a template for the id of a message.
const MARK: &[u8] = b"@IRIS-ID@";

/// A message that is sent again and again with another id each time.
pub(super) struct Template {
    /// What stands between the ids.
    parts: Vec<Vec<u8>>,
}

impl Template {
    /// The id is the control id; of an order also the placer order number and the patient's id, so that each is an order of its
    /// own.
    pub fn new(content: Vec<u8>, flow: Flow) -> anyhow::Result<Template> {
        let mut message = Message::parse(content)?;
        let paths: &[&str] = match flow {
            Flow::Orm => &["MSH-10", "ORC-2.1", "OBR-2.1", "PID-2.1", "PID-3.1"],
            _ => &["MSH-10"],
        };
        for path in paths {
            // what is not there is not needed
            if message.raw(path).is_some_and(|value| !value.is_empty()) {
                message.set(&path.parse()?, MARK)?;
            }
        }
        let bytes = message.into_bytes();
        let mut parts = vec![Vec::new()];
        let mut rest = bytes.as_slice();
        while let Some(at) = memchr::memmem::find(rest, MARK) {
            parts.last_mut().expect("there is one").extend_from_slice(&rest[..at]);
            parts.push(Vec::new());
            rest = &rest[at + MARK.len()..];
        }
        parts.last_mut().expect("there is one").extend_from_slice(rest);
        Ok(Template { parts })
    }

    /// The message with an id.
    pub fn with(&self, id: &str) -> Vec<u8> {
        self.parts.join(id.as_bytes())
    }
}

/// Where messages are sent.
#[derive(Clone, Copy)]
pub(super) enum To<'a> {
    /// To the address, on connections of the EMR.
    Mllp(&'a Emr, SocketAddr),
    /// To the cloud.
    Api(&'a Api<'a>),
}

/// One flow and where it goes.
pub(super) struct Exchange<'a> {
    pub to: To<'a>,
    pub template: &'a Template,
    pub pace: &'a Pace,
    pub ledger: &'a Ledger,
    pub flow: Flow,
    /// How long an answer is waited for.
    pub limit: Duration,
}

impl Exchange<'_> {
    /// Sends messages on one connection, one at a time, until the time is over. A connection that breaks is replaced.
    pub async fn send_all(&self) {
        let mut connection = None;
        while let Some((number, from)) = self.pace.next().await {
            self.ledger.due(self.flow, number, from);
            let id = self.ledger.id(self.flow, number);
            let (end, reason) = match self.send(&mut connection, &id).await {
                Ok(code) if code == "AA" => (End::Accepted, String::new()),
                Ok(code) => (End::Refused, format!("answered {code}")),
                Err(reason) => {
                    connection = None;
                    (End::Failed, reason)
                }
            };
            self.ledger.ended(self.flow, number, end, &reason, true);
        }
        if let Some(connection) = connection {
            connection.close().await;
        }
    }

    /// Gives MSA-1 of the answer.
    async fn send(&self, connection: &mut Option<OrdersConnection>, id: &str) -> Result<String, String> {
        let content = self.template.with(id);
        let answer = match self.to {
            To::Mllp(emr, address) => self.send_framed(emr, address, connection, &content).await?,
            To::Api(api) => api.order(id, &content, self.limit).await?,
        };
        let answer = Message::parse(answer).map_err(|error| format!("the answer is no HL7: {error}"))?;
        if answer.raw("MSA-2") != Some(id.as_bytes()) {
            return Err("the answer is to another message (ACK-010)".to_owned());
        }
        answer.text("MSA-1").map(std::borrow::Cow::into_owned).ok_or_else(|| "the answer has no MSA-1".to_owned())
    }

    async fn send_framed(
        &self,
        emr: &Emr,
        address: SocketAddr,
        connection: &mut Option<OrdersConnection>,
        content: &[u8],
    ) -> Result<Vec<u8>, String> {
        if connection.is_none() {
            let made = emr.connect(address).await;
            *connection = Some(made.map_err(|error| format!("no connection: {}", error.kind()))?);
        }
        let connection = connection.as_mut().expect("it was just made");
        let answer = connection.order(content, &Cut::Whole, self.limit).await;
        answer.map_err(|error| match error {
            NoAnswer::Malformed { problem, .. } => format!("the answer is no frame: {problem}"),
            NoAnswer::Io(error) => format!("the connection failed: {}", error.kind()),
            other => other.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_has_its_own_ids_and_nothing_else_changes() {
        let order =
            b"MSH|^~\\&|E|E|||20170410||ORM^O01|254|T|2.3\rPID|1||123^^^^MRN||DOE\rORC|NW|77^EPC\rOBR|1|77^EPC\r";
        let template = Template::new(order.to_vec(), Flow::Orm).unwrap();
        let expected =
            "MSH|^~\\&|E|E|||20170410||ORM^O01|A1|T|2.3\rPID|1||A1^^^^MRN||DOE\rORC|NW|A1^EPC\rOBR|1|A1^EPC\r";
        assert_eq!(String::from_utf8(template.with("A1")).unwrap(), expected);
        let result = Template::new(order.to_vec(), Flow::Oru).unwrap();
        assert_eq!(result.with("254"), order);
    }
}
