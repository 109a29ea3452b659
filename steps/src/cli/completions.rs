//! `iris-conformance completions` and `iris-conformance man`: made from the command line itself.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use clap_complete::Shell;

use super::{Exit, command, print};

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    iris-conformance completions bash > ~/.local/share/bash-completion/completions/iris-conformance\n  \
    iris-conformance completions powershell >> $PROFILE")]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    iris-conformance man > iris-conformance.1\n  \
    iris-conformance man --out man1")]
pub(super) struct Man {
    /// Folder for the pages of all commands; made if it is not there
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Completions {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let mut command = command();
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        print(&String::from_utf8(script).context("the completions are no text")?)?;
        Ok(Exit::Passed)
    }
}

impl Man {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        match self.out {
            None => {
                let mut page = Vec::new();
                clap_mangen::Man::new(command()).render(&mut page).context("cannot make the page")?;
                print(&String::from_utf8(page).context("the page is no text")?)?;
            }
            Some(folder) => std::fs::create_dir_all(&folder)
                .and_then(|()| clap_mangen::generate_to(command(), &folder))
                .with_context(|| format!("cannot write to {}", folder.display()))?,
        }
        Ok(Exit::Passed)
    }
}
