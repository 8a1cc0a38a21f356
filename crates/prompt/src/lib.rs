//! Prompt files: parsed with spans, composed, compiled, digested, rendered.
//!
//! Everything here is a pure function of the files handed in: no disk, no network, no clock, no environment, no
//! randomness. A value is never a template, and nothing that was rendered is parsed again.

pub mod catalog;
pub mod compiled;
pub mod front_matter;
pub mod limits;
pub mod message;
pub mod renderer;
pub mod request;
pub mod routes;
pub mod rules;
pub mod schema;

pub use catalog::{Block, Catalog, CompileError, Prompt, compile_from, parse};
pub use compiled::{Compiled, CompiledMessage, Input};
pub use front_matter::{FrontMatter, ModelChoice, Output, OutputFormat, Parameters, Tool};
pub use message::{Message, Role, ToolCall};
pub use renderer::{RenderError, Renderer};
pub use routes::Routes;
