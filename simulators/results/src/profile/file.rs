use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::custom::{CustomSet, CustomSetError};
use crate::profile::{Observations, Profile};

/// A profile file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file, or the observation set that it names, cannot be read.
    #[error("{}: {problem}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        problem: io::Error,
    },
    /// It is no profile.
    #[error("{}: {problem}", file.display())]
    Profile {
        /// The file.
        file: PathBuf,
        /// Line, column and reason.
        problem: yaml::Error,
    },
    /// The observation set beside it is none.
    #[error(transparent)]
    Set(#[from] CustomSetError),
}

impl Profile {
    /// Reads a profile from a YAML file, and the custom observation set that it names from the same folder.
    pub fn read(path: &Path) -> Result<Self, ProfileError> {
        let yaml = text(path)?;
        let profile: Self = yaml::parse(&yaml, &path.display().to_string())
            .map_err(|problem| ProfileError::Profile { file: path.into(), problem })?;
        profile.with_set_from(path.parent().unwrap_or(Path::new(".")))
    }

    /// Takes the custom observation set that the profile names, if any, from a folder. A set that comes with this library gives
    /// way to a file of the same name.
    pub fn with_set_from(mut self, folder: &Path) -> Result<Self, ProfileError> {
        let (name, embedded) = match &self.observations {
            Observations::RevC | Observations::RevB => return Ok(self),
            Observations::Custom(set) => (set.name(), true),
            Observations::Unread(name) => (name.as_str(), false),
        };
        let file = folder.join(name);
        if !embedded || file.exists() {
            let set = CustomSet::parse(name, &text(&file)?)?;
            self.observations = Observations::Custom(Arc::new(set));
        }
        Ok(self)
    }
}

fn text(file: &Path) -> Result<String, ProfileError> {
    yaml::read(file).map_err(|problem| ProfileError::Read { file: file.into(), problem })
}
