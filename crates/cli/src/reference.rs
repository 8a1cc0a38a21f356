//! How people name one version of a prompt: `v:2.1.0`, `env:prod`, `rev:HEAD~3`, `worktree`.

use ledger::Code;
use policy::Policy;
use prompt::{Catalog, CompileError, Compiled, Prompt};
use release::{Examples, Located, Which};
use repo::Repo;
use source::{EnvName, Files, Finding, ObjectId, Objects as _, PromptId, Report, Version};

use crate::acting;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::report;

/// One version of whatever prompt is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reference {
    /// The files as they lie there.
    Worktree,
    /// A revision, as git spells it.
    Revision(String),
    /// What is live in an environment, verified.
    Environment(EnvName),
    /// A release, verified.
    Version(Version),
}

/// A prompt as it was found there.
pub(crate) struct Found {
    /// The file.
    pub(crate) prompt: Prompt,
    /// What it compiles to.
    pub(crate) compiled: Compiled,
}

/// Why there is nothing to be had.
pub(crate) enum Missing {
    /// Nothing of it is live there.
    NotLive(Failure),
    /// The files have faults.
    Faulty(Vec<Finding>),
    /// It cannot be read.
    Failed(Failure),
}

impl Missing {
    /// Whether all that is wrong is that no such prompt is there.
    pub(crate) fn is_no_prompt(&self) -> bool {
        match self {
            Self::NotLive(_) => true,
            Self::Faulty(findings) => !findings.is_empty() && findings.iter().all(|f| f.rule == "prompt-missing"),
            Self::Failed(_) => false,
        }
    }

    /// Of two sides that lack it the one that knows what was meant.
    pub(crate) fn or_likelier(self, other: Self) -> Self {
        let knows = |missing: &Self| match missing {
            Self::Faulty(findings) => {
                findings.iter().filter_map(|f| f.help.as_deref()).any(|h| h.starts_with("did you mean"))
            }
            Self::NotLive(_) | Self::Failed(_) => false,
        };
        if knows(&other) && !knows(&self) { other } else { self }
    }

    /// With the side named that has the faults, where that is not the file which a reader would open.
    pub(crate) fn of_side(self, side: &Reference) -> Self {
        match self {
            Self::Faulty(mut findings) if *side != Reference::Worktree => {
                for finding in findings.iter_mut().filter(|finding| finding.rule != "prompt-missing") {
                    finding.message = format!("in {}: {}", side.label(), finding.message);
                    finding.fix = None;
                }
                Self::Faulty(findings)
            }
            other => other,
        }
    }

    /// What a command that needs it ends with; findings are shown as its answer.
    pub(crate) fn ends(self, app: &App) -> Result<Exit, Failure> {
        match self {
            Self::Failed(failure) | Self::NotLive(failure) => Err(failure),
            missing @ Self::Faulty(_) if missing.is_no_prompt() => Err(missing.into_failure()),
            Self::Faulty(findings) => Ok(report::instead(&Report::new(findings), app)),
        }
    }

    /// No such prompt, as a failure with the id that was probably meant.
    fn into_failure(self) -> Failure {
        match self {
            Self::Failed(failure) | Self::NotLive(failure) => failure,
            Self::Faulty(findings) => {
                let id = findings.first().and_then(|finding| PromptId::of_path(finding.at.path())?.ok());
                let id = id.map_or_else(String::new, |id| format!(" {id}"));
                let failure = Failure::new(Exit::Usage, format!("find the prompt{id}"));
                match findings.into_iter().find_map(|finding| finding.help) {
                    Some(help) => failure.help(help),
                    None => failure,
                }
            }
        }
    }
}

impl From<repo::Error> for Missing {
    fn from(error: repo::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Reference {
    /// Reads `text`; a word without a prefix must have one reading only.
    pub(crate) fn read(text: &str, repo: &Repo) -> Result<Self, Failure> {
        Self::read_as(text, "v:2.1.0, env:prod, rev:HEAD~3 or worktree", repo)
    }

    /// The same where `forms` are what may be written.
    pub(crate) fn read_as(text: &str, forms: &str, repo: &Repo) -> Result<Self, Failure> {
        let wrong = |e: source::NameError| Failure::of(Exit::Usage, &e);
        match text.split_once(':') {
            Some(("v", version)) => return version.parse().map(Self::Version).map_err(wrong),
            Some(("env", env)) => return env.parse().map(Self::Environment).map_err(wrong),
            Some(("rev", spec)) => return Ok(Self::Revision(spec.to_owned())),
            _ => {}
        }
        let readings = Self::readings(text, repo)?;
        match <[Self; 1]>::try_from(readings) {
            Ok([one]) => Ok(one),
            Err(none) if none.is_empty() => {
                let what =
                    format!("read `{text}` as a version, an environment or a revision: there is none of this name");
                Err(Failure::new(Exit::Usage, what).help(format!("write {forms}")))
            }
            Err(several) => {
                let spelled: Vec<_> = several.iter().map(Self::label).collect();
                let what = format!("tell what `{text}` means: {}", spelled.join(" or "));
                Err(Failure::new(Exit::Usage, what).help(format!("write {}", spelled[0])))
            }
        }
    }

    /// Everything that a word without a prefix may mean here.
    fn readings(text: &str, repo: &Repo) -> Result<Vec<Self>, Failure> {
        let mut readings = Vec::new();
        if text == "worktree" {
            readings.push(Self::Worktree);
        }
        readings.extend(text.parse().ok().map(Self::Version));
        if let Ok(env) = text.parse::<EnvName>()
            && Policy::load(&repo.worktree()?).policy.is_some_and(|policy| policy.environment(&env).is_some())
        {
            readings.push(Self::Environment(env));
        }
        match repo.rev_parse(text) {
            Ok(_) => readings.push(Self::Revision(text.to_owned())),
            Err(error @ repo::Error::Ambiguous { .. }) => return Err(error.into()),
            Err(_) => {}
        }
        Ok(readings)
    }

    /// As it is written without any doubt.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Worktree => "worktree".to_owned(),
            Self::Revision(spec) => format!("rev:{spec}"),
            Self::Environment(env) => format!("env:{env}"),
            Self::Version(version) => format!("v:{version}"),
        }
    }

    /// The files of the commit that holds `id` there; none for the worktree.
    pub(crate) fn files<'r>(
        &self,
        id: &PromptId,
        repo: &'r Repo,
        app: &App,
    ) -> Result<Option<Box<dyn Files + 'r>>, Failure> {
        let which = match self {
            Self::Worktree => return Ok(None),
            Self::Revision(spec) => return Ok(Some(Box::new(repo.files_at(repo.rev_parse(spec)?)?))),
            Self::Environment(env) => Which::Live(env),
            Self::Version(version) => Which::Version(version),
        };
        match release::located(&app.desk()?, id, which).map_err(|error| Failure::of_release(error, app))? {
            Located::NothingLive(_) => Ok(None),
            Located::At(commit, root) => repo.files(&commit, root.as_ref()).map_err(|e| Failure::of(Exit::Usage, &e)),
        }
    }

    /// The commit that is read for `id`; none for the worktree, and where nothing is live.
    pub(crate) fn commit(&self, id: &PromptId, repo: &Repo, app: &App) -> Result<Option<ObjectId>, Failure> {
        let which = match self {
            Self::Worktree => return Ok(None),
            Self::Revision(spec) => return Ok(Some(repo.rev_parse(spec)?)),
            Self::Environment(env) => Which::Live(env),
            Self::Version(version) => Which::Version(version),
        };
        match release::located(&app.desk()?, id, which).map_err(|error| Failure::of_release(error, app))? {
            Located::NothingLive(_) => Ok(None),
            Located::At(commit, _) => Ok(Some(commit)),
        }
    }

    /// Every prompt there; none where only one prompt is named by a release.
    pub(crate) fn catalog(&self, repo: &Repo) -> Result<Option<Catalog>, Failure> {
        Ok(match self {
            Self::Worktree => Some(Catalog::load(&repo.worktree()?)),
            Self::Revision(spec) => Some(Catalog::load(&repo.revision(spec)?)),
            Self::Environment(_) | Self::Version(_) => None,
        })
    }

    /// The prompt `id` there.
    pub(crate) fn find(&self, id: &PromptId, repo: &Repo, app: &App) -> Result<Found, Missing> {
        let found = match self {
            Self::Worktree => prompt::compile_from(&repo.worktree()?, id),
            Self::Revision(spec) => prompt::compile_from(&repo.files_at(repo.rev_parse(spec)?)?, id),
            Self::Environment(env) => return released(id, Which::Live(env), app),
            Self::Version(version) => return released(id, Which::Version(version), app),
        };
        match found {
            Ok((prompt, compiled)) => Ok(Found { prompt, compiled }),
            Err(CompileError::Findings(findings)) => Err(Missing::Faulty(findings)),
            Err(error @ CompileError::Read(_)) => Err(Missing::Failed(Failure::of(Exit::Usage, &error))),
        }
    }
}

impl Reference {
    /// The cases of the suites that `id` has there.
    pub(crate) fn examples(&self, id: &PromptId, repo: &Repo, app: &App) -> Result<Examples, Failure> {
        let which = match self {
            Self::Worktree => return Ok(release::examples(&repo.worktree()?, id)?),
            Self::Revision(spec) => return Ok(release::examples(&repo.files_at(repo.rev_parse(spec)?)?, id)?),
            Self::Environment(env) => Which::Live(env),
            Self::Version(version) => Which::Version(version),
        };
        release::released_examples(&app.desk()?, id, which).map_err(|error| Failure::of_release(error, app))
    }
}

fn released(id: &PromptId, which: Which<'_>, app: &App) -> Result<Found, Missing> {
    let desk = app.desk().map_err(Missing::Failed)?;
    match release::found(&desk, id, which) {
        Ok((prompt, compiled)) => {
            acting::tell_pin(&desk, app);
            Ok(Found { prompt, compiled })
        }
        Err(release::Error::Refused(refusal)) if refusal.code == Code::NothingLive => {
            Err(Missing::NotLive(Failure::not_live(&refusal)))
        }
        Err(error) => Err(Missing::Failed(Failure::of_release(error, app))),
    }
}
