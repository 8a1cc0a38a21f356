//! The git repository: snapshots in, raw tag objects in and out, config, signing programs, transport.
