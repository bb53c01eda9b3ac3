//! What the export macro expands to, and what stands behind each function that the host calls.

use schemars::generate::SchemaSettings;

use crate::bindings::exports::sluicegate::transform::guest::Description;
use crate::{About, Batch, Failure, Outcome, Transform, config};

/// Makes a type that implements [`Transform`](crate::Transform) the transform of this guest. Once in a crate whose
/// `crate-type` is `cdylib`. On targets other than WebAssembly it does nothing: there tests run the transform itself.
#[macro_export]
macro_rules! export {
    ($transform:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Exported;

            ::std::thread_local! {
                static INSTANCE: ::std::cell::RefCell<::std::option::Option<$transform>> =
                    const { ::std::cell::RefCell::new(::std::option::Option::None) };
            }

            impl $crate::bindings::exports::sluicegate::transform::guest::Guest for Exported {
                fn describe() -> $crate::bindings::exports::sluicegate::transform::guest::Description {
                    $crate::export::describe::<$transform>(::std::env!("CARGO_PKG_VERSION"))
                }

                fn init(
                    config: ::std::string::String,
                    about: ::std::vec::Vec<(::std::string::String, ::std::string::String)>,
                ) -> ::std::result::Result<(), $crate::Failure> {
                    let instance = $crate::export::init::<$transform>(&config, about)?;
                    INSTANCE.with(|place| *place.borrow_mut() = ::std::option::Option::Some(instance));
                    ::std::result::Result::Ok(())
                }

                fn transform(
                    input: $crate::Batch,
                ) -> ::std::result::Result<$crate::Outcome, $crate::Failure> {
                    INSTANCE.with(|place| $crate::export::transform(place.borrow_mut().as_mut(), &input))
                }
            }

    $crate::bindings::export_guest!(Exported with_types_in $crate::bindings);
        };
    };
}

/// Answers `describe`.
pub fn describe<T: Transform>(version: &str) -> Description {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T::Config>();
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Description {
        name: T::NAME.to_owned(),
        version: version.to_owned(),
        summary: T::SUMMARY.to_owned(),
        config_schema: schema.as_value().to_string(),
        properties: T::PROPERTIES.iter().map(owned).collect(),
    }
}

/// Answers `init`.
///
/// # Errors
/// What is wrong with the configuration.
pub fn init<T: Transform>(config: &str, about: Vec<(String, String)>) -> Result<T, Failure> {
    #[cfg(target_arch = "wasm32")]
    log_panics();
    T::new(config::parse(config)?, &About::new(about))
}

/// Answers `transform`.
///
/// # Errors
/// The transform's own, or that the host did not call `init`.
pub fn transform<T: Transform>(instance: Option<&mut T>, batch: &Batch) -> Result<Outcome, Failure> {
    match instance {
        Some(instance) => instance.transform(batch),
        None => Err(Failure::stop("transform was called before init")),
    }
}

/// A panic ends in a trap, which says nothing: the message goes to the log first, so that the host can tell why.
#[cfg(target_arch = "wasm32")]
fn log_panics() {
    use std::sync::Once;

    use crate::bindings::sluicegate::transform::log::{Level, write};

    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| write(Level::Error, &panic.to_string())));
    });
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    struct Keep(usize);

    #[derive(Deserialize, schemars::JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Config {
        /// Characters that stay.
        keep: usize,
    }

    impl Transform for Keep {
        type Config = Config;
        const NAME: &'static str = "keep";
        const SUMMARY: &'static str = "Keeps.";
        const PROPERTIES: &'static [(&'static str, &'static str)] = &[("needs", "full-rows")];

        fn new(config: Config, about: &About) -> Result<Self, Failure> {
            assert_eq!(about.step(), Some("2"));
            Ok(Self(config.keep))
        }

        fn transform(&mut self, _: &Batch) -> Result<Outcome, Failure> {
            Ok(Outcome::nothing())
        }
    }

    #[test]
    fn a_description_carries_the_schema_with_its_docs() {
        let description = describe::<Keep>("1.2.3");
        assert_eq!((description.name.as_str(), description.version.as_str()), ("keep", "1.2.3"));
        assert_eq!(description.properties, [("needs".to_owned(), "full-rows".to_owned())]);
        let schema: serde_json::Value = serde_json::from_str(&description.config_schema).unwrap();
        assert_eq!(schema["properties"]["keep"]["description"], "Characters that stay.");
        assert_eq!(schema["additionalProperties"], false);
    }

    #[test]
    fn init_reads_the_configuration() {
        let about = vec![("step".to_owned(), "2".to_owned())];
        assert_eq!(init::<Keep>(r#"{"keep": 3}"#, about.clone()).ok().map(|keep| keep.0), Some(3));
        assert!(init::<Keep>("{}", about).err().unwrap().message.contains("missing field `keep`"));
    }
}
