//! The memory of native code, as Linux lists it. One test is the whole program, so that nothing else makes code meanwhile.
#![cfg(target_os = "linux")]

use std::fs;

use chainrule::{Program, Stage};
use chainrule_jit::NativeProgram;

/// The pages of code that belong to no file.
fn pages_of_code() -> usize {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    assert!(!maps.contains("rwx"), "{maps}");
    let mut pages = 0;
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        if rights.starts_with("r-x") && words.nth(3).is_none_or(|name| name == "[heap]") {
            let ends = range.split('-');
            let ends: Vec<usize> = ends
                .map(|end| usize::from_str_radix(end, 16).unwrap())
                .collect();
            pages += (ends[1] - ends[0]) / 4096;
        }
    }
    pages
}

#[test]
fn code_is_never_writable_and_is_freed() {
    let before = pages_of_code();
    let f = Program::trace(2, |x| (x[0] * x[1]).exp()).unwrap();
    assert!(f.native().listing(Stage::Scheduled).contains("native"));
    let mut kept = Vec::new();
    for i in 0..300 {
        let mut at = f.native().evaluator();
        assert_eq!(at.gradient(&[0.0, 1.0]).unwrap(), (1.0, &[1.0, 0.0][..]));
        if i % 100 == 0 {
            kept.push(at);
        }
    }
    assert_eq!(pages_of_code(), before + kept.len());
    drop(kept);
    assert_eq!(pages_of_code(), before);
}
