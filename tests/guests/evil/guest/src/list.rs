//! The list of misdeeds: a module, a name and a call of each.

/// Names the modules, makes `NAMES` of them, and `run`, which calls the one of a name.
macro_rules! misdeeds {
    ($($name:ident,)*) => {
        $(mod $name;)*

        /// All misdeeds, as `do:` names them.
        const NAMES: &[&str] = &[$(stringify!($name)),*];

        fn run(name: &str, call: &mut Call<'_>) -> Result<Outcome, Failure> {
            match name {
                $(stringify!($name) => $name::run(call),)*
                other => unreachable!("{other} was looked up by init"),
            }
        }
    };
}
