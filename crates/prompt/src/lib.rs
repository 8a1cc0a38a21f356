//! Prompt files: parsed with spans, composed, compiled, digested, rendered.
