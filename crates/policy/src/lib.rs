//! The documents in policies/: parsed, validated, answered.
