//! The copy of the repository in which mutants are planted.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The copy, its build and its tests.
pub(crate) struct Tree {
    /// The root of the copy.
    pub(crate) root: PathBuf,
    /// The folder of what the compiler writes.
    target: PathBuf,
}

/// How a build ended.
pub(crate) enum Build {
    /// The programs with the tests.
    Done(Vec<PathBuf>),
    /// The errors: the file, the byte in it, the message.
    Failed(Vec<(String, usize, String)>),
}

impl Tree {
    /// Copies the repository to a folder. Files that are the same stay as they are, so that they need no new build.
    pub(crate) fn copy(from: &Path, to: &Path) -> Result<Self, String> {
        let tree = Self {
            root: to.join("tree"),
            target: to.join("target"),
        };
        let failed = |error: std::io::Error| format!("cannot copy {}: {error}", from.display());
        copy_folder(from, &tree.root).map_err(failed)?;
        Ok(tree)
    }

    /// Writes a file of the copy, unless it has this text already.
    pub(crate) fn write(&self, file: &str, text: &str) -> Result<(), String> {
        let path = self.root.join(file);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            return Ok(());
        }
        fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
    }

    /// Builds the tests.
    pub(crate) fn build(&self, arguments: &[String]) -> Result<Build, String> {
        let output = Command::new("cargo")
            .current_dir(&self.root)
            .args(["test", "--no-run", "--message-format=json", "--quiet"])
            .args(arguments)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("cannot run cargo: {error}"))?;
        let (mut programs, mut errors) = (Vec::new(), Vec::new());
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let Ok(message) = serde_json::from_str::<Value>(line) else {
                continue;
            };
            if let Some(program) = message["executable"].as_str()
                && message["profile"]["test"] == true
            {
                programs.push(PathBuf::from(program));
            }
            let message = &message["message"];
            if message["level"] != "error" {
                continue;
            }
            let text = message["message"].as_str().unwrap_or_default();
            for span in message["spans"].as_array().into_iter().flatten() {
                if span["is_primary"] == true
                    && let Some(file) = span["file_name"].as_str()
                {
                    let byte = span["byte_start"].as_u64().unwrap_or_default() as usize;
                    errors.push((file.to_string(), byte, text.to_string()));
                }
            }
        }
        if output.status.success() {
            return Ok(Build::Done(programs));
        }
        Ok(Build::Failed(errors))
    }
}

/// Copies a folder, without what is built and what `git` keeps.
fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == "target" || name == ".git" {
            continue;
        }
        let (from, to) = (entry.path(), to.join(&name));
        if entry.file_type()?.is_dir() {
            copy_folder(&from, &to)?;
        } else {
            let text = fs::read(&from)?;
            if fs::read(&to).map_or(true, |old| old != text) {
                fs::write(&to, text)?;
            }
        }
    }
    Ok(())
}
