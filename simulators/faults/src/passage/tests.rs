use super::*;
use crate::{Faults, Place, Plan};
use journal::{Journal, Seed, What};

const ORU: &[u8] = b"\x0bMSH|^~\\&|IRIS|||||| ORU|4711\r\x1c\r";

fn frame(kind: &str, id: &str, patient: &str) -> Vec<u8> {
    mllp::frame(format!("MSH|^~\\&|IRIS||EMR||2017||{kind}|{id}|T|2.4\rPID|1||{patient}^^^MRN\r").as_bytes())
}

fn faults(rules: &str) -> (Faults, Journal) {
    faults_of(rules, 1)
}

fn faults_of(rules: &str, seed: u64) -> (Faults, Journal) {
    let journal = Journal::new("test");
    let faults = Faults::new(journal.clone(), Seed::new(seed));
    faults.apply(&Plan::parse(&format!("faults:\n{rules}"), "test").unwrap());
    (faults, journal)
}

fn orders(faults: &Faults) -> Passage {
    Line::new(faults.clone(), &[Place::Orders], Framing::Mllp).passage(Towards::Proxy)
}

/// What comes of the portions, and the milliseconds at which it comes.
async fn timed(passage: &mut Passage, portions: &[&[u8]]) -> Vec<(u64, Deed)> {
    let began = Instant::now();
    portions.iter().for_each(|portion| passage.push(portion));
    let mut deeds = Vec::new();
    while let Some(deed) = passage.next().await {
        deeds.push((began.elapsed().as_millis() as u64, deed));
    }
    deeds
}

async fn passes(rule: &str, portions: &[&[u8]]) -> Vec<(u64, Deed)> {
    timed(&mut orders(&faults(rule).0), portions).await
}

fn bytes(bytes: impl AsRef<[u8]>) -> Deed {
    Deed::Bytes(bytes.as_ref().to_vec())
}

#[tokio::test]
async fn without_a_rule_portions_pass_as_they_come_also_parts_of_frames() {
    let (faults, journal) = faults("  - { on: results, do: drop }");
    let deeds = timed(&mut orders(&faults), &[&ORU[..5], &ORU[5..]]).await;
    assert_eq!(deeds, [(0, bytes(&ORU[..5])), (0, bytes(&ORU[5..]))]);
    assert_eq!(journal.events(), []);
}

#[tokio::test(start_paused = true)]
async fn latency_delays_a_message_once_and_jitter_follows_from_the_seed() {
    let fixed = "  - { on: orders, do: { latency: { ms: 50 } } }";
    assert_eq!(passes(fixed, &[&ORU[..5], &ORU[5..]]).await, [(50, bytes(ORU))]);
    let jitter = "  - { on: orders, do: { latency: { ms: 50, jitter_ms: 1000 } } }";
    let late = async |seed| timed(&mut orders(&faults_of(jitter, seed).0), &[ORU]).await[0].0;
    assert!((50..=1050).contains(&late(1).await));
    assert_eq!(late(1).await, late(1).await);
    assert_ne!(late(1).await, late(2).await);
}

#[tokio::test(start_paused = true)]
async fn bandwidth_lets_so_many_bytes_a_second_pass() {
    let rule = "  - { on: orders, do: { bandwidth: { bytes_per_second: 100 } } }";
    let frame = mllp::frame(&[b'x'; 197]);
    let deeds = passes(rule, &[&frame]).await;
    let half: usize = deeds.iter().filter(|(at, _)| *at <= 1000).map(|(_, deed)| length(deed)).sum();
    assert_eq!((half, deeds.iter().map(|(_, deed)| length(deed)).sum::<usize>()), (100, 200));
    assert_eq!(deeds.last().unwrap().0, 2000);
}

fn length(deed: &Deed) -> usize {
    if let Deed::Bytes(bytes) = deed { bytes.len() } else { 0 }
}

#[tokio::test(start_paused = true)]
async fn split_cuts_a_message_into_pieces_with_pauses() {
    let rule = "  - { on: orders, do: { split: { every: 2, pause_ms: 10 } } }";
    let deeds = passes(rule, &[b"\x0bab\x1c\r"]).await;
    assert_eq!(deeds, [(0, bytes(b"\x0ba")), (10, bytes(b"b\x1c")), (20, bytes(b"\r"))]);
}

#[tokio::test(start_paused = true)]
async fn join_sends_what_comes_in_time_in_one_piece() {
    let rule = "  - { on: orders, do: { join: { within_ms: 30 } } }";
    let two = [ORU, ORU].concat();
    assert_eq!(passes(rule, &[ORU, &ORU[..9], &ORU[9..]]).await, [(30, bytes(two))]);
}

#[tokio::test]
async fn corrupt_changes_one_byte_the_named_one_or_one_by_chance() {
    let rule = "  - { on: orders, do: { corrupt: { at: 2, value: 33 } } }";
    assert_eq!(passes(rule, &[b"\x0babc\x1c\r"]).await, [(0, bytes(b"\x0ba!c\x1c\r"))]);
    let by_chance = passes("  - { on: orders, do: { corrupt: {} } }", &[ORU]).await;
    let Deed::Bytes(changed) = &by_chance[0].1 else { panic!("{by_chance:?}") };
    let differences = ORU.iter().zip(changed).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>();
    assert_eq!((changed.len(), differences), (ORU.len(), 1));
}

#[tokio::test]
async fn truncate_reset_and_half_close_end_behind_so_many_bytes_and_nothing_follows() {
    for (fault, end) in [("truncate", Deed::Close), ("reset", Deed::Reset), ("half_close", Deed::HalfClose)] {
        let rule = format!("  - {{ on: orders, do: {{ {fault}: {{ after: 3 }} }} }}");
        assert_eq!(passes(&rule, &[ORU, ORU]).await, [(0, bytes(&ORU[..3])), (0, end)], "{fault}");
    }
    let at_once = passes("  - { on: orders, do: { reset: {} } }", &[ORU]).await;
    assert_eq!(at_once, [(0, Deed::Reset)]);
}

#[tokio::test]
async fn drop_swallows_a_message_and_not_the_next_one() {
    let (faults, journal) = faults("  - { on: orders, when: { nth: 1 }, do: drop }");
    let deeds = timed(&mut orders(&faults), &[&frame("ORM^O01", "1", "p"), &frame("ORM^O01", "2", "p")]).await;
    assert_eq!(deeds, [(0, bytes(frame("ORM^O01", "2", "p")))]);
    let told = journal.read(|events| events.iter().map(|event| event.what.clone()).collect::<Vec<_>>());
    let detail = "rule 1 on orders: ORM^O01 1 to the proxy".to_owned();
    assert_eq!(told, [What::Fault { name: "drop".to_owned(), detail }]);
}

#[tokio::test(start_paused = true)]
async fn a_stall_lasts_for_its_time_or_until_the_faults_are_lifted() {
    let timed_stall = "  - { on: orders, do: { stall: { ms: 70, after: 3 } } }";
    assert_eq!(passes(timed_stall, &[ORU]).await, [(0, bytes(&ORU[..3])), (70, bytes(&ORU[3..]))]);
    let (faults, _) = faults("  - { on: orders, do: { stall: {} } }");
    let lifter = faults.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        lifter.lift();
    });
    assert_eq!(timed(&mut orders(&faults), &[ORU]).await, [(60_000, bytes(ORU))]);
}

#[tokio::test]
async fn a_rule_looks_into_the_frame_however_it_is_cut_and_all_its_conditions_must_hold() {
    let when = "{ type: ORU^R01, control_id: '4711', path: { PID-3.1: '123' } }";
    let rule = format!("  - {{ on: orders, when: {when}, do: drop }}");
    let good = frame("ORU^R01", "4711", "123");
    assert_eq!(passes(&rule, &[&good[..7], &good[7..20], &good[20..]]).await, []);
    for other in [frame("ORU^R03", "4711", "123"), frame("ORU^R01", "471", "123"), frame("ORU^R01", "4711", "12")] {
        assert_eq!(passes(&rule, &[&other]).await, [(0, bytes(&other))]);
    }
    assert_eq!(passes(&rule, &[b"no frame"]).await, [(0, bytes(b"no frame"))]);
    let by_code = "  - { on: orders, when: { type: ORU }, do: drop }";
    assert_eq!(passes(by_code, &[&good]).await, []);
}

#[tokio::test]
async fn nth_every_and_times_count_what_fits() {
    let acted = async |when: &str| {
        let (faults, _) = faults(&format!("  - {{ on: orders, {when}, do: drop }}"));
        let mut passage = orders(&faults);
        let mut dropped = Vec::new();
        for n in 1..=6 {
            passage.push(&frame("ADT^A04", "x", "p")); // does not fit, so does not count
            passage.push(&frame("ORM^O01", &n.to_string(), "p"));
            passage.next().await;
            if passage.next().await.is_none() {
                dropped.push(n);
            }
        }
        dropped
    };
    assert_eq!(acted("when: { type: ORM, nth: 2 }").await, [2]);
    assert_eq!(acted("when: { type: ORM, every: 2 }").await, [2, 4, 6]);
    assert_eq!(acted("when: { type: ORM, every: 2 }, times: 2").await, [2, 4]);
    assert_eq!(acted("when: { type: ORM, probability: 0 }").await, [0; 0]);
    assert_eq!(acted("when: { type: ORM, probability: 1 }").await, [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn what_is_left_of_a_frame_passes_at_the_end() {
    let (faults, _) = faults("  - { on: orders, when: { nth: 9 }, do: drop }");
    let mut passage = orders(&faults);
    assert_eq!(timed(&mut passage, &[&ORU[..9]]).await, []);
    passage.finish();
    assert_eq!(timed(&mut passage, &[]).await, [(0, bytes(&ORU[..9]))]);
}
