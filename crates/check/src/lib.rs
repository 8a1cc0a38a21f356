//! Rules over one catalog and over a pair; contract comparison; impact; diff.
