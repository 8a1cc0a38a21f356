//! `--report FILE`: the answer once more, in files, each in the shape that its name ends in.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::app::App;
use crate::exit::{Exit, Failure};

/// The shapes that one command's answer takes.
pub(crate) trait Shapes: ValueEnum + Copy + Send + Sync + 'static {
    /// The help of `--report`, which lists the endings.
    const HELP: &'static str;
    /// The endings of names of files, without the dot, with what they mean.
    const ENDINGS: &'static [(&'static str, Self)];
}

/// The files to write.
#[derive(Debug, clap::Args)]
pub(crate) struct Reports<S: Shapes> {
    #[arg(long = "report", value_name = "FILE", help = S::HELP)]
    reports: Vec<PathBuf>,
    #[arg(skip)]
    shapes: std::marker::PhantomData<S>,
}

impl<S: Shapes> Reports<S> {
    /// Refuses files whose names tell no shape, before anything is done.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.reports.iter().try_for_each(|path| of_name::<S>(path).map(|_| ()))
    }

    /// Writes every file that was asked for.
    ///
    /// `pieces` gives each in pieces, so that a large one is never held as a whole.
    pub(crate) fn write(&self, pieces: impl Fn(S, &mut dyn FnMut(&str)), app: &App) -> Result<(), Failure> {
        for path in &self.reports {
            let shape = of_name(path)?;
            repo::files::write_pieces(&app.dir().join(path), |take| pieces(shape, take))?;
            app.terminal.say(format!("wrote {}", path.display()));
        }
        Ok(())
    }
}

fn of_name<S: Shapes>(path: &Path) -> Result<S, Failure> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let known = S::ENDINGS.iter().find(|(known, _)| Some(*known) == ending);
    known.map(|(_, shape)| *shape).ok_or_else(|| {
        let what = format!("tell the shape of the report {}", path.display());
        let endings: Vec<String> = S::ENDINGS.iter().map(|(ending, _)| format!(".{ending}")).collect();
        let (last, others) = endings.split_last().expect("every answer has a shape");
        Failure::new(Exit::Usage, what).help(format!("end its name in {} or {last}", others.join(", ")))
    })
}
