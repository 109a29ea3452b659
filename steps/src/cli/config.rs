//! Examples of all files that users write, each with every key explained.

/// Path below an ejected folder, and text.
pub(super) fn examples() -> Vec<(String, String)> {
    vec![
        ("examples/profile.yaml".to_owned(), crate::proxy::REFERENCE.to_owned()),
        ("examples/contract.yaml".to_owned(), cloud::contract::REFERENCE.to_owned()),
    ]
}
