//! Example messages, byte for byte those of the specification.

/// Name and bytes of each example that is a whole message.
pub const MESSAGES: &[(&str, &[u8])] = &[
    ("derived-new-order", include_bytes!("../data/derived-new-order.hl7")),
    ("derived-repeating-ids", include_bytes!("../data/derived-repeating-ids.hl7")),
    ("published-example-a", include_bytes!("../data/published-example-a.hl7")),
    ("published-example-b", include_bytes!("../data/published-example-b.hl7")),
    ("published_dft_b", include_bytes!("../data/published_dft_b.hl7")),
    ("published_oru_b", include_bytes!("../data/published_oru_b.hl7")),
    ("ref_default_abnormal", include_bytes!("../data/ref_default_abnormal.hl7")),
    ("ref_document_pdf", include_bytes!("../data/ref_document_pdf.hl7")),
    ("ref_layout_standard", include_bytes!("../data/ref_layout_standard.hl7")),
    ("ref_link_escaped", include_bytes!("../data/ref_link_escaped.hl7")),
    ("ref_narrative_nte", include_bytes!("../data/ref_narrative_nte.hl7")),
    ("ref_o2_all_gradable", include_bytes!("../data/ref_o2_all_gradable.hl7")),
];

/// Segments without MSH.
pub const FRAGMENT: &[u8] = include_bytes!("../data/fragment_dr.hl7");

/// The example of that name.
pub fn example(name: &str) -> &'static [u8] {
    MESSAGES.iter().find(|(id, _)| *id == name).map(|(_, bytes)| *bytes).expect("an example of that name")
}

#[test]
fn a_checkout_has_not_changed_the_line_ends_of_the_examples_mllp_003() {
    let order = example("derived-new-order");
    assert_eq!(order.len(), 873);
    assert_eq!(order.iter().filter(|b| **b == b'\r').count(), 6);
    assert_eq!(order.iter().filter(|b| **b == b'\n').count(), 0);
    assert_eq!(order.last(), Some(&b'\r'));
}
