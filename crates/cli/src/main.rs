//! Arguments in, text out, exit code.
//!
//! The only crate that prints, exits, reads the environment or the clock. It decides nothing: commands gather values,
//! call one function of a lower floor, and show what came back.

mod acting;
mod app;
mod args;
mod base;
mod command;
mod complete;
mod evaluation;
mod exit;
mod history;
mod interrupt;
mod judgement;
mod manual;
mod moved;
mod named;
mod origin;
mod picked;
mod proposal;
mod prospect;
mod reference;
mod report;
mod scaffold;
mod scope;
mod shape;
mod terminal;
mod timeline;
mod tour;
mod trusted;
mod turning;
mod written;

use std::process::ExitCode;

use crate::app::App;
use crate::args::LowArgs;
use crate::exit::Exit;
use crate::terminal::Terminal;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Parsers of texts that strangers wrote need a deep stack, and this one thread has it.
    prompt::stack::with_room(run)
}

fn run() -> ExitCode {
    complete::answer();
    let args = match LowArgs::read(std::env::args_os()) {
        Ok(args) => args,
        Err(said) => return said.show(),
    };
    if args.command.holds() {
        interrupt::listen();
    }
    let terminal = Terminal::new(args.voice);
    let app = App::new(args.dir, args.findings, args.words, terminal);
    let exit = args.command.run(&app).unwrap_or_else(|failure| {
        app.terminal.fail(&failure);
        failure.exit
    });
    let exit = app.terminal.close(exit);
    let exit = if interrupt::pending() && exit != Exit::Clean { Exit::Interrupted } else { exit };
    exit.into()
}
