//! The management queue (CON-050, CON-080).

use std::sync::Arc;

use serde::Deserialize;
use tokio::sync::watch;
use uuid::Uuid;

use crate::bus::{Handler, Message, Settlement};
use crate::cloud::Cloud;
use crate::defects::{self, Flaw};
use crate::repeat::few_times;
use crate::settings::{self, Settings};

#[derive(Deserialize)]
#[serde(tag = "Type", rename_all_fields = "PascalCase")]
enum Notification {
    SettingsChanged,
    Ping { id: Uuid },
}

/// Does what the cloud asks for.
pub(crate) struct Manager {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) settings: watch::Sender<Arc<Settings>>,
}

impl Handler for Manager {
    async fn handle(&mut self, message: &Message) -> Settlement {
        let done = match serde_json::from_slice(&message.body) {
            // Whoever holds the old settings finishes with them.
            Ok(Notification::SettingsChanged) if defects::has(Flaw::IgnoresSettingsChange) => Some(()),
            Ok(Notification::Ping { .. }) if defects::has(Flaw::IgnoresPing) => Some(()),
            Ok(Notification::Ping { .. }) if defects::has(Flaw::OnePingOnly) && defects::again() => Some(()),
            Ok(Notification::SettingsChanged) => {
                let new = few_times("settings", || settings::read(&self.cloud)).await;
                new.map(|new| _ = self.settings.send_replace(Arc::new(new)))
            }
            Ok(Notification::Ping { id }) => few_times("heartbeat", || self.cloud.heartbeat(Some(id))).await,
            Err(_) => {
                if defects::has(Flaw::StopsManaging) {
                    std::future::pending::<()>().await;
                }
                log!("notifications: a message cannot be read");
                return Settlement::DeadLetter("Unreadable", "the notification cannot be read");
            }
        };
        done.map_or(Settlement::Abandon, |()| Settlement::Complete)
    }
}
