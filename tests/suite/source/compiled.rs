//! Programs as text, compiled with warnings as errors and called at points.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, process};

use chainrule::{Program, Result, Transform};

/// A question about a program, and the points at which the text that answers it is called.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) about: String,
    pub(super) f: Program,
    pub(super) question: Transform,
    /// The inputs of the program, then those that the question adds.
    pub(super) points: Vec<Vec<f64>>,
}

/// What a function returns and writes.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) returned: i32,
    pub(super) outputs: Vec<f64>,
}

/// What outputs are before a call.
pub(super) const BEFORE: f64 = -7.0;

impl Case {
    pub(super) fn values(about: &str, f: &Program, points: &[&[f64]]) -> Self {
        Self {
            about: about.to_owned(),
            f: f.clone(),
            question: Transform::Values,
            points: points.iter().map(|point| point.to_vec()).collect(),
        }
    }

    /// What the engine answers at a point: the parts, one after another.
    pub(super) fn expected(&self, point: &[f64]) -> Result<Vec<f64>> {
        let f = &self.f;
        let (x, v) = point.split_at(f.inputs());
        Ok(match self.question {
            Transform::Values => f.values(x)?,
            Transform::Gradient => {
                let (value, gradient) = f.gradient(x)?;
                [vec![value], gradient].concat()
            }
            Transform::Jacobian(_) => {
                let (values, jacobian) = f.jacobian(x)?;
                [values, jacobian].concat()
            }
            Transform::Hessian => {
                let (value, gradient, hessian) = f.hessian(x)?;
                [vec![value], gradient, hessian].concat()
            }
            Transform::Jvp => {
                let (values, tangents) = f.jvp(x, v)?;
                [values, tangents].concat()
            }
            Transform::Vjp => {
                let (values, cotangents) = f.vjp(x, v)?;
                [values, cotangents].concat()
            }
            Transform::Hvp => {
                let (value, gradient, product) = f.hvp(x, v)?;
                [vec![value], gradient, product].concat()
            }
            other => panic!("no test asks {other:?}"),
        })
    }

    fn outputs(&self) -> usize {
        let (n, m) = (self.f.inputs(), self.f.outputs());
        match self.question {
            Transform::Values => m,
            Transform::Gradient => 1 + n,
            Transform::Jacobian(_) => m + m * n,
            Transform::Hessian => 1 + n + n * n,
            Transform::Jvp => 2 * m,
            Transform::Vjp => m + n,
            Transform::Hvp => 1 + 2 * n,
            other => panic!("no test asks {other:?}"),
        }
    }
}

/// How text is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// C99, optimised.
    C,
    /// Rust without its standard library, not optimised.
    Core,
    /// Rust with its standard library, optimised.
    Std,
}

/// Compiles all cases as one program, with warnings as errors, and calls each function at its points.
pub(super) fn compiled(name: &str, language: Language, cases: &[Case]) -> Vec<Vec<Answer>> {
    let own = format!("chainrule-source-{name}-{language:?}-{}", process::id());
    let folder = env::temp_dir().join(own);
    fs::create_dir_all(&folder).unwrap();
    let binary = match language {
        Language::C => c(&folder, cases),
        Language::Core | Language::Std => rust(&folder, language == Language::Std, cases),
    };
    let text = run(&mut Command::new(binary));
    fs::remove_dir_all(&folder).unwrap();
    let mut lines = text.lines();
    let answers = cases.iter().map(|case| {
        let points = case.points.iter();
        points.map(|_| answer(lines.next().unwrap())).collect()
    });
    answers.collect()
}

/// Reads what a call returned and the bits of its outputs.
fn answer(line: &str) -> Answer {
    let (returned, outputs) = line.split_once(' ').unwrap_or((line, ""));
    let bits = outputs.split(' ').filter(|bits| !bits.is_empty());
    let outputs = bits.map(|bits| f64::from_bits(u64::from_str_radix(bits, 16).unwrap()));
    Answer {
        returned: returned.parse().unwrap(),
        outputs: outputs.collect(),
    }
}

/// The bits of a point, as text.
fn bits(point: &[f64], suffix: &str) -> String {
    let bits = point
        .iter()
        .map(|x| format!("{:#x}{suffix}", x.to_bits()))
        .collect::<Vec<_>>();
    bits.join(", ")
}

fn c(folder: &Path, cases: &[Case]) -> PathBuf {
    let mut main = String::from("#include <stdio.h>\n#include <stdint.h>\n#include <string.h>\n");
    let mut calls = String::new();
    for (i, case) in cases.iter().enumerate() {
        let file = folder.join(format!("f{i}.c"));
        let text = case.f.to_c_of(case.question, &format!("f{i}")).unwrap();
        fs::write(&file, text).unwrap();
        let _ = writeln!(main, "#include {:?}", file.display().to_string());
        for point in &case.points {
            // C has no empty arrays.
            let _ = writeln!(
                calls,
                "{{ uint64_t bits[] = {{0, {}}}; call(f{i}, bits + 1, {}, {}); }}",
                bits(point, "ull"),
                point.len(),
                case.outputs()
            );
        }
    }
    let _ = writeln!(
        main,
        "static double x[100000], y[100000];\n\
         static void call(int (*f)(const double *, double *), const uint64_t *bits, int n, int m) {{\n\
         memcpy(x, bits, n * sizeof *x);\n\
         for (int i = 0; i < m; i++) y[i] = {BEFORE:?};\n\
         printf(\"%d\", f(x, y));\n\
         for (int i = 0; i < m; i++) {{ uint64_t out; memcpy(&out, &y[i], 8); printf(\" %llx\", (unsigned long long)out); }}\n\
         printf(\"\\n\"); }}\n\
         int main(void) {{\n{calls}return 0; }}"
    );
    let (source, binary) = (folder.join("main.c"), folder.join("main"));
    fs::write(&source, main).unwrap();
    let options =
        "-std=c99 -pedantic -O2 -Wall -Wextra -Werror -ffp-contract=off -Wno-long-long -o";
    run(Command::new("cc")
        .args(options.split(' '))
        .args([&binary, &source])
        .arg("-lm"));
    binary
}

fn rust(folder: &Path, std: bool, cases: &[Case]) -> PathBuf {
    let mut functions = String::from("#![deny(warnings)]\n#![forbid(unsafe_code)]\n");
    if !std {
        functions.push_str("#![no_std]\n");
    }
    let mut calls = String::new();
    let mut needs_libm = false;
    for (i, case) in cases.iter().enumerate() {
        let text = case.f.to_rust_of(case.question, &format!("f{i}")).unwrap();
        needs_libm |= text.contains("It needs the crate libm");
        fs::write(folder.join(format!("f{i}.rs")), text).unwrap();
        let _ = writeln!(functions, "include!(\"f{i}.rs\");");
        for point in &case.points {
            let _ = writeln!(
                calls,
                "    call(&[{}], {}, |x, y| f{i}(x.try_into().unwrap(), y.try_into().unwrap()));",
                bits(point, ""),
                case.outputs()
            );
        }
    }
    let main = format!(
        "use functions::*;\n\
         fn call(bits: &[u64], m: usize, f: impl Fn(&[f64], &mut [f64]) -> Result<(), u32>) {{\n\
         let x: Vec<f64> = bits.iter().map(|&bits| f64::from_bits(bits)).collect();\n\
         let mut y = vec![{BEFORE:?}_f64; m];\n\
         print!(\"{{}}\", f(&x, &mut y).map_or_else(|number| number, |()| 0));\n\
         for y in y {{ print!(\" {{:x}}\", y.to_bits()); }}\n\
         println!(); }}\n\
         fn main() {{\n{calls}}}\n"
    );
    let [library, source] = ["functions.rs", "main.rs"].map(|name| folder.join(name));
    fs::write(&library, functions).unwrap();
    fs::write(&source, main).unwrap();
    let rustc = || {
        let mut rustc = Command::new(env::var("RUSTC").unwrap_or_else(|_| String::from("rustc")));
        let level = if std { "2" } else { "0" };
        rustc.args([
            "--edition=2024",
            "-C",
            &format!("opt-level={level}"),
            "--out-dir",
        ]);
        rustc.arg(folder).arg("-L").arg(folder);
        rustc
    };
    let mut first = rustc();
    first.args(["--crate-type=lib"]).arg(&library);
    let libm = libm();
    let mut options = vec![
        String::from("-L"),
        libm.parent().unwrap().display().to_string(),
    ];
    if needs_libm {
        options.push(String::from("--extern"));
        options.push(format!("libm={}", libm.display()));
        first.args(&options);
    }
    run(&mut first);
    run(rustc()
        .args(&options)
        .args(["--extern", "functions"])
        .arg(&source));
    folder.join("main")
}

/// The crate `libm` that this test was linked with: the newest beside it.
fn libm() -> PathBuf {
    let test = env::current_exe().unwrap();
    let files = fs::read_dir(test.parent().unwrap()).unwrap();
    let files = files.map(|file| file.unwrap().path()).filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("liblibm-") && name.ends_with(".rlib")
    });
    let newest = files.max_by_key(|path| path.metadata().unwrap().modified().unwrap());
    newest.expect("the crate libm is beside the test")
}

/// The standard output of a command that must succeed.
fn run(command: &mut Command) -> String {
    let output = command.output().expect("the compiler runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed:\n{errors}");
    String::from_utf8(output.stdout).unwrap()
}
