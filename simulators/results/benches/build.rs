//! How long a message takes to build.
#![allow(missing_docs, reason = "the macros of criterion make public items without documentation")]

use criterion::{Criterion, criterion_group, criterion_main};
use results::{BuildError, Context, Grading, Order, Person, Profile};

type Build = fn(&Order, &Grading, &Profile, &Context) -> Result<Vec<u8>, BuildError>;

fn messages(criterion: &mut Criterion) {
    let order = Order {
        mrn: b"ITCC20170410".to_vec(),
        family: b"DOE".to_vec(),
        given: b"JOHN".to_vec(),
        dob: b"19581012".to_vec(),
        sex: b"M".to_vec(),
        encounter: b"1234".to_vec(),
        location: b"POC01".to_vec(),
        placer: b"2017041006".to_vec(),
        provider: Person {
            id: b"OP0001".to_vec(),
            family: b"DOE".to_vec(),
            given: b"JACK".to_vec(),
            degrees: b"MD".to_vec(),
            prefix: b"DR".to_vec(),
        },
        service: b"92250^FUNDUS PHOTOGRAPHY^EAP^^FUNDAL PHOTO".to_vec(),
        clinic: b"TEST CLINIC".to_vec(),
        filler: 273013,
        ..Order::default()
    };
    let grading =
        results::grading_by_name("moderate retinopathy right, mild left").expect("the grading is in the library");
    let profile = Profile::default();
    let context = Context {
        now: grading.graded,
        token: "0".repeat(128),
        document_id: "442B30D3-C963-434E-8886-3735CED1C5E8".into(),
        pdf: Vec::new(),
        file_path: String::new(),
    };
    for (name, build) in [("oru", results::oru as Build), ("mdm", results::mdm), ("dft", results::dft)] {
        criterion.bench_function(name, |bencher| bencher.iter(|| build(&order, &grading, &profile, &context)));
    }
}

criterion_group!(benches, messages);
criterion_main!(benches);
