//! The management queue (CON-050, CON-080).

use std::sync::Arc;

use serde::Deserialize;
use tokio::sync::watch;
use uuid::Uuid;

use crate::bus::{self, Handler, Settlement};
use crate::cloud::Cloud;
use crate::repeat::few_times;
use crate::settings::{self, Settings};

/// CON-050
#[derive(Deserialize)]
#[serde(tag = "Type")]
enum Notification {
    SettingsChanged,
    Ping {
        #[serde(rename = "Id")]
        id: Uuid,
    },
}

/// Does what the cloud asks for.
pub(crate) struct Manager {
    cloud: Arc<Cloud>,
    settings: watch::Sender<Arc<Settings>>,
}

impl Manager {
    pub(crate) fn new(cloud: Arc<Cloud>, settings: watch::Sender<Arc<Settings>>) -> Manager {
        Manager { cloud, settings }
    }
}

impl Handler for Manager {
    async fn handle(&mut self, message: &bus::Message) -> Settlement {
        let done = match serde_json::from_slice(&message.body) {
            // Whoever holds the old settings finishes with them.
            Ok(Notification::SettingsChanged) => {
                few_times("settings", || settings::read(&self.cloud)).await.map(|new| {
                    log!("settings: read again");
                    self.settings.send_replace(Arc::new(new));
                })
            }
            Ok(Notification::Ping { id }) => few_times("heartbeat", || self.cloud.heartbeat(Some(id))).await,
            Err(_) => {
                log!("notifications: a message cannot be read");
                return Settlement::DeadLetter("Unreadable", "the notification cannot be read");
            }
        };
        done.map_or(Settlement::Abandon, |()| Settlement::Complete)
    }
}
