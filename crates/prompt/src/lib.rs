//! Prompt files: parsed with spans, composed, compiled, digested, rendered.
//!
//! Everything here is a pure function of the files handed in: no disk, no network, no clock, no environment, no
//! randomness. A value is never a template, and nothing that was rendered is parsed again.
//!
//! Read downwards: [`catalog`] brings files together, [`front_matter`] and [`body`] take one apart, [`template`] says
//! what a source does, [`compiled`] is the result, [`renderer`] and [`request`] use it.

pub mod body;
pub mod catalog;
pub mod compiled;
mod compose;
pub mod extent;
pub mod front_matter;
pub mod limits;
pub mod message;
mod origin;
pub mod renderer;
pub mod request;
pub mod routes;
pub mod rules;
pub mod schema;
mod shape;
pub mod stack;
pub mod template;

pub use catalog::{Block, Catalog, CompileError, Prompt, Reached, compile_from, parse};
pub use compiled::{CanonicalFault, Compiled, CompiledMessage};
pub use front_matter::{BlockFrontMatter, FrontMatter, Input, ModelChoice, Output, OutputFormat, Parameters, Tool};
pub use message::{Message, Role, ToolCall};
pub use renderer::{InputFault, RenderError, Renderer};
pub use routes::Routes;
