//! Checkpoints: files that hold the parameters of a structure.
//!
//! A file is JSON with every digit of every number. It is written under another name in the same folder, flushed to the
//! disk, and only then renamed. So at any time, and even if the process dies, there is either the complete old file or the
//! complete new one. A process that dies while it writes may leave a file whose name begins with `.checkpoint-`.
//!
//! On Unix, a file that is replaced keeps its permissions. If the path is a symbolic link, the file to which it leads is
//! replaced, and the link stays.
//!
//! A file also holds its *shape*, the lengths of the slices that [`Parameters::visit`] passes, and a checksum (CRC-32) of
//! its content. It is refused if a single byte has changed since it was saved, or if the structure has another shape. Only
//! the shape is compared: a network with the same layers and another activation takes the parameters.
//!
//! [`Fit::resume`](super::Fit::resume) stores whole training runs in such files; [`load`] reads the parameters from them
//! as well.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::check::finite_parameters;
use crate::error::{Error, Result};
use crate::parameters::Parameters;

const FORMAT: &str = "chainrule checkpoint";
const VERSION: u32 = 2;

/// The beginning of a file, the same in every version of the format.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

/// The rest of a file.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    content: &'a RawValue,
}

/// The content of a checkpoint to be written.
#[derive(Serialize)]
struct Written<'a, R> {
    shape: &'a [usize],
    parameters: &'a [f64],
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'a R>,
}

/// The content of a checkpoint that was read.
#[derive(Deserialize)]
pub(super) struct Checkpoint<R> {
    shape: Vec<usize>,
    pub(super) parameters: Vec<f64>,
    pub(super) run: Option<R>,
}

impl<R> Checkpoint<R> {
    /// Passes if the parameters were saved from a structure of the shape of this one.
    pub(super) fn check_shape<M: Parameters + ?Sized>(&self, path: &Path, model: &M) -> Result<()> {
        let (held, count) = (self.parameters.len(), model.parameter_count());
        if held != count {
            let problem = format!("contains {held} parameters, but the structure has {count}");
            return Err(faulty(path, problem));
        }
        let shape = shape(model);
        if self.shape == shape {
            return Ok(());
        }
        // The lengths of both add up to the same number of parameters.
        let same = self.shape.iter().zip(&shape);
        let at = same.take_while(|(saved, own)| saved == own).count();
        let len = |shape: &[usize]| shape.get(at).copied().unwrap_or(0);
        let (saved, own) = (len(&self.shape), len(&shape));
        let lengths = format!("slice {at} has {saved} parameters, but the structure's has {own}");
        let problem = format!("was saved from a structure of another shape: {lengths}");
        Err(faulty(path, problem))
    }
}

/// The lengths of the slices in which a structure shows its parameters.
fn shape<M: Parameters + ?Sized>(model: &M) -> Vec<usize> {
    let mut lengths = Vec::new();
    model.visit(&mut |part| lengths.push(part.len()));
    lengths
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
/// checkpoint, is of another version, is damaged, or was saved from a structure with another number or shape of
/// parameters: the message names the file. Nothing is changed then.
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
    checkpoint.check_shape(path, model)?;
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
    let content = serde_json::to_string(&Written {
        shape: &shape(model),
        parameters: &parameters,
        run,
    });
    let content = content.map_err(|cause| faulty(path, format!("cannot be written: {cause}")))?;
    replace(path, sealed(&content).as_bytes()).map_err(|cause| Error::io(path, cause))
}

/// The text of a file with this content.
fn sealed(content: &str) -> String {
    let checksum = crc32fast::hash(content.as_bytes());
    let head = format!(r#""format":"{FORMAT}","version":{VERSION},"checksum":"{checksum:08x}""#);
    format!(r#"{{{head},"content":{content}}}"#)
}

/// Replaces a file's content, completely or not at all.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let path = linked(path)?;
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
    #[cfg(unix)]
    if let Ok(old) = fs::metadata(&path) {
        // Before the content is there, so that a private file's content is at no time open to others.
        file.as_file().set_permissions(old.permissions())?;
    }
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// The path to which a path leads if it is a symbolic link, else the path itself.
fn linked(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..LINKS {
        // It fails if this is no link.
        let Ok(target) = fs::read_link(&path) else {
            return Ok(path);
        };
        path = path
            .parent()
            .map_or(target.clone(), |folder| folder.join(&target));
    }
    Err(io::Error::other("too many symbolic links"))
}

/// As many symbolic links are followed, one after another, as Linux follows.
const LINKS: usize = 40;

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
        // A file that is cut within a number ends with what is no number.
        let begins = bytes.starts_with(format!(r#"{{"format":"{FORMAT}""#).as_bytes());
        let what = if cause.is_eof() || (begins && !bytes.ends_with(b"}")) {
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
        let Body { content } = serde_json::from_slice(bytes).map_err(damaged)?;
        let content = content.get();
        if sealed(content).as_bytes() != bytes {
            let problem = "is damaged or was edited: its checksum is not that of its content";
            return Err(faulty(path, problem));
        }
        return serde_json::from_str(content).map_err(damaged);
    };
    Err(faulty(path, problem))
}

/// The error for a file whose content cannot be used.
pub(super) fn faulty(path: &Path, problem: impl std::fmt::Display) -> Error {
    Error::data(&path.display().to_string(), None, None, problem)
}
