//! The limits that every text meets before a parser sees it. They are part of the file format.
//!
//! A parser that recurses or slows down on hostile input is never reached by such input: each limit is checked by
//! code that neither recurses nor backtracks.

/// A file's size in bytes, at most.
pub const FILE_BYTES: usize = 1 << 20;
/// The front matter's size in bytes, at most.
pub const FRONT_MATTER_BYTES: usize = 64 << 10;
/// How deep the front matter may nest.
pub const FRONT_MATTER_DEPTH: usize = 32;
/// Bytes of one line that holds a tag, at most: the template lexer counts columns in 16 bits.
pub const LINE_BYTES: usize = 60_000;
/// Operators and filters in one tag, at most.
pub const TAG_OPERATORS: usize = 200;
/// Brackets inside brackets in one tag, at most; a slice counts as one around what it is taken of.
pub const TAG_DEPTH: usize = 12;
/// Statements inside statements, at most.
pub const STATEMENT_DEPTH: usize = 40;
/// Branches in one statement, nested statements counted in, at most.
pub const STATEMENT_BRANCHES: usize = 500;
/// Messages in a prompt, at most.
pub const MESSAGES: usize = 200;
/// The imports before the first message, in bytes.
pub const PRELUDE_BYTES: usize = 16 << 10;
/// Names that one message or block defines, at most.
pub const NAMES: usize = 500;
/// Includes and imports in one message or block, at most.
pub const USES: usize = 200;
/// How many includes and imports may lie between a prompt and a block.
pub const INCLUDE_DEPTH: usize = 16;
/// What one message may cost to render, in minijinja's fuel: an instruction costs 1, 64 bytes of text cost 1.
pub const FUEL: u64 = 1_000_000;
/// The text that one filter may make, in bytes.
pub const FILTER_BYTES: usize = 4 << 20;
/// Items of a list that `+`, `*` or a slice makes while rendering, at most.
pub const LIST_ITEMS: usize = 100_000;
/// Findings of one kind in one file; a hostile file gets no million.
pub(crate) const FINDINGS: usize = 100;
