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
    /// Refuses files whose names tell no shape and those that cannot be written, before anything is done.
    pub(crate) fn check(&self, app: &App) -> Result<(), Failure> {
        self.reports.iter().try_for_each(|path| {
            of_name::<S>(path)?;
            let help = "give --report the name of a file, in a folder that you may write to";
            repo::files::writable(&place(path, app)).map_err(|error| Failure::of(Exit::Usage, &error).help(help))
        })
    }

    /// Writes every file that was asked for. One that cannot be written by now is told, and keeps no other from being.
    ///
    /// `pieces` gives each in pieces, so that a large one is never held as a whole.
    pub(crate) fn write(&self, pieces: impl Fn(S, &mut dyn FnMut(&str)), app: &App) -> Exit {
        let write = |path: &PathBuf| -> Result<(), Failure> {
            let shape = of_name(path)?;
            repo::files::write_pieces(&place(path, app), |take| pieces(shape, take))?;
            app.terminal.say(format!("wrote {}", path.display()));
            Ok(())
        };
        self.reports.iter().fold(Exit::Clean, |exit, path| match write(path) {
            Ok(()) => exit,
            Err(failure) => {
                app.terminal.fail(&failure);
                exit.or_worse(Exit::Usage)
            }
        })
    }
}

/// Where `path` is, spelled as it was typed where that is the same.
fn place(path: &Path, app: &App) -> PathBuf {
    if app.dir() == Path::new(".") { path.to_owned() } else { app.dir().join(path) }
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
