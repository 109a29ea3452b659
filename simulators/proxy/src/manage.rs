//! The management queue (CON-050, CON-080).

use std::sync::Arc;

use tokio::sync::watch;
use uuid::Uuid;

use crate::bus::{Handler, Message, Settlement};
use crate::cloud::Cloud;
use crate::contract::{self, NotificationsQueue};
use crate::defects::{self, Flaw};
use crate::repeat::few_times;
use crate::settings::{self, Settings};

enum Notification {
    SettingsChanged,
    Ping { id: Uuid },
}

impl Notification {
    fn read(contract: &NotificationsQueue, body: &[u8]) -> Option<Notification> {
        if contract::read(&contract.settings_changed, body).is_some() {
            return Some(Notification::SettingsChanged);
        }
        let id = contract::read(&contract.ping, body)?.get("id")?.parse().ok()?;
        Some(Notification::Ping { id })
    }
}

/// Does what the cloud asks for.
pub(crate) struct Manager {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) settings: watch::Sender<Arc<Settings>>,
}

impl Handler for Manager {
    async fn handle(&mut self, message: &Message) -> Settlement {
        let done = match Notification::read(&self.cloud.contract().queues.notifications, &message.body) {
            // Whoever holds the old settings finishes with them.
            Some(Notification::SettingsChanged) if defects::has(Flaw::IgnoresSettingsChange) => Some(()),
            Some(Notification::Ping { .. }) if defects::has(Flaw::IgnoresPing) => Some(()),
            Some(Notification::Ping { .. }) if defects::has(Flaw::OnePingOnly) && defects::again() => Some(()),
            Some(Notification::SettingsChanged) => {
                let new = few_times("settings", || settings::read(&self.cloud)).await;
                new.map(|new| _ = self.settings.send_replace(Arc::new(new)))
            }
            Some(Notification::Ping { id }) => few_times("heartbeat", || self.cloud.heartbeat(Some(id))).await,
            None => {
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
