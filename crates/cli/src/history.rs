//! What prompts are compared with: what was released, or the prompts of a revision.

use check::{Contents, History};
use prompt::Catalog;
use repo::Repo;

use crate::exit::Failure;

/// The history that versions are judged by; with `base` the prompts of that revision take the place of releases.
pub(crate) fn of(base: Option<&str>, repo: &Repo) -> Result<History, Failure> {
    let Some(base) = base else { return Ok(History::default()) };
    let catalog = Catalog::load(&repo.revision(base)?);
    Ok(History::of_contents(&Contents::of(&catalog)))
}
