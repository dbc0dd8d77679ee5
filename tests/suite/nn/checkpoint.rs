//! Tests runs and parameters in files: interrupted runs have the bits of uninterrupted ones, and bad files are refused and
//! change nothing.

use std::cell::Cell;
use std::ffi::OsStr;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use chainrule::nn::data::{Dataset, moons};
use chainrule::nn::fit::{Ended, History};
use chainrule::nn::optimizer::{Adam, AdamW, Optimizer, RmsProp, Schedule, Sgd};
use chainrule::nn::{Activation, Fit, Mlp, checkpoint, loss};
use chainrule::{Error, ErrorKind, Parameters, Result, Scalar, Var};
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert_eq, proptest};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::TempDir;

/// A folder that is removed after the test, and the path of a missing file in it.
fn absent() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path().join("run.json");
    (folder, path)
}

/// A run's structure, data and choices. Every kind of memory takes part.
struct Setting {
    mlp: Mlp<f64>,
    train: Dataset,
    test: Dataset,
}

impl Setting {
    fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        Self {
            mlp: Mlp::new(&mut rng, &[2, 4, 1], Activation::Tanh).unwrap(),
            train: moons(23, 0.1, &mut rng).unwrap(),
            test: moons(10, 0.1, &mut rng).unwrap(),
        }
    }

    /// Five epochs of four steps.
    fn fit(&self) -> Fit<'_, Mlp<f64>> {
        let schedule = Schedule::cosine(0.1, 0.001, 20).unwrap();
        Fit::new()
            .epochs(5)
            .batch(6)
            .seed(7)
            .l2(1e-3)
            .schedule(schedule)
            .validation(&self.test)
    }
}

fn hinge<S: Scalar>(mlp: &Mlp<S>, row: &[S]) -> Result<S> {
    loss::hinge(&mlp.forward(&row[..2])?, &row[2..], 1.0)
}

fn bits(mlp: &Mlp<f64>) -> Vec<u64> {
    mlp.parameters().iter().map(|p| p.to_bits()).collect()
}

/// The bits of a run's losses.
fn losses(history: &History) -> Vec<(u64, Option<u64>)> {
    let epochs = history.epochs.iter();
    epochs
        .map(|epoch| (epoch.loss.to_bits(), epoch.validation.map(f64::to_bits)))
        .collect()
}

/// Runs to the end, interrupted before each of these steps, each time with new structures. Compares with an uninterrupted
/// run.
fn interrupted<O: Optimizer + Serialize + DeserializeOwned>(
    seed: u64,
    stops: &[usize],
    every: Option<usize>,
    new: impl Fn() -> O,
) {
    let setting = Setting::new(seed);
    let (mut whole, mut optimizer) = (setting.mlp.clone(), new());
    let history = setting
        .fit()
        .run(&mut whole, &setting.train, &mut optimizer, hinge)
        .unwrap();

    let (_folder, path) = absent();
    let start = |fit: Fit<'_, Mlp<f64>>, stop: Option<usize>| {
        let (mut mlp, mut optimizer) = (setting.mlp.clone(), new());
        let fit = every.into_iter().fold(fit, Fit::save_every);
        let fit = fit.on_step(move |step, _| match stop {
            Some(stop) if step.step >= stop => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        });
        let history = fit
            .resume(&path, &mut mlp, &setting.train, &mut optimizer, hinge)
            .unwrap();
        (history, mlp)
    };
    for &stop in stops {
        let (history, _) = start(setting.fit(), Some(stop));
        assert_eq!(history.ended, Ended::Callback);
    }
    let (again, mlp) = start(setting.fit(), None);
    assert_eq!(again, history);
    assert_eq!(losses(&again), losses(&history));
    assert_eq!(bits(&mlp), bits(&whole));
    // Once more: nothing is left to do.
    let (again, mlp) = start(setting.fit(), Some(0));
    assert_eq!((again, bits(&mlp)), (history, bits(&whole)));
}

proptest! {
    // Every save waits for the disk.
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn interrupted_runs_equal_whole_runs(
        seed: u64,
        mut stops in prop::collection::vec(0_usize..20, 0..6),
        every in prop::option::of(1_usize..9),
        kind in 0..4,
    ) {
        stops.sort_unstable();
        match kind {
            0 => interrupted(seed, &stops, every, || Sgd::new(0.1).unwrap().nesterov(0.9).unwrap()),
            1 => interrupted(seed, &stops, every, || Adam::new(0.1).unwrap()),
            2 => interrupted(seed, &stops, every, || AdamW::new(0.1, 0.01).unwrap()),
            _ => interrupted(seed, &stops, every, || RmsProp::new(0.1).unwrap()),
        }
    }

    #[test]
    fn parameters_keep_their_bits(bits in prop::collection::vec(any::<u64>(), 0..50)) {
        let numbers: Vec<f64> = bits.into_iter().map(f64::from_bits).filter(|x| x.is_finite()).collect();
        let (_folder, path) = absent();
        checkpoint::save(&path, &numbers).unwrap();
        let mut found = vec![1.0; numbers.len()];
        checkpoint::load(&path, &mut found).unwrap();
        prop_assert_eq!(found.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>());
    }
}

#[test]
fn a_run_interrupted_at_every_step_equals_a_whole_run() {
    let every_step: Vec<usize> = (0..20).collect();
    interrupted(1, &every_step, None, || Adam::new(0.1).unwrap());
}

#[test]
fn a_failed_run_resumes_from_its_last_save() {
    let setting = Setting::new(3);
    let (mut whole, mut adam) = (setting.mlp.clone(), Adam::new(0.1).unwrap());
    let history = setting
        .fit()
        .run(&mut whole, &setting.train, &mut adam, hinge)
        .unwrap();
    let (_folder, path) = absent();
    let mut mlp = setting.mlp.clone();
    for fail in [2, 6, 11, 19, 20] {
        // The work after the last save is lost, and done again.
        let mut adam = Adam::new(0.1).unwrap();
        let fit = setting.fit().on_step(|step, _| match step.step {
            step if step == fail => Err(Error::argument("callback", "fails")),
            _ => Ok(()),
        });
        mlp = setting.mlp.clone();
        let result = fit.resume(&path, &mut mlp, &setting.train, &mut adam, hinge);
        match result {
            Ok(again) => assert_eq!((fail, losses(&again)), (20, losses(&history))),
            Err(error) => assert_eq!(error.to_string(), "callback: fails"),
        }
    }
    assert_eq!(bits(&mlp), bits(&whole));
}

/// The variable with the path of the child's file. Without it, the child does nothing.
const CHILD: &str = "CHAINRULE_TEST_RUN";

fn slow_run(path: &Path, pause: Duration) -> (History, Mlp<f64>) {
    let setting = Setting::new(5);
    let (mut mlp, mut adam) = (setting.mlp.clone(), Adam::new(0.1).unwrap());
    let fit = setting
        .fit()
        .epochs(40)
        .save_every(3)
        .on_step(|_, _| sleep(pause));
    let history = fit
        .resume(path, &mut mlp, &setting.train, &mut adam, hinge)
        .unwrap();
    (history, mlp)
}

#[test]
#[ignore = "the process that the next test kills"]
fn child() {
    if let Some(path) = std::env::var_os(CHILD) {
        slow_run(Path::new(&path), Duration::from_millis(10));
    }
}

#[test]
fn a_killed_process_resumes_with_the_same_bits() {
    let (folder, whole) = absent();
    let path = folder.path().join("killed.json");
    let (history, mlp) = slow_run(&whole, Duration::ZERO);
    let mut kills = 0;
    loop {
        let before = fs::read(&path).ok();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "nn::checkpoint::child", "--ignored"])
            .env(CHILD, &path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Killed as soon as it has saved anything new, at whatever point it is then.
        let started = Instant::now();
        let ended = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            if fs::read(&path).ok() != before && kills < 4 {
                break None;
            }
            assert!(
                started.elapsed() < Duration::from_secs(120),
                "the child neither saves nor ends"
            );
            sleep(Duration::from_millis(1));
        };
        if let Some(status) = ended {
            assert!(status.success());
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    assert!(kills > 0, "the run ended before it was killed");
    let (again, found) = slow_run(&path, Duration::ZERO);
    assert_eq!(again, history);
    assert_eq!(losses(&again), losses(&history));
    assert_eq!(bits(&found), bits(&mlp));
}

#[test]
fn a_run_continues_with_more_epochs() {
    let setting = Setting::new(1);
    let (_folder, path) = absent();
    let run = |epochs| {
        let (mut mlp, mut adam) = (setting.mlp.clone(), Adam::new(0.1).unwrap());
        setting
            .fit()
            .epochs(epochs)
            .resume(&path, &mut mlp, &setting.train, &mut adam, hinge)
            .unwrap()
    };
    let first = run(2);
    assert_eq!(run(5).epochs[..2], first.epochs);
    assert_eq!(run(3).epochs.len(), 5, "finished epochs are not repeated");
}

#[test]
fn patience_is_kept() {
    let (_folder, path) = absent();
    let run = |epochs| {
        let fit = Fit::new().epochs(epochs).patience(3);
        let mut sgd = Sgd::new(0.1).unwrap();
        fit.resume(&path, &mut [0.0], &[[0.0]], &mut sgd, |p, _| p[0].square())
            .unwrap()
    };
    assert_eq!(run(2).ended, Ended::Epochs);
    assert_eq!(
        (run(100).epochs.len(), run(100).ended),
        (4, Ended::Patience)
    );
}

#[test]
fn no_temporary_file_is_left() {
    let setting = Setting::new(1);
    let (folder, path) = absent();
    let (mut mlp, mut adam) = (setting.mlp.clone(), Adam::new(0.1).unwrap());
    setting
        .fit()
        .resume(&path, &mut mlp, &setting.train, &mut adam, hinge)
        .unwrap();
    let files: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert_eq!(files, ["run.json"]);
}

#[test]
fn parameters_load_from_a_run_s_file() {
    let setting = Setting::new(1);
    let (_folder, path) = absent();
    let (mut mlp, mut adam) = (setting.mlp.clone(), Adam::new(0.1).unwrap());
    setting
        .fit()
        .resume(&path, &mut mlp, &setting.train, &mut adam, hinge)
        .unwrap();
    let mut other = setting.mlp.clone();
    checkpoint::load(&path, &mut other).unwrap();
    assert_eq!(bits(&other), bits(&mlp));
}

/// The messages of loading the file and of resuming a run from it, without the folder. Neither changes anything.
fn refused(path: &Path) -> [String; 2] {
    let setting = Setting::new(1);
    let before = fs::read(path).ok();
    let mut mlp = setting.mlp.clone();
    let mut adam = Adam::new(0.125).unwrap();
    let errors = [
        checkpoint::load(path, &mut mlp).err(),
        setting
            .fit()
            .resume(path, &mut mlp, &setting.train, &mut adam, hinge)
            .err(),
    ];
    assert_eq!(bits(&mlp), bits(&setting.mlp));
    assert_eq!(
        format!("{adam:?}"),
        format!("{:?}", Adam::new(0.125).unwrap())
    );
    assert_eq!(fs::read(path).ok(), before);
    errors.map(|error| {
        let error = error.expect("an error");
        assert_eq!(error.kind(), ErrorKind::Data);
        let name = path.file_name().and_then(OsStr::to_str).unwrap();
        let message = error.to_string();
        let (_, problem) = message.split_once(&format!("{name}: ")).unwrap();
        problem.to_string()
    })
}

/// Writes the file of a finished run.
fn done(path: &Path) -> String {
    let setting = Setting::new(1);
    let (mut mlp, mut adam) = (setting.mlp.clone(), Adam::new(0.1).unwrap());
    setting
        .fit()
        .resume(path, &mut mlp, &setting.train, &mut adam, hinge)
        .unwrap();
    fs::read_to_string(path).unwrap()
}

/// The content of a file: everything after the checksum.
fn content(file: &str) -> &str {
    let (_, content) = file.split_once(r#""content":"#).unwrap();
    content.strip_suffix('}').unwrap()
}

/// A file with this content and the right checksum.
fn sealed(content: &str) -> String {
    let checksum = crc_32(content.as_bytes());
    format!(
        r#"{{"format":"chainrule checkpoint","version":2,"checksum":"{checksum:08x}","content":{content}}}"#
    )
}

/// CRC-32 bit by bit, as in ISO 3309.
fn crc_32(bytes: &[u8]) -> u32 {
    let all = bytes.iter().fold(u32::MAX, |all, &byte| {
        (0..8).fold(all ^ u32::from(byte), |all, _| {
            (all >> 1) ^ (0xedb8_8320 * (all & 1))
        })
    });
    !all
}

#[test]
fn files_are_sealed_with_crc_32() {
    assert_eq!(crc_32(b"123456789"), 0xcbf4_3926, "the published check");
    let (_folder, path) = absent();
    let whole = done(&path);
    assert_eq!(sealed(content(&whole)), whole);
    fs::write(&path, sealed(r#"{"shape":[1],"parameters":[null]}"#)).unwrap();
    let problem = "is damaged: invalid type: null, expected f64 at line 1 column 31";
    assert_eq!(refused(&path), [problem; 2]);
}

/// A damaged file. The two numbers choose the place and the length of the damage.
fn damaged(whole: &[u8], kind: usize, numbers: [u16; 2], bit: u8) -> Vec<u8> {
    let mut range = numbers.map(|number| usize::from(number) % whole.len());
    range.sort_unstable();
    let [begin, end] = range;
    let [before, middle, after] = [&whole[..begin], &whole[begin..end], &whole[end..]];
    let parts: Vec<&[u8]> = match kind {
        0 => {
            let mut flipped = whole.to_vec();
            flipped[begin] ^= 1 << bit;
            return flipped;
        }
        1 => vec![before],
        2 => vec![before, after],
        3 => vec![before, middle, middle, after],
        4 => vec![middle, before, after],
        5 => vec![before, after, middle],
        // Exchanges two numbers, or whatever is between commas.
        _ => {
            let mut parts: Vec<&[u8]> = whole.split(|&byte| byte == b',').collect();
            let [i, j] = numbers.map(|number| usize::from(number) % parts.len());
            parts.swap(i, j);
            return parts.join(&b',');
        }
    };
    parts.concat()
}

proptest! {
    #[test]
    fn damaged_files_are_refused(kind in 0_usize..7, numbers: [u16; 2], bit in 0_u8..8) {
        // Written once.
        static WHOLE: OnceLock<String> = OnceLock::new();
        let whole = WHOLE.get_or_init(|| {
            let (_folder, path) = absent();
            done(&path)
        });
        let content = damaged(whole.as_bytes(), kind, numbers, bit);
        if content != whole.as_bytes() {
            let (_folder, path) = absent();
            fs::write(&path, content).unwrap();
            refused(&path);
        }
    }
}

#[test]
fn parameters_of_another_shape_are_refused() {
    let (_folder, path) = absent();
    let mut rng = StdRng::seed_from_u64(1);
    let mut network = |sizes: &[usize]| Mlp::new(&mut rng, sizes, Activation::Tanh).unwrap();
    let wide = network(&[2, 3, 1]);
    let deep = network(&[3, 2, 1, 1]);
    assert_eq!(wide.parameter_count(), deep.parameter_count());
    checkpoint::save(&path, &wide).unwrap();
    let mut found = deep.clone();
    let problem = "was saved from a structure of another shape: slice 0 has 2 parameters, but the structure's has 3";
    let error = checkpoint::load(&path, &mut found).unwrap_err();
    assert_eq!(error.to_string(), format!("{}: {problem}", path.display()));
    assert_eq!(found, deep);

    let rows = [[0.0; 3]];
    let mut sgd = Sgd::new(0.1).unwrap();
    let run = |sizes: &Mlp<f64>, width: usize, sgd: &mut Sgd| {
        let loss = move |mlp: &Mlp<Var>, row: &[Var]| -> Result<Var> {
            Ok(mlp.forward(&row[..width])?[0].square())
        };
        Fit::new().resume(&path, &mut sizes.clone(), &rows, sgd, loss)
    };
    fs::remove_file(&path).unwrap();
    run(&wide, 2, &mut sgd).unwrap();
    let error = run(&deep, 3, &mut sgd).unwrap_err();
    assert_eq!(error.to_string(), format!("{}: {problem}", path.display()));
}

/// Sets the only parameter to one value after another. Counts how often it is written and read.
#[derive(Clone, Default)]
struct Script {
    losses: Vec<f64>,
    next: usize,
}

thread_local! {
    static WRITTEN: Cell<usize> = const { Cell::new(0) };
    static READ: Cell<usize> = const { Cell::new(0) };
}

impl Serialize for Script {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WRITTEN.set(WRITTEN.get() + 1);
        (&self.losses, self.next).serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Script {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        READ.set(READ.get() + 1);
        let (losses, next) = serde::Deserialize::deserialize(deserializer)?;
        Ok(Self { losses, next })
    }
}

impl Optimizer for Script {
    fn begin_step(&mut self, _: &[f64]) -> Result<(), Error> {
        self.next += 1;
        Ok(())
    }

    fn step_part(&mut self, _: usize, parameters: &mut [f64], _: &[f64]) {
        parameters[0] = self.losses[(self.next - 1) % self.losses.len()];
    }

    fn rate(&self) -> f64 {
        1.0
    }

    fn set_rate(&mut self, _: f64) -> Result<(), Error> {
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn patience_counts_from_the_best_epoch(
        losses in prop::collection::vec((0_i32..8).prop_map(f64::from), 1..30),
        patience in 1_usize..6,
        min_delta in (0_i32..3).prop_map(f64::from),
        stop in 0_usize..30,
    ) {
        // The loss of an epoch is the parameter before its only step.
        let (_folder, path) = absent();
        let epochs = losses.len();
        let run = |epochs| {
            let fit = Fit::new().epochs(epochs).patience(patience).min_delta(min_delta);
            let mut script = Script { losses: losses[1..].iter().copied().chain([0.0]).collect(), next: 0 };
            fit.resume(&path, &mut [losses[0]], &[[0.0]], &mut script, |p, _| p[0]).unwrap()
        };
        run(stop.min(epochs));
        let history = run(epochs);
        // The definition: the best so far is the last epoch that improved on the best before it.
        let ends = (1..=epochs).find(|&ended| {
            let mut best = None;
            for (epoch, loss) in losses[..ended].iter().enumerate() {
                if best.is_none_or(|(_, least)| *loss < least - min_delta) {
                    best = Some((epoch, *loss));
                }
            }
            ended < epochs && ended - 1 - best.unwrap().0 >= patience
        });
        let found: Vec<f64> = history.epochs.iter().map(|epoch| epoch.loss).collect();
        prop_assert_eq!(&found, &losses[..ends.unwrap_or(epochs)]);
        prop_assert_eq!(history.ended, if ends.is_some() { Ended::Patience } else { Ended::Epochs });
    }
}

#[test]
fn a_save_writes_the_optimizer_once() {
    let (_folder, path) = absent();
    let mut script = Script {
        losses: vec![1.0],
        next: 0,
    };
    let fit = Fit::new().epochs(12);
    fit.resume(&path, &mut [1.0], &[[0.0]], &mut script, |p, _| p[0])
        .unwrap();
    assert_eq!((WRITTEN.get(), READ.get()), (12, 12));
}

#[cfg(unix)]
#[test]
fn a_file_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = absent();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for kept in [0o600, 0o640, 0o666, 0o604] {
        checkpoint::save(&path, &[1.0]).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(kept)).unwrap();
        checkpoint::save(&path, &[2.0]).unwrap();
        assert_eq!(mode(&path), kept, "{kept:o}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_stays_and_its_file_is_replaced() {
    use std::os::unix::fs::symlink;
    let (folder, link) = absent();
    let other = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let file = other.path().join("file.json");
    // A link to a link, one of them relative, to a file that does not exist at first.
    symlink("second", &link).unwrap();
    symlink(&file, folder.path().join("second")).unwrap();
    for number in [1.0, 2.0] {
        checkpoint::save(&link, &[number]).unwrap();
        for path in [&link, &file] {
            let mut found = [0.0];
            checkpoint::load(path, &mut found).unwrap();
            assert_eq!(found, [number]);
        }
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(!fs::symlink_metadata(&file).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        assert_eq!(fs::read_dir(other.path()).unwrap().count(), 1);
    }
    fs::remove_file(folder.path().join("second")).unwrap();
    symlink(&link, folder.path().join("second")).unwrap();
    let error = checkpoint::save(&link, &[1.0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "the links lead in a circle");
}

#[test]
fn truncated_files_are_refused() {
    let (_folder, path) = absent();
    let whole = done(&path);
    for len in (0..whole.len()).step_by(7) {
        fs::write(&path, &whole[..len]).unwrap();
        for problem in refused(&path) {
            assert!(problem.starts_with("is cut short: "), "{problem}");
        }
    }
}

#[test]
fn other_files_are_refused() {
    let (_folder, path) = absent();
    for (content, expected) in [
        (
            &b"x,y,label\n1,2,3\n"[..],
            "is not a checkpoint: expected value at line 1 column 1",
        ),
        (
            b"\x93NUMPY\x01\x00",
            "is not a checkpoint: expected value at line 1 column 1",
        ),
        (
            b"[1, 2, 3]",
            "is not a checkpoint: invalid type: integer `1`, expected a string at line 1 column 2",
        ),
        (
            b"{}",
            "is not a checkpoint: missing field `format` at line 1 column 2",
        ),
        (
            br#"{"format":"chainrule graph","version":1}"#,
            "is not a checkpoint: expected the format `chainrule checkpoint`, found `chainrule graph`",
        ),
        (
            br#"{"format":"chainrule checkpoint","version":1,"weights":[]}"#,
            "expected a checkpoint of version 2, found version 1",
        ),
        (
            br#"{"format":"chainrule checkpoint","version":3,"weights":[]}"#,
            "expected a checkpoint of version 2, found version 3",
        ),
        (
            br#"{"format":"chainrule checkpoint","version":2,"parameters":[1.0,2.0]}"#,
            "is damaged: missing field `content` at line 1 column 68",
        ),
    ] {
        fs::write(&path, content).unwrap();
        assert_eq!(refused(&path), [expected; 2]);
    }
}

#[test]
fn runs_with_different_choices_are_refused() {
    let (_folder, path) = absent();
    let whole = done(&path);
    for (from, to, expected) in [
        (
            "\"seed\":7",
            "\"seed\":8",
            "contains a run with other settings: seed 8, but this run has 7",
        ),
        (
            "\"in_order\":false",
            "\"in_order\":true",
            "contains a run with other settings: in_order true, but this run has false",
        ),
        (
            "\"batch\":6",
            "\"batch\":5",
            "contains a run with other settings: batch 5, but this run has 6",
        ),
        (
            "\"l2\":0.001",
            "\"l2\":0.01",
            "contains a run with other settings: l2 0.01, but this run has 0.001",
        ),
        (
            "\"rows\":23",
            "\"rows\":24",
            "contains a run with other settings: rows 24, but this run has 23",
        ),
        (
            "\"batches\":0",
            "\"batches\":4",
            "is damaged: 4 batches of an epoch are done, but an epoch has 4",
        ),
        (
            "\"moments\":[[",
            "\"moments\":[[0.0,0.0],[",
            "contains an optimizer that cannot continue: parameters: expected 18 values, found 17",
        ),
        (
            "\"rate\":",
            "\"rate\":-",
            "contains an optimizer that cannot continue: rate: must be finite and at least 0, found -",
        ),
        (
            "\"betas\":",
            "\"beta\":",
            "does not contain an optimizer of this kind: unknown field `beta`, expected one of `rate`, `betas`, `epsilon`, `powers`, \
             `moments`",
        ),
    ] {
        assert!(whole.contains(from), "{from} is in {whole}");
        fs::write(&path, sealed(&content(&whole).replace(from, to))).unwrap();
        let setting = Setting::new(1);
        let mut mlp = setting.mlp.clone();
        let mut adam = Adam::new(0.125).unwrap();
        let error = setting
            .fit()
            .resume(&path, &mut mlp, &setting.train, &mut adam, hinge)
            .unwrap_err();
        let expected = format!("{}: {expected}", path.display());
        assert!(error.to_string().starts_with(&expected), "{error}");
        assert_eq!(bits(&mlp), bits(&setting.mlp));
        assert_eq!(adam.rate(), 0.125);
    }
    fs::write(&path, &whole).unwrap();
    let setting = Setting::new(1);
    let mut mlp = setting.mlp.clone();
    let mut sgd = Sgd::new(0.1).unwrap();
    let error = setting
        .fit()
        .resume(&path, &mut mlp, &setting.train, &mut sgd, hinge)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("does not contain an optimizer of this kind: unknown field `betas`"),
        "{error}"
    );

    checkpoint::save(&path, &setting.mlp).unwrap();
    let error = setting
        .fit()
        .resume(&path, &mut mlp, &setting.train, &mut sgd, hinge)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{}: contains parameters, but no run to resume",
            path.display()
        )
    );
}

#[test]
fn a_failed_write_keeps_the_old_file() {
    let (folder, path) = absent();
    checkpoint::save(&path, &[1.0]).unwrap();
    let error = checkpoint::save(&path, &[1.0, f64::NAN]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "parameters: parameter 1 must be finite, found NaN"
    );
    let mut p = [0.0];
    checkpoint::load(&path, &mut p).unwrap();
    assert_eq!(p, [1.0]);

    let nowhere = folder.path().join("absent").join("run.json");
    assert_eq!(
        checkpoint::save(&nowhere, &p).unwrap_err().kind(),
        ErrorKind::Io
    );
    let error = checkpoint::load(&nowhere, &mut p).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(
        error
            .to_string()
            .starts_with(&nowhere.display().to_string())
    );
    let error = Fit::new().resume(
        folder.path(),
        &mut p,
        &[[1.0]],
        &mut Sgd::new(0.1).unwrap(),
        |p, x| p[0] * x[0],
    );
    assert_eq!(
        error.unwrap_err().kind(),
        ErrorKind::Io,
        "a folder is not a file"
    );
}

#[cfg(unix)]
#[test]
fn files_have_the_permissions_of_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = absent();
    checkpoint::save(&path, &[1.0]).unwrap();
    let plain = folder.path().join("plain");
    fs::write(&plain, "").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&path), mode(&plain));
}

#[test]
fn histories_serialize_in_any_format() {
    let fit = Fit::new().epochs(2);
    let history = fit
        .run(&mut [1.0], &[[0.1]], &mut Sgd::new(0.1).unwrap(), |p, x| {
            p[0] * x[0]
        })
        .unwrap();
    let text = serde_json::to_string(&history).unwrap();
    assert_eq!(serde_json::from_str::<History>(&text).unwrap(), history);
}

#[test]
fn losses_too_large_to_store_leave_the_file_as_it_was() {
    let (_folder, path) = absent();
    let rows = [[1.5e308], [1.5e308], [1.0]];
    let run = || {
        let fit = Fit::new().epochs(1).batch(1).in_order().save_every(1);
        let mut optimizer = Sgd::new(0.1).unwrap();
        fit.resume(&path, &mut [0.0], &rows, &mut optimizer, |p, x| {
            p[0] * 0.0 + x[0]
        })
        .unwrap_err()
        .to_string()
    };
    let first = run();
    assert!(first.contains("cannot store these losses"), "{first}");
    // The state after the first step was saved, and can be read.
    assert_eq!(run(), first);
}
