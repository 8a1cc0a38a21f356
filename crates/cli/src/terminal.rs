//! What the user sees: the answer on stdout, the conversation on stderr, colour only where a terminal shows it.
//!
//! Text that others wrote (names, reasons, what git said) reaches no stream as it is.
//!
//! A reader that went away (`| head`) silences the answer without changing the verdict.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use source::escape;

use crate::exit::{Exit, Failure};
use crate::interrupt;

/// How much of the conversation the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Voice {
    /// Answers and failures only.
    Quiet,
    /// What was done and what comes next.
    Normal,
    /// Also how it was done.
    Verbose,
}

/// The two streams and what they can show.
pub(crate) struct Terminal {
    voice: Voice,
    /// Whether answers may be coloured.
    pub(crate) colour: bool,
    /// How many columns answers may take; none where no terminal shows them.
    pub(crate) width: Option<usize>,
    /// Whether somebody sits there who can be shown progress.
    pub(crate) attended: bool,
    out: RefCell<Out>,
}

/// Standard output until it fails: `Gone` for a reader that left, `Broken` for anything else.
enum Out {
    Open(io::BufWriter<io::Stdout>),
    Gone,
    Broken(io::Error),
}

impl Terminal {
    /// The process's own streams.
    pub(crate) fn new(voice: Voice) -> Self {
        let colour = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
        let attended = io::stderr().is_terminal() && std::env::var_os("CI").is_none();
        let width = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
        Self { voice, colour, width, attended, out: RefCell::new(Out::Open(io::BufWriter::new(io::stdout()))) }
    }

    /// Writes a part of the answer, exactly as given: for machines, or escaped by who made it.
    pub(crate) fn answer(&self, text: impl AsRef<str>) {
        let mut out = self.out.borrow_mut();
        if let Out::Open(stream) = &mut *out
            && let Err(error) = stream.write_all(text.as_ref().as_bytes())
        {
            *out = Out::failed(error);
        }
    }

    /// Writes a part of the answer for people: whatever others wrote in it is shown, not obeyed.
    pub(crate) fn tell(&self, text: impl AsRef<str>) {
        self.answer(escape::terminal_lines(text.as_ref()));
    }

    /// Writes a value as the answer: indented JSON and a line end. What nobody would see, and what CI runners take for a
    /// command, is spelled so that it reads back as the same value.
    pub(crate) fn json(&self, value: &serde_json::Value) {
        self.answer(escape::json(&format!("{value:#}\n")));
    }

    /// Writes anything with a documented shape as the answer.
    pub(crate) fn value(&self, value: &impl serde::Serialize) -> Result<(), Failure> {
        let value = serde_json::to_value(value);
        self.json(&value.map_err(|e| Failure::new(Exit::Usage, format!("write the answer as JSON: {e}")))?);
        Ok(())
    }

    /// Says a line on stderr, unless asked to be quiet.
    pub(crate) fn say(&self, line: impl AsRef<str>) {
        if self.voice >= Voice::Normal {
            self.stderr(&styled(line.as_ref()));
        }
    }

    /// Says a line on stderr when asked for detail.
    pub(crate) fn detail(&self, line: impl AsRef<str>) {
        if self.voice >= Voice::Verbose {
            self.stderr(&styled(line.as_ref()));
        }
    }

    /// Whether nothing is to be said that was not asked for.
    pub(crate) fn quiet(&self) -> bool {
        self.voice == Voice::Quiet
    }

    /// Whether to show progress.
    pub(crate) fn progress(&self) -> bool {
        self.attended && self.voice >= Voice::Normal
    }

    /// Warns on stderr, however quiet: what weakens an answer is part of it.
    pub(crate) fn warn(&self, line: impl AsRef<str>) {
        self.labelled("warning", AnsiColor::Yellow, line.as_ref());
    }

    /// Says a line of a refusal on stderr, however quiet, under `label`.
    pub(crate) fn refuse(&self, label: &str, line: impl AsRef<str>) {
        self.labelled(label, AnsiColor::Red, line.as_ref());
    }

    /// Tells a failure and its remedy.
    pub(crate) fn fail(&self, failure: &Failure) {
        self.labelled("promptuary", AnsiColor::Red, &failure.to_string());
        if let Some(help) = failure.remedy() {
            self.labelled("help", AnsiColor::Cyan, help);
        }
    }

    /// Whether somebody can be asked: both ends of the conversation are a terminal, and no CI job runs this.
    pub(crate) fn can_ask(&self) -> bool {
        self.attended && io::stdin().is_terminal()
    }

    /// Asks for a yes; anything else is a no.
    pub(crate) fn ask(&self, question: &str) -> bool {
        self.flush();
        // Nobody is left to be told that telling failed.
        let _ = write!(anstream::stderr(), "{question} [y/N] ");
        let _asking = interrupt::Asking::new();
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer).is_ok();
        read && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
    }

    /// Waits for Enter.
    pub(crate) fn wait(&self) {
        self.flush();
        let _asking = interrupt::Asking::new();
        // Whatever comes, or the end of input, goes on.
        let _ = io::stdin().read_line(&mut String::new());
    }

    /// Tells why the command line makes no sense, with what clap has to add.
    pub(crate) fn misread(&self, why: &str, rest: &str) {
        self.labelled("promptuary", AnsiColor::Red, &format!("could not read the command line: {why}"));
        self.stderr(&escape::terminal_lines(rest));
    }

    /// Flushes the answer. One that could not be written makes a clean run a failed one.
    pub(crate) fn close(&self, exit: Exit) -> Exit {
        self.flush();
        let Out::Broken(error) = self.out.replace(Out::Gone) else { return exit };
        self.fail(&Failure::new(Exit::Usage, format!("write the answer to standard output: {error}")));
        if exit == Exit::Clean { Exit::Usage } else { exit }
    }

    fn labelled(&self, label: &str, colour: AnsiColor, text: &str) {
        let style = Style::new().bold().fg_color(Some(colour.into()));
        self.stderr(&format!("{style}{label}{style:#}: {}", escape::terminal_lines(text)));
    }

    /// The order of what is on the screen is the order of what was said: the answer so far goes first.
    fn stderr(&self, line: &str) {
        self.flush();
        // Nobody is left to be told that telling failed.
        let _ = writeln!(anstream::stderr(), "{line}");
    }

    /// Shows the answer so far.
    pub(crate) fn flush(&self) {
        let mut out = self.out.borrow_mut();
        if let Out::Open(stream) = &mut *out
            && let Err(error) = stream.flush()
        {
            *out = Out::failed(error);
        }
    }
}

/// `text` with what others wrote in it escaped; our own colours stay.
fn styled(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\x1b[") {
        let (before, code) = rest.split_at(at);
        out.push_str(&escape::terminal_lines(before));
        let length = code[2..].bytes().take_while(|b| b.is_ascii_digit() || *b == b';').count();
        let whole = if code[2 + length..].starts_with('m') { 3 + length } else { 0 };
        out.push_str(&code[..whole]);
        rest = &code[whole..];
        if whole == 0 {
            out.push_str(&escape::terminal_lines(&rest[..1]));
            rest = &rest[1..];
        }
    }
    out.push_str(&escape::terminal_lines(rest));
    out
}

impl Out {
    fn failed(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::Gone } else { Self::Broken(error) }
    }
}
