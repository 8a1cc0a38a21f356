//! What a template does, as found without running it: what it reads, includes, imports, calls and defines.

use std::collections::BTreeMap;
use std::ops::Range;

use source::BlockName;

/// What one source does. Ranges are offsets in the source.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// What happens when it runs.
    pub(crate) flow: Flow,
    /// The macros it defines; what their bodies do happens only when they are called.
    pub(crate) macros: Vec<Macro>,
    /// Every include and import.
    pub(crate) uses: Vec<Use>,
    /// Names it defines at its top level by macros and imports.
    pub(crate) defines: Vec<(String, Range<usize>)>,
    /// Names it sets at its top level.
    pub(crate) sets: Vec<(String, Range<usize>)>,
    /// Its bytes of fixed text, where it is nothing but text, printed variables and includes, one after the other.
    pub(crate) straight: Option<u64>,
    /// Whether it could not be parsed, so that all of this says nothing.
    pub(crate) unparsed: bool,
}

/// What running a stretch of template does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flow {
    /// The variables it takes from outside.
    pub(crate) reads: Vec<Read>,
    /// Its includes and imports, as positions in [`Facts::uses`].
    pub(crate) uses: Vec<usize>,
    /// The macros it calls.
    pub(crate) calls: Vec<Call>,
}

/// A macro.
#[derive(Debug, Clone)]
pub(crate) struct Macro {
    pub(crate) name: String,
    pub(crate) flow: Flow,
}

/// A variable read that no enclosing statement defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) name: String,
    pub(crate) at: Range<usize>,
    /// False where a statement that may or may not have run defines it.
    pub(crate) certain: bool,
    pub(crate) how: How,
}

/// What is done with the value of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum How {
    /// It is printed as it is.
    Printed,
    /// A `for` loops over it.
    Looped,
    /// An attribute is taken from it by name.
    Member,
    /// Anything else.
    Other,
}

/// An include or import.
#[derive(Debug, Clone)]
pub(crate) struct Use {
    pub(crate) block: BlockName,
    /// The name literal.
    pub(crate) at: Range<usize>,
    pub(crate) kind: UseKind,
    /// The names that statements around it define, and whether they surely do.
    pub(crate) visible: BTreeMap<String, bool>,
}

/// How a block is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UseKind {
    /// Its text is put in place.
    Include,
    /// Its macros become attributes of a name.
    Module,
    /// Some of its macros become names.
    Names(Vec<(String, Range<usize>)>),
}

/// A macro's call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    /// Of a macro of the same source, by its position in [`Facts::macros`].
    Local(usize),
    /// Of a macro that an import brought, by the import's position in [`Facts::uses`].
    Imported { by: usize, name: String, at: Range<usize> },
}
