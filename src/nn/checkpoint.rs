//! Checkpoints: files that hold the parameters of a structure.
//!
//! A file is JSON with every digit of every number. It is written under another name in the same folder, flushed to the
//! disk, and only then renamed. So at any time, and even if the process dies, there is either the complete old file or the
//! complete new one. A process that dies while it writes may leave a file whose name begins with `.checkpoint-`.
//!
//! [`Fit::resume`](super::Fit::resume) stores whole training runs in such files; [`load`] reads the parameters from them
//! as well.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use super::check::finite_parameters;
use crate::error::{Error, Result};
use crate::parameters::Parameters;

const FORMAT: &str = "chainrule checkpoint";
const VERSION: u32 = 1;

/// The beginning of a file, the same in every version of the format.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

/// A checkpoint to be written.
#[derive(Serialize)]
struct Written<'a, R> {
    format: &'a str,
    version: u32,
    parameters: &'a [f64],
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'a R>,
}

/// A checkpoint that was read.
#[derive(Deserialize)]
pub(super) struct Checkpoint<R> {
    pub(super) parameters: Vec<f64>,
    pub(super) run: Option<R>,
}

/// Writes every parameter of a structure to a file, which is replaced if it exists.
///
/// # Errors
///
/// [`Argument`](crate::ErrorKind::Argument) if a parameter is NaN or infinite, [`Io`](crate::ErrorKind::Io) if the file
/// cannot be written. An existing file is unchanged then.
///
/// ```
/// use chainrule::nn::{Activation, Mlp, checkpoint};
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("mlp.json");
///
/// let mlp = Mlp::builder(1).layer(1, Activation::Tanh).build_from(&[0.1, f64::MIN_POSITIVE])?;
/// checkpoint::save(&path, &mlp)?;
///
/// let mut other = Mlp::builder(1).layer(1, Activation::Tanh).build_from(&[0.0, 0.0])?;
/// checkpoint::load(&path, &mut other)?;
/// assert_eq!(other, mlp);
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn save<M: Parameters + ?Sized>(path: impl AsRef<Path>, model: &M) -> Result<()> {
    write::<(), M>(path.as_ref(), model, None)
}

/// Replaces every parameter of a structure with the parameters in a file.
///
/// # Errors
///
/// [`Io`](crate::ErrorKind::Io) if the file cannot be read; [`Data`](crate::ErrorKind::Data) if it is cut short, is not a
/// checkpoint, is of another version, or holds another number of parameters: the message names the file. Nothing is
/// changed then.
///
/// ```
/// use chainrule::nn::checkpoint;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("three.json");
///
/// checkpoint::save(&path, &[1.0, 2.0, 3.0])?;
/// let error = checkpoint::load(&path, &mut [0.0, 0.0]).unwrap_err();
/// assert!(error.to_string().ends_with("three.json: contains 3 parameters, but the structure has 2"));
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn load<M: Parameters + ?Sized>(path: impl AsRef<Path>, model: &mut M) -> Result<()> {
    let path = path.as_ref();
    let bytes = fs::read(path).map_err(|cause| Error::io(path, cause))?;
    let checkpoint = parse::<IgnoredAny>(path, &bytes)?;
    check_count(path, &checkpoint.parameters, model.parameter_count())?;
    model.set_parameters(&checkpoint.parameters)
}

/// Writes the parameters and, if given, the run.
pub(super) fn write<R: Serialize, M: Parameters + ?Sized>(
    path: &Path,
    model: &M,
    run: Option<&R>,
) -> Result<()> {
    let parameters = model.parameters();
    finite_parameters(&parameters)?;
    let text = serde_json::to_vec(&Written {
        format: FORMAT,
        version: VERSION,
        parameters: &parameters,
        run,
    });
    let text = text.map_err(|cause| faulty(path, format!("cannot be written: {cause}")))?;
    replace(path, &text).map_err(|cause| Error::io(path, cause))
}

/// Replaces a file's content, completely or not at all.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".checkpoint-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The permissions of any new file: the process's mask decides who may read it, not only its owner.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Reads a file, if there is one.
pub(super) fn read<R: DeserializeOwned>(path: &Path) -> Result<Option<Checkpoint<R>>> {
    match fs::read(path) {
        Ok(bytes) => parse(path, &bytes).map(Some),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(Error::io(path, cause)),
    }
}

fn parse<R: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<Checkpoint<R>> {
    let Header { format, version } = serde_json::from_slice(bytes).map_err(|cause| {
        let what = if cause.is_eof() {
            "is cut short"
        } else {
            "is not a checkpoint"
        };
        faulty(path, format!("{what}: {cause}"))
    })?;
    let problem = if format != FORMAT {
        format!("is not a checkpoint: expected the format `{FORMAT}`, found `{format}`")
    } else if version != VERSION {
        format!("expected a checkpoint of version {VERSION}, found version {version}")
    } else {
        let damaged = |cause| faulty(path, format!("is damaged: {cause}"));
        return serde_json::from_slice(bytes).map_err(damaged);
    };
    Err(faulty(path, problem))
}

/// Passes if a file holds as many parameters as a structure has.
pub(super) fn check_count(path: &Path, parameters: &[f64], count: usize) -> Result<()> {
    let held = parameters.len();
    if held == count {
        return Ok(());
    }
    let problem = format!("contains {held} parameters, but the structure has {count}");
    Err(faulty(path, problem))
}

/// The error for a file whose content cannot be used.
pub(super) fn faulty(path: &Path, problem: impl std::fmt::Display) -> Error {
    Error::data(&path.display().to_string(), None, None, problem)
}
