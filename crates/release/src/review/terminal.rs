//! A review for the terminal: what it comes to and what to do. Texts are left to `promptuary diff`.

use check::diff::Look;
use source::escape;

use super::Review;
use super::form::{Block, Line, Mark, Piece};
use super::page::{Depth, command, page};

/// Items of one list.
const ITEMS: usize = 40;

/// The report, ending with a line end.
pub fn terminal(review: &Review, look: Look) -> String {
    let mut out = String::new();
    let pen = Pen { look };
    for block in page(review, Depth { items: ITEMS, diffs: false }) {
        pen.write(&block, &mut out);
    }
    if review.prompts.iter().any(|prompt| prompt.diff.is_some()) {
        let line = Line::of("texts side by side: ").code(command(review, " --format html > review.html"));
        pen.line("", "", &line, &mut out);
    }
    out
}

struct Pen {
    look: Look,
}

impl Pen {
    fn write(&self, block: &Block, out: &mut String) {
        match block {
            Block::Title(mark, line) => {
                out.push_str(&format!("{} {}\n", self.sign(*mark), self.paint("1", &plain(line))));
            }
            Block::Heading(line) => out.push_str(&format!("\n{}\n", self.paint("1", &plain(line)))),
            Block::Text(line) => self.line("", "", line, out),
            Block::Small(line) => {
                out.push('\n');
                self.line("", "", line, out);
            }
            Block::List(items) => {
                for (mark, line) in items {
                    let sign = mark.map_or_else(|| "-".to_owned(), |mark| self.sign(mark));
                    self.line(&format!("  {sign} "), "    ", line, out);
                }
            }
            Block::Steps(steps) => {
                out.push_str(&format!("\n{}\n", self.paint("1", "To do")));
                for (at, (line, command)) in steps.iter().enumerate() {
                    self.line(&format!("  {}. ", at + 1), "     ", line, out);
                    if let Some(command) = command {
                        out.push_str(&format!("     {}\n", self.paint("36", &escape::terminal(command))));
                    }
                }
            }
            Block::Table(head, rows) => self.table(head, rows, out),
            Block::Fold(line, body) => {
                out.push_str(&format!("\n{}\n", self.paint("1", &plain(line))));
                body.iter().for_each(|block| self.write(block, out));
            }
            Block::Diff(..) => {}
        }
    }

    fn sign(&self, mark: Mark) -> String {
        match mark {
            Mark::Good => self.paint("32", "✓"),
            Mark::Look => self.paint("33", "!"),
            Mark::Bad => self.paint("31", "✗"),
            Mark::Note => "·".to_owned(),
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.look.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A line below its sign, further lines below its text where it is longer than the terminal is wide.
    fn line(&self, first: &str, further: &str, line: &Line, out: &mut String) {
        let room = self.look.width.map_or(usize::MAX, |width| width.saturating_sub(further.len()).max(20));
        let (mut used, mut start) = (0, true);
        out.push_str(first);
        for word in plain(line).split(' ').filter(|word| !word.is_empty()) {
            let length = word.chars().count();
            if !start && used + 1 + length > room {
                out.push_str(&format!("\n{further}"));
                (used, start) = (0, true);
            }
            out.push_str(if start { "" } else { " " });
            out.push_str(word);
            used += length + usize::from(!start);
            start = false;
        }
        out.push('\n');
    }

    fn table(&self, head: &[Line], rows: &[Vec<Line>], out: &mut String) {
        let head: Vec<String> = head.iter().map(plain).collect();
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(plain).collect()).collect();
        let width = |at: usize| {
            let cells = rows.iter().map(|row| &row[at]).chain([&head[at]]);
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        let whole = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        if self.look.width.is_some_and(|width| whole > width) {
            self.listed(&head, &rows, out);
            return;
        }
        let written = |cells: &[String]| {
            let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        out.push_str(&format!("\n{}\n", self.paint("2", &written(&head))));
        rows.iter().for_each(|row| out.push_str(&format!("{}\n", written(row))));
    }
}

impl Pen {
    /// A table that is wider than the terminal, row by row.
    fn listed(&self, head: &[String], rows: &[Vec<String>], out: &mut String) {
        for row in rows {
            let (Some(name), Some(_)) = (row.first(), head.first()) else { continue };
            out.push_str(&format!("\n{}\n", self.paint("1", name)));
            let cells = head.iter().zip(row).skip(1).filter(|(_, cell)| !cell.is_empty());
            let cells: Vec<String> = cells.map(|(head, cell)| format!("{head}: {cell}")).collect();
            self.line("  ", "  ", &Line::of(cells.join("; ")), out);
        }
    }
}

fn plain(line: &Line) -> String {
    let text: String = line.0.iter().map(Piece::text).collect();
    escape::terminal(&text).into_owned()
}
