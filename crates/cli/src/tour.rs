//! The whole life of a prompt, performed in a scratch folder by this very binary.
//!
//! Nothing is simulated: every command is run by a shell as it is shown, in a repository with keys and a remote of its own,
//! and a command that ends otherwise than the script says ends the tour.

mod script;
mod stage;

use std::path::PathBuf;
use std::time::Instant;

use anstyle::{AnsiColor, Style};

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::terminal::Terminal;
use script::Step;
use stage::Stage;

/// How wide prose may be.
const COLUMNS: usize = 92;

/// How to perform.
pub(crate) struct Manner {
    /// The folder to build it in; none means a new one below the system's folder for temporary files.
    pub(crate) folder: Option<PathBuf>,
    /// Whether to wait for Enter before each chapter.
    pub(crate) pause: bool,
}

/// Performs the tour.
pub(crate) fn perform(manner: &Manner, app: &App) -> Result<Exit, Failure> {
    let terminal = &app.terminal;
    let stage = Stage::set(manner.folder.as_deref(), app)?;
    let ink = Ink::new(terminal.colour);
    let began = Instant::now();
    terminal.answer(format!("\n{}\n", ink.dim(&format!("A scratch repository in {}", stage.top().display()))));
    for (number, chapter) in script::CHAPTERS.iter().enumerate() {
        terminal.answer(format!("\n{}\n", ink.title(&format!("{}. {}", number + 1, chapter.title))));
        terminal.answer(wrapped(chapter.about));
        if manner.pause {
            terminal.wait();
        }
        for step in chapter.steps {
            perform_step(step, &stage, &ink, terminal)?;
        }
    }
    let seconds = began.elapsed().as_secs_f32();
    terminal.answer(format!(
        "\n{}\n{}\n\n  cd {}\n  . ../env        {}\n\n",
        ink.title("The end"),
        format_args!("All of it ran here, in {seconds:.1} s. The folder is yours to explore:"),
        stage.clone_folder().display(),
        ink.dim("# this promptuary, the tour's identity and an empty home, in this shell only"),
    ));
    Ok(Exit::Clean)
}

/// `text` in lines that are read with ease.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.len() + 1 + word.len() <= COLUMNS {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn perform_step(step: &Step, stage: &Stage, ink: &Ink, terminal: &Terminal) -> Result<(), Failure> {
    match step {
        Step::Say(text) => terminal.answer(format!("\n{}\n", ink.dim(text))),
        Step::Run(line) => run(line, Exit::Clean, stage, ink, terminal)?,
        Step::Ends(exit, line) => run(line, *exit, stage, ink, terminal)?,
        Step::Edit { path, from, to } => {
            stage.edit(path, from, to)?;
            terminal.answer(format!("\n{}\n", ink.dim(&format!("# in {path}"))));
            for (mark, text, colour) in [("-", from, AnsiColor::Red), ("+", to, AnsiColor::Green)] {
                for line in text.lines() {
                    terminal.answer(format!("{}\n", ink.coloured(&format!("{mark} {line}"), colour)));
                }
            }
        }
    }
    Ok(())
}

fn run(line: &str, expected: Exit, stage: &Stage, ink: &Ink, terminal: &Terminal) -> Result<(), Failure> {
    terminal.answer(format!("\n{}\n", ink.command(line)));
    terminal.flush();
    let code = stage.run(line)?;
    if code != i32::from(expected.code()) {
        let what = format!("go on with the tour: `{line}` ended with {code} instead of {}", expected.code());
        return Err(Failure::new(Exit::Usage, what).help(format!("look around in {}", stage.clone_folder().display())));
    }
    if expected != Exit::Clean {
        terminal.answer(format!("{}\n", ink.dim(&format!("(exit {code})"))));
    }
    Ok(())
}

/// Colours, or none.
struct Ink {
    on: bool,
}

impl Ink {
    fn new(on: bool) -> Self {
        Self { on }
    }

    fn styled(&self, text: &str, style: Style) -> String {
        if self.on { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn title(&self, text: &str) -> String {
        self.styled(text, Style::new().bold().underline())
    }

    fn dim(&self, text: &str) -> String {
        self.styled(text, Style::new().dimmed())
    }

    fn coloured(&self, text: &str, colour: AnsiColor) -> String {
        self.styled(text, Style::new().fg_color(Some(colour.into())))
    }

    fn command(&self, line: &str) -> String {
        format!("{} {}", self.coloured("$", AnsiColor::Green), self.styled(line, Style::new().bold()))
    }
}
