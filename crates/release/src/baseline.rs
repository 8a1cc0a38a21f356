//! Where the baseline lies that a suite compares with, for those who replay: `release` and `review`.

use eval::gate::Standing;
use eval::session::Place;
use source::{NameError, Objects as _};

use crate::desk::Desk;
use crate::error::Result;
use crate::found::{Located, Which};

/// Finds the baseline `name`; `merge_base` gives the one of that name, `located` finds a release.
pub(crate) fn place<'d>(
    desk: &'d Desk,
    name: &str,
    merge_base: impl FnOnce() -> Place<'d>,
    located: impl Fn(Which<'_>) -> Result<Located>,
) -> Place<'d> {
    let refused = |why: String| Place::Nowhere(Standing::Refused, why);
    let misnamed = |error: NameError| refused(error.to_string());
    let released = |which: Which<'_>| match located(which) {
        Ok(Located::At(commit, root)) => match desk.repo.files(&commit, root.as_ref()) {
            Ok(Some(files)) => Place::At(files, Some(commit.to_string()), None),
            Ok(None) => refused(format!("commit {} is not here", commit.short())),
            Err(error) => refused(error.to_string()),
        },
        Ok(Located::NothingLive(_)) => Place::Nowhere(Standing::Absent, "nothing is live there".to_owned()),
        Err(error) => refused(format!("could not {error}")),
    };
    match name.split_once(':') {
        _ if name == "merge-base" => merge_base(),
        Some(("env", env)) => env.parse().map_or_else(misnamed, |env| released(Which::Live(&env))),
        Some(("v", version)) => version.parse().map_or_else(misnamed, |version| released(Which::Version(&version))),
        Some(("rev", spec)) => {
            let at = desk.repo.rev_parse(spec).and_then(|commit| Ok((commit, desk.repo.files_at(commit)?)));
            match at {
                Ok((commit, files)) => Place::At(Box::new(files), Some(commit.to_string()), None),
                Err(error) => refused(format!("could not {error}")),
            }
        }
        _ => refused(format!("write rev:{name} or env:{name}")),
    }
}
