//! Sessions: transfer windows, delivery numbers, settlement.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::ops::RangeInclusive;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use super::Shared;
use super::broker::Queue;
use super::cbs::Grants;
use super::codec::{self, Kind};
use super::link::{CREDIT, Link, Reply};
use super::node::{self, Lock, Node, next_delivery, outcome, receive};
use super::performative::{self, Attach, Condition, Flow, LinkFlow, Role, State, Transfer};
use super::value::Value;

/// Transfers that may be under way in either direction.
pub(super) const WINDOW: u32 = 2_048;
/// Highest handle, hence most links of a session, less one.
pub(super) const HANDLE_MAX: u32 = 255;
/// Room for a frame's header and the transfer performative before the payload.
const TRANSFER_OVERHEAD: usize = 96;
/// Deliveries that a client may leave unsettled; before it leaves more, the oldest one is forgotten. A queue holds no more
/// messages, so its lock has lapsed.
const MAX_UNSETTLED: usize = 100_000;

/// What the frame handlers of a session work with.
pub(super) struct Context<'a> {
    pub bus: &'a Shared,
    pub grants: &'a mut Grants,
    pub out: &'a mut Output,
    /// Answers for the connection to hand out, because their link may be in another session.
    pub replies: &'a mut Vec<Reply>,
}

/// Frames on their way out.
#[derive(Debug)]
pub(super) struct Output {
    pub ready: BytesMut,
    pub max_frame_size: usize,
    /// Frames that are held back (`settle_delay`), in order of time.
    pub delayed: VecDeque<(Instant, BytesMut)>,
}

impl Output {
    pub fn frame(&mut self, channel: u16, parts: &[&[u8]]) {
        codec::put_frame(&mut self.ready, Kind::Amqp, channel, parts);
    }

    fn frame_after(&mut self, delay: Option<Duration>, channel: u16, performative: &[u8]) {
        let Some(delay) = delay else { return self.frame(channel, &[performative]) };
        let mut frame = BytesMut::new();
        codec::put_frame(&mut frame, Kind::Amqp, channel, &[performative]);
        self.delayed.push_back((Instant::now() + delay, frame));
    }
}

#[derive(Debug)]
pub(super) struct Session {
    channel: u16,
    links: BTreeMap<u32, Link>,
    next_incoming_id: u32,
    /// Transfers received since the client was last told our window.
    since_flow: u32,
    next_outgoing_id: u32,
    /// How many transfers the client still takes.
    remote_window: u32,
    next_delivery_id: u32,
    /// Deliveries that the client has to settle, by delivery id.
    unsettled: BTreeMap<u32, Unsettled>,
    /// Transfers of one delivery that wait for the window, with the handle of its link.
    waiting: VecDeque<(u32, Vec<u8>, Bytes)>,
}

#[derive(Debug)]
struct Unsettled {
    handle: u32,
    /// The lock; nothing for an answer of `$cbs` or `$management`.
    lock: Option<Lock>,
}

/// A frame for a link that is not there; closes the connection.
fn unattached(handle: u32) -> Condition {
    Condition::new("amqp:session:unattached-handle", format!("no link is attached with handle {handle}"))
}

/// The answer to a client that settles what is not its own any more.
fn lock_lost() -> State {
    let lost = Condition::new("com.microsoft:message-lock-lost", "the lock of the message has lapsed");
    State::Rejected(Some(lost), Value::Null)
}

impl Session {
    pub fn new(channel: u16, next_incoming_id: u32, remote_window: u32) -> Session {
        Session {
            channel,
            links: BTreeMap::new(),
            next_incoming_id,
            since_flow: 0,
            next_outgoing_id: 0,
            remote_window,
            next_delivery_id: 0,
            unsettled: BTreeMap::new(),
            waiting: VecDeque::new(),
        }
    }

    pub fn on_attach(&mut self, mut attach: Attach, cx: &mut Context) -> Result<(), Condition> {
        let handle = attach.handle;
        if handle > HANDLE_MAX || self.links.contains_key(&handle) {
            let description = format!("handle {handle} is in use or above {HANDLE_MAX}");
            return Err(Condition::new("amqp:session:handle-in-use", description));
        }
        let max_size = cx.bus.config.max_message_size;
        match node::accept(cx.bus, cx.grants, &attach) {
            Ok(link) => {
                cx.out.frame(self.channel, &[&attach.answer(max_size)]);
                let incoming = matches!(link, Link::Incoming(_));
                self.links.insert(handle, link);
                if incoming {
                    self.send_flow(Some(handle), cx);
                }
            }
            Err(condition) => {
                (attach.source, attach.target) = (Value::Null, Value::Null);
                cx.out.frame(self.channel, &[&attach.answer(max_size)]);
                self.close_link(handle, &condition, cx);
            }
        }
        Ok(())
    }

    pub fn on_detach(&mut self, handle: u32, closed: bool, cx: &mut Context) {
        match self.links.remove(&handle) {
            Some(Link::Outgoing(_) | Link::Incoming(_)) => {
                cx.out.frame(self.channel, &[&performative::detach(handle, closed, None)]);
            }
            // fe2o3-amqp detaches a refused link twice
            Some(Link::Closed) | None => {}
        }
        // the locks stay until they lapse
        self.unsettled.retain(|_, unsettled| unsettled.handle != handle);
        self.waiting.retain(|(link, ..)| *link != handle);
    }

    /// Closes the links whose queue gives no service any more, and those whose right has ended, as the service does when a
    /// token expires.
    pub fn close_refused(&mut self, cx: &mut Context) {
        let refused = |(handle, link): (&u32, &Link)| {
            let (node, role) = match link {
                Link::Outgoing(link) => (&link.node, Role::Receiver),
                Link::Incoming(link) => (&link.node, Role::Sender),
                Link::Closed => return None,
            };
            let (queue, right) = node.needs(role)?;
            // a client that sends is told with its next message: one under way to a closed link would get no answer
            let sends = matches!((node, role), (Node::Queue(..), Role::Sender));
            let refusal = cx.bus.refusal(queue).filter(|_| !sends);
            let expired =
                || Condition::new("amqp:unauthorized-access", "ExpiredToken: the token of this link has expired");
            let condition = refusal.or_else(|| (!cx.grants.allow(queue, right)).then(expired))?;
            Some((*handle, condition))
        };
        let refused: Vec<(u32, Condition)> = self.links.iter().filter_map(refused).collect();
        for (handle, condition) in refused {
            self.close_link(handle, &condition, cx);
            self.unsettled.retain(|_, unsettled| unsettled.handle != handle);
            self.waiting.retain(|(link, ..)| *link != handle);
        }
    }

    fn close_link(&mut self, handle: u32, condition: &Condition, cx: &mut Context) {
        self.links.insert(handle, Link::Closed);
        cx.out.frame(self.channel, &[&performative::detach(handle, true, Some(condition))]);
    }

    pub fn on_flow(&mut self, flow: Flow, cx: &mut Context) -> Result<(), Condition> {
        let limit = flow.next_incoming_id.unwrap_or(0).wrapping_add(flow.incoming_window);
        self.remote_window = (limit.wrapping_sub(self.next_outgoing_id) as i32).max(0) as u32;
        if let Some(theirs) = flow.link {
            let link = self.links.get_mut(&theirs.handle).ok_or_else(|| unattached(theirs.handle))?;
            if let Link::Outgoing(link) = link {
                link.set_credit(theirs.delivery_count, theirs.credit, theirs.drain);
            }
        }
        if flow.echo {
            self.send_flow(flow.link.map(|link| link.handle), cx);
        }
        Ok(())
    }

    /// Tells the client our window, and for a link its credit.
    fn send_flow(&mut self, handle: Option<u32>, cx: &mut Context) {
        let link = handle.and_then(|handle| {
            let (delivery_count, credit, drain) = match self.links.get(&handle)? {
                Link::Outgoing(link) => (link.delivery_count, link.credit, link.drain),
                Link::Incoming(link) => (link.delivery_count, link.credit, false),
                Link::Closed => return None,
            };
            Some(LinkFlow { handle, delivery_count: Some(delivery_count), credit, drain })
        });
        let flow = Flow {
            next_incoming_id: Some(self.next_incoming_id),
            incoming_window: WINDOW,
            next_outgoing_id: self.next_outgoing_id,
            link,
            echo: false,
        };
        self.since_flow = 0;
        cx.out.frame(self.channel, &[&performative::flow(&flow, WINDOW)]);
    }

    pub fn on_transfer(&mut self, transfer: Transfer, payload: &[u8], cx: &mut Context) -> Result<(), Condition> {
        let handle = transfer.handle;
        self.next_incoming_id = self.next_incoming_id.wrapping_add(1);
        self.since_flow += 1;
        let link = match self.links.get_mut(&handle) {
            Some(Link::Incoming(link)) => link,
            Some(Link::Closed) => return Ok(()),
            Some(Link::Outgoing(_)) | None => return Err(unattached(handle)),
        };
        match link.take(transfer, payload, cx.bus.config.max_message_size) {
            Err(condition) => self.close_link(handle, &condition, cx),
            Ok(None) => {}
            Ok(Some(delivery)) => {
                let node = link.node.clone();
                if link.credit < CREDIT / 2 {
                    link.credit = CREDIT;
                    self.since_flow = WINDOW; // tell the client below
                }
                let state = receive(&node, &delivery, cx);
                if !delivery.settled {
                    let answer = performative::settled(Role::Receiver, delivery.delivery_id, &state);
                    cx.out.frame_after(cx.bus.config.settle_delay, self.channel, &answer);
                }
            }
        }
        if self.since_flow >= WINDOW / 2 {
            self.send_flow(Some(handle), cx);
        }
        Ok(())
    }

    /// The client's verdict on the deliveries `first` to `last`, which count around.
    pub fn on_disposition(&mut self, first: u32, last: u32, settled: bool, state: Option<State>, cx: &mut Context) {
        let state = match state {
            Some(State::Other) | None if !settled => return, // not an outcome yet
            Some(State::Other) | None => State::Released,
            Some(state) => state,
        };
        let ids = |range: RangeInclusive<u32>| self.unsettled.range(range).map(|(id, _)| *id);
        let ids: Vec<u32> = match first <= last {
            true => ids(first..=last).collect(),
            false => ids(first..=u32::MAX).chain(ids(0..=last)).collect(), // ids count around
        };
        if ids.is_empty() && first == last && !settled {
            cx.out.frame(self.channel, &[&performative::settled(Role::Sender, first, &lock_lost())]); // it waits
        }
        for id in ids {
            let lock = self.unsettled.remove(&id).and_then(|unsettled| unsettled.lock);
            let kept = lock.is_none_or(|lock| {
                let settle = |q: &mut Queue| {
                    q.amend(lock.part, lock.token, &node::changes(&state));
                    q.settle(lock.part, lock.token, Instant::now(), outcome(&state))
                };
                matches!(cx.bus.with_queue(&lock.queue, settle), Some(Ok(())))
            });
            if settled {
                continue;
            }
            // azure-wire: the same outcome comes back, without the error of a rejection
            let echo = match &state {
                _ if !kept => lock_lost(),
                State::Rejected(..) => State::Rejected(None, Value::Null),
                other => other.clone(),
            };
            cx.out.frame(self.channel, &[&performative::settled(Role::Sender, id, &echo)]);
        }
    }

    /// Gives a reply to a link that it is meant for; false if there is none.
    pub fn offer(&mut self, reply: &mut Reply, exactly: bool) -> bool {
        let links = self.links.values_mut().filter_map(|link| match link {
            Link::Outgoing(link) => Some(link),
            _ => None,
        });
        for link in links {
            if link.takes(reply, exactly) {
                link.reply(mem::take(&mut reply.bytes));
                return true;
            }
        }
        false
    }

    /// Sends at most one delivery on each link that has credit; false if there was nothing to send.
    pub fn pump(&mut self, cx: &mut Context) -> bool {
        let mut sent = self.send_waiting(cx);
        let handles: Vec<u32> = self.links.keys().copied().collect();
        for handle in handles {
            if !self.waiting.is_empty() || self.remote_window == 0 {
                break;
            }
            let Some(Link::Outgoing(link)) = self.links.get_mut(&handle) else { continue };
            let next = if link.credit > 0 { next_delivery(link, cx) } else { None };
            match next {
                Some((payload, lock)) => {
                    link.credit -= 1;
                    link.delivery_count = link.delivery_count.wrapping_add(1);
                    let settled = link.mode == 1 || (lock.is_none() && link.mode == 2);
                    self.start_delivery(handle, payload, lock, settled, cx);
                    self.send_waiting(cx);
                    sent = true;
                }
                None if link.drain => {
                    link.delivery_count = link.delivery_count.wrapping_add(mem::take(&mut link.credit));
                    self.send_flow(Some(handle), cx);
                    if let Some(Link::Outgoing(link)) = self.links.get_mut(&handle) {
                        link.drain = false;
                    }
                }
                None => {}
            }
        }
        sent
    }

    /// Splits a delivery into transfers.
    fn start_delivery(&mut self, handle: u32, payload: Vec<u8>, lock: Option<Lock>, settled: bool, cx: &Context) {
        let id = self.next_delivery_id;
        self.next_delivery_id = id.wrapping_add(1);
        // azure-wire: the tag is the lock token in GUID order
        let tag = lock.as_ref().map_or(id.to_be_bytes().to_vec(), |lock| lock.token.to_bytes_le().to_vec());
        if !settled {
            self.remember(id, Unsettled { handle, lock });
        }
        let mut rest = Bytes::from(payload);
        let mut first = Some((id, tag.as_slice()));
        while first.is_some() || !rest.is_empty() {
            let part = rest.split_to(rest.len().min(cx.out.max_frame_size - TRANSFER_OVERHEAD));
            let transfer = performative::transfer(handle, first.take(), settled, !rest.is_empty());
            self.waiting.push_back((handle, transfer, part));
        }
    }

    fn remember(&mut self, id: u32, unsettled: Unsettled) {
        if self.unsettled.len() >= MAX_UNSETTLED {
            self.unsettled.pop_first();
        }
        self.unsettled.insert(id, unsettled);
    }

    fn send_waiting(&mut self, cx: &mut Context) -> bool {
        let mut sent = false;
        while self.remote_window > 0
            && let Some((_, transfer, payload)) = self.waiting.pop_front()
        {
            cx.out.frame(self.channel, &[&transfer, &payload]);
            self.remote_window -= 1;
            self.next_outgoing_id = self.next_outgoing_id.wrapping_add(1);
            sent = true;
        }
        sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_unsettled_deliveries_the_oldest_is_forgotten() {
        let mut session = Session::new(0, 0, 0);
        let ids = |session: &Session| (session.unsettled.len(), *session.unsettled.keys().next().unwrap());
        (0..MAX_UNSETTLED as u32).for_each(|id| session.remember(id, Unsettled { handle: 0, lock: None }));
        assert_eq!(ids(&session), (MAX_UNSETTLED, 0));
        session.remember(MAX_UNSETTLED as u32, Unsettled { handle: 0, lock: None });
        assert_eq!(ids(&session), (MAX_UNSETTLED, 1));
    }
}
