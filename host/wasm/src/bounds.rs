//! How large a guest may be: looked at before anything of it is compiled.
//!
//! A file of a few kilobytes can keep a compiler busy for hours: locals are written as a count, and components that
//! instantiate components that do the same grow without end. So all that is written short and costs much is counted
//! first. The bounds are several times what the largest language runtimes need; what passes them is bounded once
//! more while it compiles (see [`crate::compile`]).

use std::ops::AddAssign;

use sluicegate_model::units::ByteSize;
use wasmparser::{
    BinaryReaderError, ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    ComponentTypeRef, ElementItems, Encoding, Parser, Payload,
};

use crate::limits::TABLE_ELEMENTS;

/// Bytes of a guest's file. A Python guest has 19 MB.
pub(crate) const FILE: u64 = 128 << 20;
/// Bytes of one function's body. CPython's main loop has 420 KB.
const FUNCTION_BODY: u64 = 2 << 20;
/// Functions of all modules of a guest. CPython has 14,000.
const FUNCTIONS: u64 = 100_000;
/// Locals of one function.
const FUNCTION_LOCALS: u64 = 10_000;
/// Locals of all functions.
const LOCALS: u64 = 4_000_000;
/// Types of all modules, and the parameters and results of all of these.
const TYPES: u64 = 50_000;
const TYPE_PLACES: u64 = 500_000;
/// Imports, exports and globals of all modules.
const NAMES: u64 = 200_000;
/// Segments of data and of elements. Go writes 40,000 for a small program.
const SEGMENTS: u64 = 200_000;
/// Memories of one module: no toolchain makes more.
const MEMORIES: u64 = 1;
/// Bytes of the sections that carry the component's type in a core module.
const COMPONENT_TYPE: u64 = 1 << 20;
/// Types, aliases, imports, exports and functions of all components.
const COMPONENT_ITEMS: u64 = 200_000;
/// How deep components lie within each other.
const DEPTH: usize = 8;
/// Instances that a guest makes of its modules and components when it starts, at most. What is counted for JavaScript
/// is 1,600.
const INSTANCES: u64 = 16_384;

/// Why a guest is refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It is broken.
    Broken(BinaryReaderError),
    /// It is out of bounds, in words for a person.
    Bounds(String),
}

impl From<BinaryReaderError> for Refusal {
    fn from(error: BinaryReaderError) -> Self {
        Self::Broken(error)
    }
}

/// A count that must not pass its bound.
struct Count {
    what: &'static str,
    most: u64,
    found: u64,
}

impl Count {
    fn new(what: &'static str, most: u64) -> Self {
        Self { what, most, found: 0 }
    }

    fn add(&mut self, more: u64) -> Result<(), Refusal> {
        self.found = self.found.saturating_add(more);
        within(self.what, self.found, self.most)
    }
}

fn within(what: &str, found: u64, most: u64) -> Result<(), Refusal> {
    if found <= most {
        return Ok(());
    }
    Err(Refusal::Bounds(format!("it has {found} {what}, {most} are allowed")))
}

/// A file's size.
///
/// # Errors
/// Where it is too large.
pub(crate) fn file(bytes: u64) -> Result<(), String> {
    if bytes <= FILE {
        return Ok(());
    }
    Err(format!("it has {}, {} are allowed", ByteSize(bytes), ByteSize(FILE)))
}

/// Looks through a module or component, and all that is within it.
///
/// # Errors
/// [`Refusal`].
pub(crate) fn check(bytes: &[u8]) -> Result<(), Refusal> {
    let mut walk = Walk::new();
    for payload in Parser::new(0).parse_all(bytes) {
        walk.payload(payload?)?;
    }
    walk.instances()
}

/// What one depth of components makes at most.
#[derive(Clone, Copy, Default)]
struct Level {
    components: u64,
    modules: u64,
}

struct Walk {
    /// Instances made so far by each component that the walk is in; the innermost is last.
    inside: Vec<Level>,
    /// The most of each depth.
    levels: Vec<Level>,
    functions: Count,
    locals: Count,
    types: Count,
    places: Count,
    names: Count,
    segments: Count,
    elements: Count,
    component_type: Count,
    items: Count,
}

impl Walk {
    fn new() -> Self {
        Self {
            inside: Vec::new(),
            levels: Vec::new(),
            functions: Count::new("functions", FUNCTIONS),
            locals: Count::new("locals in all its functions", LOCALS),
            types: Count::new("function types", TYPES),
            places: Count::new("parameters and results in its types", TYPE_PLACES),
            names: Count::new("imports, exports and globals", NAMES),
            segments: Count::new("segments", SEGMENTS),
            elements: Count::new("table elements", TABLE_ELEMENTS as u64),
            component_type: Count::new("bytes of component types", COMPONENT_TYPE),
            items: Count::new(
                "types, aliases, imports, exports and functions of components",
                COMPONENT_ITEMS,
            ),
        }
    }

    fn payload(&mut self, payload: Payload<'_>) -> Result<(), Refusal> {
        match payload {
            Payload::Version { encoding, .. } => self.enter(encoding),
            Payload::End(_) => {
                self.leave();
                Ok(())
            }
            Payload::TypeSection(types) => {
                self.types.add(types.count().into())?;
                for of in types.into_iter_err_on_gc_types() {
                    let of = of?;
                    self.places.add((of.params().len() + of.results().len()) as u64)?;
                }
                Ok(())
            }
            Payload::FunctionSection(functions) => self.functions.add(functions.count().into()),
            Payload::ImportSection(imports) => self.names.add(imports.count().into()),
            Payload::ExportSection(exports) => self.names.add(exports.count().into()),
            Payload::GlobalSection(globals) => self.names.add(globals.count().into()),
            Payload::DataSection(segments) => self.segments.add(segments.count().into()),
            Payload::MemorySection(memories) => {
                within("memories in one module", memories.count().into(), MEMORIES)
            }
            Payload::TableSection(tables) => {
                tables.into_iter().try_for_each(|table| self.elements.add(table?.ty.initial))
            }
            Payload::ElementSection(segments) => {
                self.segments.add(segments.count().into())?;
                segments.into_iter().try_for_each(|segment| {
                    self.elements.add(match segment?.items {
                        ElementItems::Functions(items) => items.count().into(),
                        ElementItems::Expressions(_, items) => items.count().into(),
                    })
                })
            }
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                within("bytes in one function", range.end - range.start, FUNCTION_BODY)?;
                let mut locals = 0u64;
                for run in body.get_locals_reader()? {
                    locals.add_assign(u64::from(run?.0));
                }
                within("locals in one function", locals, FUNCTION_LOCALS)?;
                self.locals.add(locals)
            }
            Payload::CustomSection(section) if section.name().starts_with("component-type") => {
                self.component_type.add(section.data().len() as u64)
            }
            other => self.component(other),
        }
    }

    fn component(&mut self, payload: Payload<'_>) -> Result<(), Refusal> {
        match payload {
            Payload::InstanceSection(instances) => {
                if let Some(level) = self.inside.last_mut() {
                    level.modules += u64::from(instances.count());
                }
                self.items.add(instances.count().into())
            }
            Payload::ComponentInstanceSection(instances) => {
                self.items.add(instances.count().into())?;
                instances.into_iter().try_for_each(|instance| self.instance(&instance?))
            }
            Payload::ComponentAliasSection(aliases) => {
                self.items.add(aliases.count().into())?;
                aliases.into_iter().try_for_each(|alias| match alias? {
                    ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, .. }
                    | ComponentAlias::InstanceExport { kind: ComponentExternalKind::Component, .. } => {
                        Err(passed_on())
                    }
                    _ => Ok(()),
                })
            }
            Payload::ComponentImportSection(imports) => {
                self.items.add(imports.count().into())?;
                imports.into_iter().try_for_each(|import| match import?.ty {
                    ComponentTypeRef::Component(_) => Err(passed_on()),
                    _ => Ok(()),
                })
            }
            Payload::ComponentExportSection(exports) => self.items.add(exports.count().into()),
            Payload::ComponentTypeSection(types) => self.items.add(types.count().into()),
            Payload::CoreTypeSection(types) => self.items.add(types.count().into()),
            Payload::ComponentCanonicalSection(functions) => self.items.add(functions.count().into()),
            _ => Ok(()),
        }
    }

    fn instance(&mut self, instance: &ComponentInstance<'_>) -> Result<(), Refusal> {
        let ComponentInstance::Instantiate { args, .. } = instance else { return Ok(()) };
        if args.iter().any(|argument| argument.kind == ComponentExternalKind::Component) {
            return Err(passed_on());
        }
        if let Some(level) = self.inside.last_mut() {
            level.components += 1;
        }
        Ok(())
    }

    fn enter(&mut self, encoding: Encoding) -> Result<(), Refusal> {
        self.inside.push(Level::default());
        let depth = self.inside.len();
        if encoding == Encoding::Component && depth > DEPTH {
            return Err(Refusal::Bounds(format!("its components nest deeper than {DEPTH}")));
        }
        Ok(())
    }

    fn leave(&mut self) {
        let depth = self.inside.len();
        let Some(left) = self.inside.pop() else { return };
        self.levels.resize(self.levels.len().max(depth), Level::default());
        let level = &mut self.levels[depth - 1];
        level.components = level.components.max(left.components);
        level.modules = level.modules.max(left.modules);
    }

    /// Instances that are made at most: a component makes those of the depth below as often as it is made itself.
    fn instances(&self) -> Result<(), Refusal> {
        let (mut made, mut all) = (1u64, 0u64);
        for level in &self.levels {
            all = all.saturating_add(made.saturating_mul(level.modules.saturating_add(level.components)));
            made = made.saturating_mul(level.components);
        }
        within("instances of modules and components", all, INSTANCES)
    }
}

/// Components as values would let a component be made from anywhere, as often as anyone likes.
fn passed_on() -> Refusal {
    Refusal::Bounds("it hands a component on to another, which guests may not".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        match check(&wat::parse_str(text).unwrap()) {
            Err(Refusal::Bounds(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_written_short_and_costs_much_is_counted() {
        let locals = "(local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)".repeat(1_001);
        assert_eq!(
            refusal(&format!("(module (func {locals}))")),
            "it has 10010 locals in one function, 10000 are allowed"
        );
        assert!(refusal("(module (table 2000000 funcref))").contains("2000000 table elements"));
        let functions = "(func)".repeat(100_001);
        assert!(refusal(&format!("(module {functions})")).contains("100001 functions"));
        let body = "nop ".repeat(2 << 20);
        assert!(refusal(&format!("(module (func {body}))")).contains("bytes in one function"));
    }

    #[test]
    fn components_do_not_multiply() {
        let many = |what: &str, times: usize| what.repeat(times);
        let leaf = "(component $c (core module $m) (core instance (instantiate $m)))";
        let middle = format!("(component $c {leaf} {})", many("(instance (instantiate $c))", 200));
        let root = format!("(component {middle} {})", many("(instance (instantiate $c))", 200));
        assert!(refusal(&root).contains("instances of modules and components"), "{}", refusal(&root));
        let siblings = "(component (component $a) (component $b (alias outer 1 $a (component $c)) (instance (instantiate $c))))";
        assert!(refusal(siblings).contains("hands a component on"));
        let deep = (0..10).fold(String::new(), |inner, _| format!("(component {inner})"));
        assert_eq!(refusal(&deep), "its components nest deeper than 8");
        let usual = "(component (component $a (core module $m) (core instance (instantiate $m))) (instance (instantiate $a)))";
        assert!(check(&wat::parse_str(usual).unwrap()).is_ok());
    }

    #[test]
    fn a_large_file_is_refused() {
        assert!(file(FILE).is_ok());
        assert!(file(FILE + 1).unwrap_err().contains("128MiB are allowed"));
    }
}
