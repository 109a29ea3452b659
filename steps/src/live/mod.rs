//! A bench for people: the JSON API of `simulate … --page`, and the page that uses it (docs/live-page.md).
//!
//! Everything acts through the functions that the steps of scenarios use. What is shown comes from the journal.

mod actions;
mod guard;
mod server;
mod view;

use std::rc::Rc;

use journal::Journal;
use tokio::sync::Mutex;

use crate::world::World;

/// The bench that requests act on. Clones share it.
#[derive(Clone)]
pub(crate) struct Live {
    journal: Journal,
    bench: Rc<Mutex<Bench>>,
}

/// What one action at a time has for itself.
struct Bench {
    world: World,
    /// Actions so far; each may leave an order, an answer or a rule behind.
    actions: u32,
}

impl Live {
    pub(crate) fn new(world: World) -> Live {
        Live { journal: world.journal.clone(), bench: Rc::new(Mutex::new(Bench { world, actions: 0 })) }
    }

    /// Ends all parties, once the action that is under way has ended.
    pub(crate) async fn end(&self) {
        self.bench.lock().await.world.end().await;
    }
}
