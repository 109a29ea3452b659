use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

const LOCK: Duration = Duration::from_secs(30);
const MOMENT: Duration = Duration::from_millis(1);

fn queue(max_delivery_count: u32) -> (Queue, Instant) {
    let config = QueueConfig { name: "results".to_owned(), lock: LOCK, max_delivery_count, place: None };
    (Queue::new(config, Seed::new(1)), Instant::now())
}

fn arrival(now: Instant) -> Arrival {
    Arrival { enqueued: Timestamp::UNIX_EPOCH, now, client: Timestamp::UNIX_EPOCH }
}

fn send(queue: &mut Queue, id: &str) -> i64 {
    queue.enqueue(vec![Message::json(b"{}".to_vec(), id)], arrival(Instant::now())).unwrap()[0]
}

fn lock(queue: &mut Queue, part: Part, now: Instant) -> (i64, Uuid) {
    let delivery = queue.lock_next(part, now).unwrap();
    (delivery.sequence, delivery.token.unwrap())
}

fn dead_letter(reason: &str) -> Outcome {
    Outcome::DeadLetter { reason: reason.to_owned(), description: "why".to_owned() }
}

#[test]
fn messages_leave_in_queue_order_and_a_returned_one_takes_its_old_place() {
    let (mut queue, now) = queue(10);
    for id in ["a", "b", "c"] {
        send(&mut queue, id);
    }
    let (first, token) = lock(&mut queue, Part::Live, now);
    let (second, _) = lock(&mut queue, Part::Live, now);
    assert_eq!((first, second), (1, 2));
    queue.settle(Part::Live, token, now, Outcome::Abandon).unwrap();
    assert_eq!(lock(&mut queue, Part::Live, now).0, 1);
    assert_eq!(lock(&mut queue, Part::Live, now).0, 3);
    assert!(queue.lock_next(Part::Live, now).is_none());
}

#[test]
fn a_lock_lapses_at_its_end_and_not_before_con_045() {
    let (mut queue, now) = queue(10);
    send(&mut queue, "a");
    let (_, token) = lock(&mut queue, Part::Live, now);
    assert_eq!(queue.next_expiry(), Some(now + LOCK));
    queue.expire(now + LOCK - MOMENT);
    assert_eq!(queue.counts(), Counts { active: 0, locked: 1, dead_lettered: 0 });
    queue.expire(now + LOCK);
    assert_eq!(queue.counts(), Counts { active: 1, locked: 0, dead_lettered: 0 });
    assert_eq!(queue.settle(Part::Live, token, now + LOCK, Outcome::Complete), Err(LockLost));
    assert_eq!(queue.lock_next(Part::Live, now + LOCK).unwrap().delivery_count, 1);
}

#[test]
fn a_lapsed_lock_is_lost_although_nobody_looked_in_between() {
    let (mut queue, now) = queue(10);
    send(&mut queue, "a");
    let (_, token) = lock(&mut queue, Part::Live, now);
    assert_eq!(queue.settle(Part::Live, token, now + LOCK, Outcome::Complete), Err(LockLost));
    assert_eq!(queue.counts().active, 1);
}

#[test]
fn a_renewed_lock_lasts_its_full_duration_from_then_con_077() {
    let (mut queue, now) = queue(10);
    send(&mut queue, "a");
    let (_, token) = lock(&mut queue, Part::Live, now);
    let later = now + LOCK - MOMENT;
    queue.renew(Part::Live, token, later).unwrap();
    queue.expire(later + LOCK - MOMENT);
    assert_eq!(queue.settle(Part::Live, token, later + LOCK - MOMENT, Outcome::Complete), Ok(()));
    assert_eq!(queue.renew(Part::Live, token, later), Err(LockLost));
}

#[test]
fn completing_removes_and_a_lock_ends_once() {
    let (mut queue, now) = queue(10);
    send(&mut queue, "a");
    let (_, token) = lock(&mut queue, Part::Live, now);
    assert_eq!(queue.settle(Part::Live, token, now, Outcome::Complete), Ok(()));
    assert_eq!(queue.settle(Part::Live, token, now, Outcome::Complete), Err(LockLost));
    assert_eq!(queue.counts(), Counts::default());
}

#[test]
fn abandoning_counts_releasing_does_not() {
    let (mut queue, now) = queue(10);
    send(&mut queue, "a");
    let (_, token) = lock(&mut queue, Part::Live, now);
    queue.settle(Part::Live, token, now, Outcome::Release).unwrap();
    let (_, token) = lock(&mut queue, Part::Live, now);
    queue.settle(Part::Live, token, now, Outcome::Abandon).unwrap();
    assert_eq!(queue.lock_next(Part::Live, now).unwrap().delivery_count, 1);
}

#[test]
fn after_the_last_failed_delivery_a_message_is_a_dead_letter() {
    let (mut queue, now) = queue(2);
    send(&mut queue, "a");
    let (_, token) = lock(&mut queue, Part::Live, now);
    queue.settle(Part::Live, token, now, Outcome::Abandon).unwrap();
    lock(&mut queue, Part::Live, now);
    queue.expire_all();
    assert_eq!(queue.counts(), Counts { active: 0, locked: 0, dead_lettered: 1 });
    let letter = &queue.dead_letters()[0];
    assert_eq!((letter.reason.as_str(), letter.delivery_count), ("MaxDeliveryCountExceeded", 2));
    assert_eq!(letter.description, "Message could not be consumed after 2 delivery attempts.");
}

#[test]
fn a_dead_letter_keeps_reason_and_description_and_can_be_received_con_044() {
    let (mut queue, now) = queue(10);
    send(&mut queue, "a");
    let (_, token) = lock(&mut queue, Part::Live, now);
    queue.settle(Part::Live, token, now, dead_letter("EmrNotAccepted")).unwrap();
    let letter = queue.lock_next(Part::Dead, now).unwrap();
    assert_eq!(letter.dead, Some(("EmrNotAccepted".to_owned(), "why".to_owned())));
    // it cannot die twice, and too many failures do not move it
    let token = letter.token.unwrap();
    queue.settle(Part::Dead, token, now, dead_letter("again")).unwrap();
    assert_eq!(queue.dead_letters()[0].reason, "EmrNotAccepted");
    let (_, token) = lock(&mut queue, Part::Dead, now);
    queue.settle(Part::Dead, token, now, Outcome::Complete).unwrap();
    assert_eq!(queue.counts(), Counts::default());
}

#[test]
fn receive_and_delete_takes_and_peek_only_looks() {
    let (mut queue, now) = queue(10);
    send(&mut queue, "a");
    send(&mut queue, "b");
    lock(&mut queue, Part::Live, now);
    let peeked: Vec<i64> = queue.peek(Part::Live, 1, 9).iter().map(|delivery| delivery.sequence).collect();
    assert_eq!(peeked, [1, 2]);
    assert_eq!(queue.peek(Part::Live, 2, 9).len(), 1);
    assert_eq!(queue.take_next(Part::Live, now).unwrap().sequence, 2);
    assert_eq!(queue.counts(), Counts { active: 0, locked: 1, dead_lettered: 0 });
}

#[test]
fn a_deferred_message_is_kept_and_not_delivered() {
    let (mut queue, now) = queue(10);
    send(&mut queue, "a");
    let (_, token) = lock(&mut queue, Part::Live, now);
    queue.settle(Part::Live, token, now, Outcome::Defer).unwrap();
    assert!(queue.lock_next(Part::Live, now + LOCK).is_none());
    assert_eq!(queue.peek(Part::Live, 1, 1).len(), 1);
}

#[test]
fn a_deferred_message_is_handed_out_by_its_number_and_stays_deferred_until_it_is_done_with() {
    let (mut queue, now) = queue(3);
    send(&mut queue, "a");
    let (number, token) = lock(&mut queue, Part::Live, now);
    assert_eq!(queue.receive_deferred(Part::Live, &[number], true, now).unwrap_err(), NotFound);
    queue.settle(Part::Live, token, now, Outcome::Defer).unwrap();
    assert_eq!(queue.receive_deferred(Part::Live, &[number, number + 1], true, now).unwrap_err(), NotFound);
    for failures in 0..2 {
        let [delivery] = &queue.receive_deferred(Part::Live, &[number], true, now).unwrap()[..] else { panic!() };
        assert_eq!((delivery.state, delivery.delivery_count), (1, failures));
        queue.settle(Part::Live, delivery.token.unwrap(), now, Outcome::Abandon).unwrap();
        assert!(queue.lock_next(Part::Live, now).is_none());
    }
    queue.receive_deferred(Part::Live, &[number], true, now).unwrap();
    queue.expire(now + LOCK); // the third failure
    assert_eq!(queue.dead_letters()[0].reason, "MaxDeliveryCountExceeded");
    assert_eq!(lock(&mut queue, Part::Dead, now + LOCK).0, number);
}

fn scheduled(id: &str, seconds: i64) -> Message {
    let mut message = Message::json(b"{}".to_vec(), id);
    message.scheduled = Some(Timestamp::from_second(seconds).unwrap());
    message
}

#[test]
fn a_scheduled_message_is_enqueued_when_it_is_due_behind_those_that_came_before() {
    let (mut queue, now) = queue(10);
    let [past, early, late] =
        queue.enqueue(vec![scheduled("p", -1), scheduled("e", 10), scheduled("l", 20)], arrival(now)).unwrap()[..]
    else {
        panic!()
    };
    send(&mut queue, "a");
    assert_eq!(queue.counts().active, 2);
    assert_eq!(queue.next_expiry(), Some(now + Duration::from_secs(10)));
    assert_eq!(queue.peek(Part::Live, early, 1)[0].state, 2);
    assert_eq!(queue.cancel(&[late, past], now), Err(NotFound));
    assert_eq!(queue.cancel(&[late], now), Ok(()));
    queue.expire(now + Duration::from_secs(20));
    let order: Vec<_> = std::iter::from_fn(|| queue.take_next(Part::Live, now)).collect();
    let ids: Vec<&str> = order.iter().map(|delivery| delivery.message.id.as_str()).collect();
    assert_eq!(ids, ["p", "a", "e"]);
    assert!(order[2].sequence > order[1].sequence);
    assert_eq!(order[2].enqueued.as_second(), 10);
}

#[test]
fn a_message_expires_where_it_is_ready_but_not_while_it_is_locked() {
    let (mut queue, now) = queue(10);
    let short = |id| {
        let mut message = Message::json(b"{}".to_vec(), id);
        message.time_to_live = Some(MOMENT);
        message
    };
    queue.enqueue(vec![short("a"), short("b")], arrival(now)).unwrap();
    let (_, token) = lock(&mut queue, Part::Live, now);
    queue.expire(now + MOMENT);
    assert_eq!(queue.counts(), Counts { active: 0, locked: 1, dead_lettered: 0 });
    queue.settle(Part::Live, token, now + MOMENT, Outcome::Abandon).unwrap();
    assert!(queue.lock_next(Part::Live, now + MOMENT).is_none());
    assert_eq!(queue.counts(), Counts::default());
}

#[test]
fn a_batch_is_taken_as_a_whole_or_not_at_all() {
    let (mut queue, now) = queue(10);
    for _ in 0..MAX_MESSAGES - 1 {
        send(&mut queue, "a");
    }
    let two = || Message::json(Vec::new(), "b");
    assert!(queue.enqueue(vec![two(), two()], arrival(now)).is_err());
    assert_eq!(queue.counts().active, MAX_MESSAGES - 1);
}

#[test]
fn what_happens_becomes_facts_in_order() {
    let (mut queue, now) = queue(2);
    send(&mut queue, "a");
    let (_, token) = lock(&mut queue, Part::Live, now);
    queue.renew(Part::Live, token, now).unwrap();
    queue.settle(Part::Live, token, now, Outcome::Abandon).unwrap();
    lock(&mut queue, Part::Live, now);
    queue.expire_all();
    let (_, token) = lock(&mut queue, Part::Dead, now);
    queue.settle(Part::Dead, token, now, Outcome::Complete).unwrap();
    let facts = queue.take_facts();
    let told: Vec<_> = facts.iter().map(|f| (f.name, f.queue.as_str(), f.delivery_count)).collect();
    let dead = "results/$DeadLetterQueue";
    assert_eq!(
        told,
        [
            ("queue.enqueued", "results", 0),
            ("queue.locked", "results", 0),
            ("queue.renewed", "results", 0),
            ("queue.abandoned", "results", 1),
            ("queue.locked", "results", 1),
            ("queue.lock_expired", "results", 2),
            ("queue.dead_lettered", "results", 2),
            ("queue.locked", dead, 2),
            ("queue.completed", dead, 2),
        ]
    );
    assert_eq!(facts[6].reason.as_deref(), Some("MaxDeliveryCountExceeded"));
    assert!(facts.iter().all(|fact| fact.id == "a" && fact.sequence == 1));
}

#[test]
fn a_full_queue_refuses_until_there_is_room() {
    let (mut queue, now) = queue(10);
    for _ in 0..MAX_MESSAGES {
        send(&mut queue, "a");
    }
    let one_more = || vec![Message::json(Vec::new(), "b")];
    let error = queue.enqueue(one_more(), arrival(now)).unwrap_err();
    assert_eq!(error, SendError::Full { queue: "results".to_owned(), max: "100000 messages".to_owned() });
    queue.take_next(Part::Live, now).unwrap();
    assert!(queue.enqueue(one_more(), arrival(now)).is_ok());
}

#[test]
fn a_message_whose_properties_change_counts_with_its_new_size() {
    let (mut queue, now) = queue(10);
    queue.enqueue(vec![Message::json(b"x".to_vec(), "grows")], arrival(now)).unwrap();
    let token = queue.lock_next(Part::Live, now).unwrap().token.unwrap();
    queue.amend(Part::Live, token, &[(Value::from("note"), Value::from("longer than before"))]);
    assert!(queue.live.size > 0);
    queue.settle(Part::Live, token, now, Outcome::Complete).unwrap();
    assert_eq!(queue.live.size, 0);
}

#[test]
fn a_queue_takes_no_more_bytes_than_it_may_hold() {
    let (mut queue, now) = queue(10);
    let message = || Message::json(b"{}".to_vec(), "m");
    queue.live.size = MAX_SIZE - message().size(); // as if there were others
    queue.enqueue(vec![message()], arrival(now)).unwrap();
    let error = queue.enqueue(vec![message()], arrival(now)).unwrap_err();
    assert_eq!(error, SendError::Full { queue: "results".to_owned(), max: "512 MiB".to_owned() });
    queue.take_next(Part::Live, now).unwrap();
    assert!(queue.enqueue(vec![message()], arrival(now)).is_ok(), "what was taken makes room");
    queue.live.size += 1;
    queue.take_next(Part::Live, now).unwrap();
    assert!(queue.enqueue(vec![message()], arrival(now)).is_err(), "one byte is missing");
}

/// Where a message must be, by a model that knows nothing of indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Ready(Part),
    Locked(Part),
    Deferred(Part),
    Gone,
}

#[derive(Clone, Debug)]
enum Step {
    Send,
    Lock(Part),
    Take(Part),
    /// With one of the locks that were ever given.
    Settle(usize, Outcome),
    Renew(usize),
    Wait(u64),
    ExpireAll,
}

fn step() -> impl Strategy<Value = Step> {
    let part = || prop_oneof![3 => Just(Part::Live), 1 => Just(Part::Dead)];
    let outcome = prop_oneof![
        Just(Outcome::Complete),
        Just(Outcome::Abandon),
        Just(Outcome::Release),
        Just(Outcome::Defer),
        Just(dead_letter("r"))
    ];
    prop_oneof![
        3 => Just(Step::Send),
        4 => part().prop_map(Step::Lock),
        1 => part().prop_map(Step::Take),
        4 => (any::<usize>(), outcome).prop_map(|(n, outcome)| Step::Settle(n, outcome)),
        1 => any::<usize>().prop_map(Step::Renew),
        1 => (0..40_000u64).prop_map(Step::Wait),
        1 => Just(Step::ExpireAll),
    ]
}

#[derive(Clone, Copy)]
struct Given {
    sequence: i64,
    part: Part,
    token: Uuid,
    until: Instant,
}

/// The model: places and failures by sequence number, and all locks that still hold.
struct Model {
    places: BTreeMap<i64, (Place, u32)>,
    held: Vec<Given>,
}

impl Model {
    fn first_ready(&self, part: Part) -> Option<i64> {
        self.places.iter().find(|(_, (place, _))| *place == Place::Ready(part)).map(|(sequence, _)| *sequence)
    }

    fn put(&mut self, sequence: i64, place: Place, failed: bool) {
        let entry = self.places.get_mut(&sequence).unwrap();
        entry.0 = place;
        entry.1 += u32::from(failed);
        if place == Place::Ready(Part::Live) && failed && entry.1 >= 3 {
            entry.0 = Place::Ready(Part::Dead);
        }
    }

    fn lapse(&mut self, now: Option<Instant>) {
        let (kept, lapsed): (Vec<_>, Vec<_>) =
            self.held.iter().partition(|lock| now.is_some_and(|now| lock.until > now));
        self.held = kept;
        for lock in lapsed {
            self.put(lock.sequence, Place::Ready(lock.part), true);
        }
    }
}

fn places(queue: &Queue) -> BTreeMap<i64, (Place, u32)> {
    let mut places = BTreeMap::new();
    for (part, shelf) in [(Part::Live, &queue.live), (Part::Dead, &queue.dead)] {
        for (sequence, entry) in &shelf.entries {
            let place = match entry.state {
                State::Ready => Place::Ready(part),
                State::Locked(..) => Place::Locked(part),
                State::Deferred => Place::Deferred(part),
                State::Scheduled(_) => unreachable!("nothing was scheduled"),
            };
            // in both shelves at once would be a duplicate
            assert!(places.insert(*sequence, (place, entry.failures)).is_none(), "{sequence} is in two places");
        }
        let count = |wanted: fn(&State) -> bool| shelf.entries.values().filter(|entry| wanted(&entry.state)).count();
        assert_eq!(shelf.ready.len(), count(|state| matches!(state, State::Ready)));
        assert_eq!(shelf.locks.len(), count(|state| matches!(state, State::Locked(..))));
        assert_eq!(shelf.deadlines.len(), shelf.locks.len());
    }
    places
}

proptest! {
    #[test]
    fn no_sequence_of_operations_loses_or_duplicates_a_message(steps in proptest::collection::vec(step(), 0..60)) {
        let (mut queue, mut now) = queue(3);
        let mut model = Model { places: BTreeMap::new(), held: Vec::new() };
        let mut given: Vec<Given> = Vec::new();
        for step in steps {
            match step {
                Step::Send => {
                    let sequence = send(&mut queue, "m");
                    model.places.insert(sequence, (Place::Ready(Part::Live), 0));
                }
                Step::Lock(part) => {
                    let delivery = queue.lock_next(part, now);
                    prop_assert_eq!(delivery.as_ref().map(|d| d.sequence), model.first_ready(part));
                    if let Some(Delivery { sequence, token: Some(token), .. }) = delivery {
                        let lock = Given { sequence, part, token, until: now + LOCK };
                        model.put(sequence, Place::Locked(part), false);
                        model.held.push(lock);
                        given.push(lock);
                    }
                }
                Step::Take(part) => {
                    let delivery = queue.take_next(part, now);
                    prop_assert_eq!(delivery.as_ref().map(|d| d.sequence), model.first_ready(part));
                    if let Some(delivery) = delivery {
                        model.put(delivery.sequence, Place::Gone, false);
                    }
                }
                Step::Settle(n, outcome) if !given.is_empty() => {
                    let lock = given[n % given.len()];
                    let held = model.held.iter().position(|held| held.token == lock.token);
                    let result = queue.settle(lock.part, lock.token, now, outcome.clone());
                    prop_assert_eq!(result.is_ok(), held.is_some());
                    if let Some(held) = held {
                        model.held.remove(held);
                        let (place, failed) = match outcome {
                            Outcome::Complete => (Place::Gone, false),
                            Outcome::Abandon => (Place::Ready(lock.part), true),
                            Outcome::Release => (Place::Ready(lock.part), false),
                            Outcome::Defer => (Place::Deferred(lock.part), false),
                            Outcome::DeadLetter { .. } => (Place::Ready(Part::Dead), lock.part == Part::Dead),
                        };
                        model.put(lock.sequence, place, failed);
                    }
                }
                Step::Renew(n) if !given.is_empty() => {
                    let lock = given[n % given.len()];
                    let held = model.held.iter_mut().find(|held| held.token == lock.token);
                    prop_assert_eq!(queue.renew(lock.part, lock.token, now).is_ok(), held.is_some());
                    if let Some(held) = held {
                        held.until = now + LOCK;
                    }
                }
                Step::Settle(..) | Step::Renew(_) => {}
                Step::Wait(ms) => {
                    now += Duration::from_millis(ms);
                    queue.expire(now);
                    model.lapse(Some(now));
                }
                Step::ExpireAll => {
                    queue.expire_all();
                    model.lapse(None);
                }
            }
            let wanted: BTreeMap<_, _> =
                model.places.clone().into_iter().filter(|(_, (place, _))| *place != Place::Gone).collect();
            prop_assert_eq!(places(&queue), wanted);
        }
    }
}
