//! Builder methods that set one field each.

/// Writes public methods `name(argument: Type) => field = value;`.
macro_rules! setters {
    ($(
        $(#[$attribute:meta])*
        $name:ident($($argument:ident: $type:ty)?) => $($field:ident).+ = $value:expr;
    )+) => { $(
        $(#[$attribute])*
        #[must_use]
        pub fn $name(mut self $(, $argument: $type)?) -> Self {
            self.$($field).+ = $value;
            self
        }
    )+ };
}
pub(crate) use setters;
