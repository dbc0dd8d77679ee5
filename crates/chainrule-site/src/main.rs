//! Builds the pages of `docs` as one site, and checks its links.
//!
//! mdBook turns the Markdown into pages. Before that, this program sets formulas as `MathML`, shows interactive pages in frames
//! and adds the source files that pages link. So a browser needs no network and no script for them, and the Markdown stays
//! as a code forge shows it.

mod book;
mod embed;
mod files;
mod links;
mod markdown;
mod math;
mod warnings;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
usage: cargo run --release -p chainrule-site -- [--out DIRECTORY]

Builds the pages of docs as one site in target/site, or in another directory, and checks its links.
Old contents of the directory are removed.";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let Some(out) = arguments()? else {
        println!("{USAGE}");
        return Ok(());
    };
    book::build(&out)?;
    let site = links::check(&out)?;
    if !site.problems.is_empty() {
        bail!("the site has wrong links:\n{}", site.problems.join("\n"));
    }
    println!(
        "{} pages with {} links; open {}",
        site.pages,
        site.links,
        out.canonicalize()?.join("index.html").display()
    );
    Ok(())
}

/// The directory for the site, or nothing if the user asks for help.
fn arguments() -> Result<Option<PathBuf>> {
    let mut out = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/site");
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Long("out") => {
                out = std::env::current_dir()?.join(arguments.value()?);
            }
            lexopt::Arg::Long("help") => return Ok(None),
            other => bail!("{}\n{USAGE}", other.unexpected()),
        }
    }
    Ok(Some(out))
}
