//! Links: credit, deliveries in parts, replies on their way.

use std::collections::VecDeque;

use super::node::Node;
use super::performative::{Condition, Transfer};

/// Credit given to a client that sends, renewed when half of it is used (azure-wire).
pub(super) const CREDIT: u32 = 1_000;
/// Most answers that wait for a client's credit.
const MAX_REPLIES: usize = 100;

/// A link, seen from here.
#[derive(Debug)]
pub(super) enum Link {
    /// The client receives.
    Outgoing(Outgoing),
    /// The client sends.
    Incoming(Incoming),
    /// Refused or detached with an error: what still comes for it is passed over until the client's Detach, which is
    /// not answered (azure-wire).
    Closed,
}

#[derive(Debug)]
pub(super) struct Outgoing {
    pub name: String,
    pub node: Node,
    /// The client's address of its end, to which it may want replies.
    pub reply_address: String,
    /// Sender settle mode: 0 unsettled, 1 settled (receive and delete), 2 mixed.
    pub mode: u8,
    pub delivery_count: u32,
    pub credit: u32,
    pub drain: bool,
    pub replies: VecDeque<Vec<u8>>,
}

#[derive(Debug)]
pub(super) struct Incoming {
    pub node: Node,
    pub delivery_count: u32,
    pub credit: u32,
    pub partial: Option<Partial>,
}

/// A delivery of which transfers are still to come.
#[derive(Debug)]
pub(super) struct Partial {
    pub delivery_id: u32,
    pub format: u32,
    pub settled: bool,
    pub payload: Vec<u8>,
}

/// An answer of `$cbs` or `$management` on its way to the link that the client wants it on.
#[derive(Debug)]
pub(super) struct Reply {
    pub node: Node,
    pub reply_to: Option<String>,
    pub bytes: Vec<u8>,
}

impl Outgoing {
    /// A link without credit; `mode` is the sender settle mode.
    pub fn new(name: String, node: Node, reply_address: String, mode: u8) -> Outgoing {
        let replies = VecDeque::new();
        Outgoing { name, node, reply_address, mode, delivery_count: 0, credit: 0, drain: false, replies }
    }

    /// Takes over the credit of a flow, which counts from the client's view of the delivery count.
    pub fn set_credit(&mut self, delivery_count: Option<u32>, credit: u32, drain: bool) {
        let limit = delivery_count.unwrap_or(0).wrapping_add(credit);
        // negative when the client has taken credit back that is already used
        self.credit = (limit.wrapping_sub(self.delivery_count) as i32).max(0) as u32;
        self.drain = drain;
    }

    /// Whether this link is meant for the reply: by name (JavaScript), by target address (Rust), or by the node alone.
    pub fn takes(&self, reply: &Reply, exactly: bool) -> bool {
        let wanted = reply.reply_to.as_deref();
        self.node == reply.node
            && (!exactly || wanted == Some(self.name.as_str()) || wanted == Some(self.reply_address.as_str()))
    }

    pub fn reply(&mut self, bytes: Vec<u8>) {
        if self.replies.len() < MAX_REPLIES {
            self.replies.push_back(bytes);
        }
    }
}

impl Incoming {
    /// Takes one transfer; the delivery when it is complete.
    pub fn take(&mut self, transfer: Transfer, payload: &[u8], max_size: u64) -> Result<Option<Partial>, Condition> {
        let mut partial = match self.partial.take() {
            Some(partial) => partial,
            None => {
                if self.credit == 0 {
                    return Err(Condition::new("amqp:link:transfer-limit-exceeded", "a transfer without credit"));
                }
                self.credit -= 1;
                self.delivery_count = self.delivery_count.wrapping_add(1);
                let id = transfer.delivery_id;
                let delivery_id =
                    id.ok_or(Condition::new("amqp:not-allowed", "a delivery's first transfer has no delivery-id"))?;
                Partial { delivery_id, format: transfer.message_format, settled: false, payload: Vec::new() }
            }
        };
        if transfer.aborted {
            return Ok(None);
        }
        if (partial.payload.len() + payload.len()) as u64 > max_size {
            let description = format!("the message is larger than {max_size} bytes");
            return Err(Condition::new("amqp:link:message-size-exceeded", description));
        }
        partial.settled |= transfer.settled;
        partial.payload.extend_from_slice(payload);
        if transfer.more {
            self.partial = Some(partial);
            return Ok(None);
        }
        Ok(Some(partial))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_may_have_its_size_and_no_byte_more() {
        let (node, partial) = (Node::Cbs, None);
        let mut link = Incoming { node, delivery_count: 0, credit: 2, partial };
        let (handle, delivery_id, message_format, settled, aborted) = (0, Some(1), 0, false, false);
        let transfer = || Transfer { handle, delivery_id, message_format, settled, aborted, more: false };
        let more = || Transfer { more: true, ..transfer() };
        assert!(link.take(more(), &[7; 6], 10).unwrap().is_none());
        assert_eq!(link.take(transfer(), &[7; 4], 10).unwrap().unwrap().payload, [7; 10]);
        link.take(more(), &[7; 6], 10).unwrap();
        let refused = link.take(transfer(), &[7; 5], 10).unwrap_err();
        assert_eq!(refused.name, "amqp:link:message-size-exceeded");
    }

    #[test]
    fn credit_counts_from_the_clients_view_and_never_below_zero() {
        let mut link = Outgoing::new(String::new(), Node::Cbs, String::new(), 2);
        link.delivery_count = 5;
        link.set_credit(Some(3), 10, false);
        assert_eq!(link.credit, 8);
        link.set_credit(Some(3), 1, false);
        assert_eq!(link.credit, 0);
        link.delivery_count = 1; // 3 deliveries since u32::MAX - 1
        link.set_credit(Some(u32::MAX - 1), 10, true);
        assert_eq!((link.credit, link.drain), (7, true));
    }
}
