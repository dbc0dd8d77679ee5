//! The processor that code is made for.

use std::sync::OnceLock;

use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};

/// What the code may use.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) isa: OwnedTargetIsa,
}

impl Target {
    /// This processor; `None` if no code can be made for it.
    pub(crate) fn this() -> Option<Self> {
        static TARGET: OnceLock<Option<Target>> = OnceLock::new();
        TARGET.get_or_init(Self::detect).clone()
    }

    fn detect() -> Option<Self> {
        let mut flags = settings::builder();
        for (name, value) in [
            // The passes have shortened the code already.
            ("opt_level", "none"),
            (
                "enable_verifier",
                if cfg!(debug_assertions) {
                    "true"
                } else {
                    "false"
                },
            ),
            ("use_colocated_libcalls", "false"),
            ("is_pic", "false"),
        ] {
            flags.set(name, value).ok()?;
        }
        let isa = cranelift_native::builder().ok()?;
        let isa = isa.finish(settings::Flags::new(flags)).ok()?;
        has_fma(&isa).then_some(Self { isa })
    }
}

/// Whether there are instructions for fused multiply-adds, and then also those that round to whole numbers. Without them,
/// cranelift would call functions of the C library.
fn has_fma(isa: &OwnedTargetIsa) -> bool {
    if cfg!(not(target_arch = "x86_64")) {
        return true;
    }
    ["has_avx", "has_fma", "has_sse41"].iter().all(|name| {
        let flags = isa.isa_flags();
        flags
            .iter()
            .any(|flag| flag.name == *name && flag.as_bool() == Some(true))
    })
}
