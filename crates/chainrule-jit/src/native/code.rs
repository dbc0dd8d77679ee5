//! Native code in memory.
//!
//! `cranelift-jit` writes code into pages that can be written but not executed, and then makes them executable but not
//! writable. They are never both.

use std::fmt;
use std::sync::Mutex;

use chainrule::ir::Ir;
use cranelift_codegen::Context;
use cranelift_codegen::ir::{AbiParam, Function, Signature, types};
use cranelift_frontend::FunctionBuilderContext;
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId, Module};

use super::places::{BLOCK, Places, When};
use super::rows::Order;
use super::target::Target;
use super::{point, rows};

/// Computes uniform values in the shared numbers at this address.
type PointFunction = unsafe extern "C" fn(*mut f64);

/// Computes the lanes of a block: from shared numbers, inputs, and lanes that are already there. The last number is that of the
/// lanes.
type LanesFunction = unsafe extern "C" fn(*const f64, *const f64, *mut f64, usize);

/// Computes sums over the rows of a block: from shared numbers, inputs and lanes. The last number is that of the rows.
type SumsFunction = unsafe extern "C" fn(*const f64, *const f64, *const f64, *mut f64, usize);

/// The functions of a program.
pub(crate) struct Code {
    /// `None` only while the code is made and while it is dropped.
    module: Mutex<Option<JITModule>>,
    before: Option<PointFunction>,
    after: Option<PointFunction>,
    loops: Vec<Option<LanesFunction>>,
    /// First without the zero rule, then with it.
    sums: [Option<SumsFunction>; 2],
    /// The least lengths of the slices that the functions access.
    shared: usize,
    inputs: usize,
    rows: usize,
    sum_count: usize,
    bytes: usize,
}

impl Code {
    /// Makes the code; `None` if cranelift cannot. `any_order` allows to add rows in any order.
    pub(crate) fn new(ir: &Ir, places: &Places, target: &Target, any_order: bool) -> Option<Self> {
        let builder = JITBuilder::with_isa(
            target.isa.clone(),
            cranelift_module::default_libcall_names(),
        );
        let mut maker = Maker {
            module: JITModule::new(builder),
            context: Context::new(),
            builder: FunctionBuilderContext::new(),
            bytes: 0,
        };
        let made = maker.make(ir, places, any_order);
        let Maker { module, bytes, .. } = maker;
        let mut code = Self {
            before: None,
            after: None,
            loops: Vec::new(),
            sums: [None; 2],
            shared: places.layout.shared.len() + places.layout.results,
            inputs: ir.inputs().len() - places.layout.uniform,
            rows: places.rows as usize,
            sum_count: places.sums.len(),
            bytes,
            module: Mutex::new(None),
        };
        let made = made.map(|made| code.find(&module, &made));
        // From here on, dropping the code frees its memory.
        code.module = Mutex::new(Some(module));
        made.map(|()| code)
    }

    /// Stores the addresses of the functions.
    fn find(&mut self, module: &JITModule, made: &Made) {
        let address = |id: FuncId| module.get_finalized_function(id);
        let point = |id: FuncId| {
            // SAFETY: `point::emit` made this function, with the signature of `PointFunction` and the convention of C.
            unsafe { std::mem::transmute::<*const u8, PointFunction>(address(id)) }
        };
        let lanes = |id: FuncId| {
            // SAFETY: `rows::emit_loop` made this function, with the signature of `LanesFunction` and the convention of C.
            unsafe { std::mem::transmute::<*const u8, LanesFunction>(address(id)) }
        };
        let sums = |id: FuncId| {
            // SAFETY: `rows::emit_sums` made this function, with the signature of `SumsFunction` and the convention of C.
            unsafe { std::mem::transmute::<*const u8, SumsFunction>(address(id)) }
        };
        self.before = made.before.map(point);
        self.after = made.after.map(point);
        self.loops = made.loops.iter().map(|id| id.map(lanes)).collect();
        self.sums = made.sums.map(|id| id.map(sums));
    }

    /// Computes the values that are known before the rows, or those that are known after them.
    #[inline]
    pub(crate) fn point(&self, when: When, shared: &mut [f64]) {
        assert!(shared.len() >= self.shared, "too few shared numbers");
        let function = if when == When::After {
            self.after
        } else {
            self.before
        };
        if let Some(function) = function {
            // SAFETY: the code accesses only slots of the layout, and there are at least as many numbers. The borrow is
            // exclusive. The code's memory is there as long as `self`.
            unsafe { function(shared.as_mut_ptr()) }
        }
    }

    /// Computes the loop with this number for these lanes.
    pub(crate) fn lanes(
        &self,
        number: u32,
        shared: &[f64],
        inputs: &[f64],
        rows: &mut [f64],
        lanes: usize,
    ) {
        self.check(shared, inputs, rows);
        assert!(lanes <= BLOCK && lanes.is_multiple_of(rows::STEP));
        if let Some(function) = self.loops[number as usize] {
            // SAFETY: `check` and the assertion say that all numbers that the code accesses are there: a multiple of the
            // loop's step, at most `BLOCK`, of each input and of each value with lanes. Nobody else writes them, since two of
            // the borrows are shared and one is exclusive. The code's memory is there as long as `self`.
            unsafe {
                function(shared.as_ptr(), inputs.as_ptr(), rows.as_mut_ptr(), lanes);
            }
        }
    }

    /// Computes the sums over the first `count` lanes.
    pub(crate) fn sums(
        &self,
        shared: &[f64],
        inputs: &[f64],
        rows: &[f64],
        sums: &mut [f64],
        count: usize,
    ) {
        self.check(shared, inputs, rows);
        assert!(count <= BLOCK && sums.len() >= self.sum_count);
        for function in self.sums.into_iter().flatten() {
            // SAFETY: `check` and the assertion say that all numbers that the code reads or writes are there. Nobody else
            // writes them, since three of the borrows are shared and one is exclusive. The code's memory is there as long as
            // `self`.
            unsafe {
                function(
                    shared.as_ptr(),
                    inputs.as_ptr(),
                    rows.as_ptr(),
                    sums.as_mut_ptr(),
                    count,
                );
            }
            // Without a NaN, no product of 0 and an infinity was added, and the second function has nothing to do.
            if !sums.iter().any(|sum| sum.is_nan()) {
                break;
            }
        }
    }

    fn check(&self, shared: &[f64], inputs: &[f64], rows: &[f64]) {
        assert!(shared.len() >= self.shared, "too few shared numbers");
        assert!(inputs.len() >= BLOCK * self.inputs, "too few inputs");
        assert!(rows.len() >= BLOCK * self.rows, "too few lanes");
    }

    /// The size of the code in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        let module = self.module.get_mut().map(Option::take);
        if let Ok(Some(module)) = module {
            // SAFETY: the functions of this module are called only by methods of `self`, which nobody borrows any more, and
            // their addresses are nowhere else.
            unsafe { module.free_memory() }
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code")
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

struct Maker {
    module: JITModule,
    context: Context,
    builder: FunctionBuilderContext,
    bytes: usize,
}

#[derive(Default)]
struct Made {
    before: Option<FuncId>,
    after: Option<FuncId>,
    loops: Vec<Option<FuncId>>,
    sums: [Option<FuncId>; 2],
}

impl Maker {
    fn make(&mut self, ir: &Ir, places: &Places, any_order: bool) -> Option<Made> {
        let mut made = Made::default();
        for (when, made) in [
            (When::Before, &mut made.before),
            (When::After, &mut made.after),
        ] {
            if point::has_work(places, when) {
                *made = Some(self.function(1, |function, builder| {
                    point::emit(function, builder, ir, places, when);
                })?);
            }
        }
        for number in 0..places.loops {
            let ids = places.at(When::Loop(number));
            made.loops.push(if ids.is_empty() {
                None
            } else {
                Some(self.function(4, |function, builder| {
                    rows::emit_loop(function, builder, ir, places, &ids);
                })?)
            });
        }
        if !places.sums.is_empty() {
            let plain = if any_order { Order::Any } else { Order::Plain };
            for (order, made) in [plain, Order::Careful].into_iter().zip(&mut made.sums) {
                *made = Some(self.function(5, |function, builder| {
                    rows::emit_sums(function, builder, ir, places, order);
                })?);
            }
        }
        self.module.finalize_definitions().ok()?;
        Some(made)
    }

    /// Makes a function of this many addresses and counts, which `emit` fills.
    fn function(
        &mut self,
        parameters: usize,
        emit: impl FnOnce(&mut Function, &mut FunctionBuilderContext),
    ) -> Option<FuncId> {
        let pointer = self.module.target_config().pointer_type();
        debug_assert_eq!(pointer, types::I64);
        let mut signature = Signature::new(self.module.target_config().default_call_conv);
        signature.params = vec![AbiParam::new(pointer); parameters];
        let id = self.module.declare_anonymous_function(&signature).ok()?;
        self.module.clear_context(&mut self.context);
        self.context.func.signature = signature;
        emit(&mut self.context.func, &mut self.builder);
        self.module.define_function(id, &mut self.context).ok()?;
        if let Some(compiled) = self.context.compiled_code() {
            self.bytes += compiled.code_info().total_size as usize;
        }
        Some(id)
    }
}

const _: () = {
    const fn is_shared_by_threads<T: Send + Sync>() {}
    is_shared_by_threads::<Code>();
};
