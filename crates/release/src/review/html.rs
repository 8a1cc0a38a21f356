//! A review as one page: everything, texts side by side, no scripts, no other files.

use check::diff::html as diff;
use source::escape;

use super::Review;
use super::form::{Block, Line, Mark, Piece};
use super::page::{Depth, page};

const STYLE: &str = include_str!("html.css");
/// Items of one list.
const ITEMS: usize = 1_000;

/// The page.
pub fn html(review: &Review) -> String {
    let labels = [review.base.0.as_str(), review.head.0.as_str()];
    let blocks = page(review, Depth { items: ITEMS, diffs: true });
    let body: String = blocks.iter().map(|block| written(block, labels)).collect();
    let title = format!("Review against {}", review.base.0);
    diff::document(&title, STYLE, &format!("<article class=\"review\">\n{body}</article>\n"))
}

fn written(block: &Block, labels: [&str; 2]) -> String {
    match block {
        Block::Title(mark, line) => format!("<h1>{} {}</h1>\n", sign(*mark), inline(line)),
        Block::Heading(line) => format!("<h2>{}</h2>\n", inline(line)),
        Block::Text(line) => format!("<p>{}</p>\n", inline(line)),
        Block::Small(line) => format!("<p class=\"small\">{}</p>\n", inline(line)),
        Block::List(items) => {
            let item = |(mark, line): &(Option<Mark>, Line)| match mark {
                Some(mark) => format!("<li class=\"marked\">{} {}</li>\n", sign(*mark), inline(line)),
                None => format!("<li>{}</li>\n", inline(line)),
            };
            format!("<ul>\n{}</ul>\n", items.iter().map(item).collect::<String>())
        }
        Block::Steps(steps) => {
            let step = |(line, command): &(Line, Option<String>)| {
                let command = command.as_ref().map(|c| format!("<pre>{}</pre>", escape::html(c))).unwrap_or_default();
                format!("<li>{}{command}</li>\n", inline(line))
            };
            format!("<h2>To do</h2>\n<ol>\n{}</ol>\n", steps.iter().map(step).collect::<String>())
        }
        Block::Table(head, rows) => table(head, rows),
        // A page has room: nothing is folded that would be missing on paper.
        Block::Fold(line, body) => {
            let body: String = body.iter().map(|block| written(block, labels)).collect();
            format!("<h3>{}</h3>\n{body}", inline(line))
        }
        Block::Diff(section, _) => diff::section(section, labels),
    }
}

fn table(head: &[Line], rows: &[Vec<Line>]) -> String {
    let titles: String = head.iter().map(|cell| format!("<th scope=\"col\">{}</th>", inline(cell))).collect();
    let row = |cells: &Vec<Line>| {
        let cell = |(cell, title): (&Line, &Line)| match cell.is_empty() {
            true => "<td></td>".to_owned(),
            false => format!("<td data-title=\"{}\"><span>{}</span></td>", plain(title), inline(cell)),
        };
        format!("<tr>{}</tr>\n", cells.iter().zip(head).map(cell).collect::<String>())
    };
    let rows: String = rows.iter().map(row).collect();
    format!(
        "<div class=\"overview\"><table class=\"overview\">\n<thead><tr>{titles}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n"
    )
}

const fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Good => "<span class=\"good\" aria-label=\"good\">✓</span>",
        Mark::Look => "<span class=\"look\" aria-label=\"warning\">!</span>",
        Mark::Bad => "<span class=\"bad\" aria-label=\"error\">✗</span>",
        Mark::Note => "<span class=\"note\" aria-label=\"note\">·</span>",
    }
}

fn plain(line: &Line) -> String {
    escape::html(&line.0.iter().map(Piece::text).collect::<String>())
}

fn inline(line: &Line) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Plain(text) => escape::html(text),
        Piece::Strong(text) => format!("<strong>{}</strong>", escape::html(text)),
        Piece::Code(text) => format!("<code>{}</code>", escape::html(text)),
    };
    line.0.iter().map(piece).collect()
}
