//! Request and answer over AMQP, as the nodes `$cbs` and `$management` want it.

use anyhow::{Result, anyhow, bail};
use fe2o3_amqp::session::SessionHandle;
use fe2o3_amqp::types::messaging::{ApplicationProperties, Body, Message, MessageId, Properties, Target};
use fe2o3_amqp::types::primitives::{SimpleValue, Value};
use fe2o3_amqp::{Delivery, Receiver, Sender};

use crate::defects::{self, Flaw};
use crate::repeat::{TIMEOUT, within};

/// Requests to a node such as `$cbs`, over a link to it and a link for its answers.
pub(crate) struct Requests {
    sender: Sender,
    receiver: Receiver,
}

impl Requests {
    pub(crate) async fn attach(session: &mut SessionHandle<()>, node: String) -> Result<Requests> {
        let answers_to = format!("answers-{}", uuid::Uuid::new_v4());
        let sender = Sender::attach(session, format!("requests-{answers_to}"), node.clone()).await?;
        let target = Target::builder().address(answers_to.clone()).build();
        let answers = Receiver::builder().name(answers_to).source(node).target(target);
        let receiver = answers.auto_accept(true).attach(session).await?;
        Ok(Requests { sender, receiver })
    }

    /// Done when the answer has a good status.
    pub(crate) async fn ask(&mut self, operation: &[(&str, &str)], value: impl Into<Value>) -> Result<()> {
        let id = MessageId::String(defects::named(Flaw::PatientInProperty, uuid::Uuid::new_v4().to_string()));
        let properties = Properties::builder().message_id(id.clone()).reply_to(self.receiver.name()).build();
        let operation = operation.iter().fold(ApplicationProperties::builder(), |all, (k, v)| all.insert(*k, *v));
        let request = Message::builder().properties(properties).application_properties(operation.build());
        let answered = async {
            let sent = self.sender.send(request.value(value.into()).build()).await?;
            sent.accepted_or_else(|outcome| anyhow!("refused: {outcome:?}"))?;
            loop {
                let delivery: Delivery<Body<Value>> = self.receiver.recv().await?;
                let answer = delivery.into_message();
                // An answer that came too late for its request is passed over.
                if answer.properties.and_then(|properties| properties.correlation_id).as_ref() != Some(&id) {
                    continue;
                }
                match answer.application_properties.as_ref().and_then(|properties| properties.0.get("status-code")) {
                    Some(SimpleValue::Int(200..=299)) => return Ok(()),
                    status => bail!("the bus answered {status:?}"),
                }
            }
        };
        within(TIMEOUT, answered).await
    }
}
