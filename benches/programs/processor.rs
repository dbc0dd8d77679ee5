//! What processor the bench runs on, as Linux describes it.

use std::fs::read_to_string;
use std::thread::available_parallelism;

/// Vector instructions, widest first: their flag in `/proc/cpuinfo` and their name.
const VECTORS: [(&str, &str); 5] = [
    ("avx512f", "AVX-512F"),
    ("avx2", "AVX2"),
    ("avx", "AVX"),
    ("sse2", "SSE2"),
    ("asimd", "NEON"),
];

const UNKNOWN: &str = "unknown";

/// The name, family and model of the processor, its widest vector instructions, the cores, and the sizes of the caches.
pub(crate) fn description() -> String {
    let about = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |names: &[&str]| find(&about, names).unwrap_or(UNKNOWN);
    let name = field(&["model name", "Processor", "CPU implementer"]);
    let (family, model) = (
        field(&["cpu family", "CPU architecture"]),
        field(&["model", "CPU part"]),
    );
    let flags: Vec<&str> = field(&["flags", "Features"]).split_whitespace().collect();
    let vectors = VECTORS.iter().find(|(flag, _)| flags.contains(flag));
    let vectors = vectors.map_or(UNKNOWN, |&(_, name)| name);
    let cores = available_parallelism().map_or(UNKNOWN.to_string(), |cores| cores.to_string());
    format!(
        "Processor: {name}, family {family}, model {model}; vector instructions: {vectors}; cores: {cores}; caches: {}",
        caches()
    )
}

/// The value of the first of these fields that the description has.
fn find<'a>(about: &'a str, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| {
        let fields = about.lines().filter_map(|line| line.split_once(':'));
        fields
            .map(|(field, value)| (field.trim(), value.trim()))
            .find_map(|(field, value)| (field == *name && !value.is_empty()).then_some(value))
    })
}

/// The caches of the first core: level, kind and size.
fn caches() -> String {
    let cache = |index: usize| {
        let read = |part: &str| {
            let path = format!("/sys/devices/system/cpu/cpu0/cache/index{index}/{part}");
            Some(read_to_string(path).ok()?.trim().to_string())
        };
        let level = read("level")?;
        let kind = match read("type").as_deref() {
            Some("Data") => " data",
            Some("Instruction") => " instructions",
            _ => "",
        };
        let size = read("size").unwrap_or_else(|| UNKNOWN.to_string());
        Some(format!("L{level}{kind} {size}"))
    };
    let caches: Vec<String> = (0..).map_while(cache).collect();
    if caches.is_empty() {
        UNKNOWN.to_string()
    } else {
        caches.join(", ")
    }
}
