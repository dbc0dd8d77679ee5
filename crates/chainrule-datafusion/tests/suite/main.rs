//! Tests of the functions for `DataFusion`, in one program, because linking it takes long.

mod exact;
mod travel;
