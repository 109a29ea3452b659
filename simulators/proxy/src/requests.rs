//! Request and answer over AMQP, as the nodes `$cbs` and `$management` want it.

use std::future::Future;
use std::time::Duration;

use anyhow::{anyhow, bail};
use fe2o3_amqp::session::SessionHandle;
use fe2o3_amqp::types::messaging::message::Builder;
use fe2o3_amqp::types::messaging::{ApplicationProperties, Body, MessageId, Properties, SerializableBody, Target};
use fe2o3_amqp::types::primitives::{SimpleValue, Value};
use fe2o3_amqp::{Delivery, Receiver, Sender};
use tokio::time::timeout;

/// How long the bus may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Requests to a node such as `$cbs`, over a link to it and a link for its answers.
pub(crate) struct Requests {
    sender: Sender,
    receiver: Receiver,
    asked: u64,
}

impl Requests {
    pub(crate) async fn attach(session: &mut SessionHandle<()>, node: String) -> anyhow::Result<Requests> {
        let answers_to = format!("answers-{}", uuid::Uuid::new_v4());
        let sender = Sender::attach(session, format!("requests-{answers_to}"), node.clone()).await?;
        let receiver = Receiver::builder()
            .name(answers_to.clone())
            .source(node)
            .target(Target::builder().address(answers_to).build())
            .auto_accept(true)
            .attach(session)
            .await?;
        Ok(Requests { sender, receiver, asked: 0 })
    }

    /// Done when the answer has a good status.
    pub(crate) async fn ask<T: SerializableBody>(
        &mut self,
        operation: &[(&str, &str)],
        request: Builder<T>,
    ) -> anyhow::Result<()> {
        self.asked += 1;
        let id = MessageId::Ulong(self.asked);
        let operation =
            operation.iter().fold(ApplicationProperties::builder(), |all, (key, value)| all.insert(*key, *value));
        let properties = Properties::builder().message_id(id.clone()).reply_to(self.receiver.name()).build();
        let request = request.properties(properties).application_properties(operation.build()).build();
        within(async {
            self.sender.send(request).await?.accepted_or_else(|outcome| anyhow!("refused: {outcome:?}"))?;
            loop {
                let delivery: Delivery<Body<Value>> = self.receiver.recv().await?;
                let answer = delivery.into_message();
                // An answer that came too late for its request is passed over.
                if answer.properties.as_ref().and_then(|properties| properties.correlation_id.as_ref()) != Some(&id) {
                    continue;
                }
                let status =
                    answer.application_properties.as_ref().and_then(|properties| properties.0.get("status-code"));
                return match status {
                    Some(SimpleValue::Int(200..=299)) => Ok(()),
                    _ => bail!("the bus answered {status:?}"),
                };
            }
        })
        .await
    }
}

/// Bounded by how long the bus may take.
pub(crate) async fn within<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    timeout(TIMEOUT, work).await.map_err(|_| anyhow!("no answer within {} s", TIMEOUT.as_secs()))?
}
