//! A cloud that runs for long keeps its newest orders only.

use cloud::lifecycle::{Input, Kind, State};

use crate::support::{Rig, normal, orm};

fn placer(n: usize) -> String {
    format!("L{n}")
}

#[test]
fn the_newest_orders_stay_as_they_were() {
    let mut rig = Rig::option("events.for_hl7", "true");
    for n in 1..=5 {
        rig.orm("NW", &placer(n), &format!("P{n}"));
        rig.life.keep_newest(3);
    }
    assert!(rig.state("L1").is_some(), "five are less than twice three");

    rig.orm("NW", "L6", "P6");
    rig.images("L5");
    let delivery = rig.grading(&normal("L5")).deliveries()[0].id;
    rig.life.keep_newest(3);
    let known: Vec<usize> = (1..=6).filter(|n| rig.state(&placer(*n)).is_some()).collect();
    assert_eq!(known, [4, 5, 6], "LIFE-016");

    // LIFE-018: what was seen before is still known, what was forgotten is new
    let again = |rig: &mut Rig, n: u32| rig.input(Input::Orm(orm("NW", &placer(n as usize), &format!("P{n}"), n))).0;
    assert!(format!("{:?}", again(&mut rig, 4)).contains("repeated"));
    assert!(format!("{:?}", again(&mut rig, 1)).contains("accepted"));

    // LIFE-075: the outcome of a delivery finds its order
    let out = rig.input(Input::Outcome { delivery, accepted: true, at: rig.clock.now() });
    assert_eq!(out.events()[0].order_local_id.as_deref(), Some("L5"));

    // each order has kept its patient
    rig.images("L6");
    let out = rig.grading(&normal("L6"));
    assert!(out.content(Kind::Oru).contains("|P6"), "{}", out.content(Kind::Oru));
    assert_eq!(rig.state("L6"), Some(State::Complete));
}
