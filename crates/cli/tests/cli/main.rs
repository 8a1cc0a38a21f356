//! What holds of the program as a whole.

mod floors;
mod sandbox;
mod sessions;
mod templates;
mod tour;
