//! What applications do: the verified current prompt of an environment.
