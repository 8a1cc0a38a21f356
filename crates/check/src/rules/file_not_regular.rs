//! A symlink, an executable file or a submodule where a plain file belongs.

use crate::catalogue::{Reader, Scope};

pub(super) const ID: &str = "file-not-regular";
pub(super) const SCOPE: Scope = Scope::Reading(Reader::Prompt);
