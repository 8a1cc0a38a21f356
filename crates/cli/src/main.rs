//! Arguments in, text out, exit code.

fn main() {}
