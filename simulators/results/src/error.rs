/// Why no message was made: which input is at fault, what is wrong with it and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({requirement})")]
pub struct BuildError {
    /// The requirement that the input breaks, e.g. `DISC-025`.
    pub requirement: &'static str,
    /// What is wrong and what to do, in words.
    pub message: String,
}

impl BuildError {
    pub(crate) fn new(requirement: &'static str, message: impl Into<String>) -> Self {
        Self { requirement, message: message.into() }
    }
}

/// A mapping file that cannot be used; says file, line, segment-field and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct MappingError {
    pub(crate) file: String,
    #[source]
    pub(crate) problem: serde_yaml::Error,
}
