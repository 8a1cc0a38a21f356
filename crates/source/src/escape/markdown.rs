//! Markdown as GitHub and GitLab render it: no markup, no mention, no reference, no link, no comment that we did not write.
//!
//! Reports are printed to CI logs before they are posted, so what a runner takes for a command is broken here too.

use std::borrow::Cow;

use super::{code, is_hidden, terminal_lines, unheard};

/// For running text and table cells: shows exactly `text`, on one line, whatever it contains.
///
/// `@`, `#` and `://` are followed by a zero-width space, because mentions, references and links are found in the rendered
/// text, where backslashes and entities no longer count.
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut chars = text.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            '@' => out.push_str("@&#8203;"),
            '#' => out.push_str("\\#&#8203;"),
            '!' if text[i + 1..].starts_with('[') => out.push_str("\\!"),
            // GitLab's name of a merge request, and the start of a command to it.
            '!' if text[i + 1..].starts_with(|c: char| c.is_ascii_digit()) => out.push_str("!&#8203;"),
            '/' if text[..i].trim().is_empty() => out.push_str("&#47;"),
            ':' if text[i + 1..].starts_with("//") => out.push_str(":&#8203;"),
            ':' if text[i + 1..].starts_with(':') && text[..i].trim().is_empty() => out.push_str("&#58;"),
            '.' if ends_with_www(&text[..i]) => out.push_str("&#8203;."),
            // What begins a list, a rule or an underline at the start of a line.
            '-' | '+' | '=' | '.' | ')' if text[..i].trim_start().bytes().all(|b| b.is_ascii_digit()) => {
                out.push('\\');
                out.push(c);
            }
            '\r' if chars.peek().is_some_and(|&(_, next)| next == '\n') => {}
            '\n' | '\r' | '\t' => out.push(' '),
            _ if is_hidden(c) => {
                out.push('\\');
                code(&mut out, c);
            }
            _ => out.push(c),
        }
    }
    // Four leading spaces would make a code block, two trailing ones a line break.
    out.trim().to_owned()
}

/// For a code span, in running text and table cells.
pub fn markdown_code(text: &str) -> String {
    let mut body = String::with_capacity(text.len() + 4);
    for c in text.chars() {
        match c {
            '\r' => {}
            '\n' | '\t' => body.push(' '),
            _ if is_hidden(c) => code(&mut body, c),
            _ => body.push(c),
        }
    }
    let body = uncommented(&unheard(&body)).replace('|', "\\|");
    if body.trim().is_empty() {
        return "` `".to_owned();
    }
    let fence = "`".repeat(longest_run(&body) + 1);
    // One space on each side is taken off again, and needed where the text starts or ends in a backtick or a space.
    let pad = if body.starts_with(['`', ' ']) || body.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{body}{pad}{fence}")
}

/// A fenced block; `language` is ours and may be empty. Ends with the closing fence, without a line end.
pub fn markdown_fence(text: &str, language: &str) -> String {
    let body = text.replace('\r', "");
    let body = terminal_lines(&body);
    let body = uncommented(body.trim_end_matches('\n'));
    let fence = "`".repeat((longest_run(&body) + 1).max(3));
    format!("{fence}{language}\n{body}\n{fence}")
}

/// Without the opening of a comment: our own comments on a pull request are found again by theirs.
fn uncommented(text: &str) -> Cow<'_, str> {
    if text.contains("<!--") { Cow::Owned(text.replace("<!--", "<\\u{21}--")) } else { Cow::Borrowed(text) }
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

fn ends_with_www(text: &str) -> bool {
    text.len() >= 3 && text.is_char_boundary(text.len() - 3) && text[text.len() - 3..].eq_ignore_ascii_case("www")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(markdown("@ada see #12, *now*"), "@&#8203;ada see \\#&#8203;12, \\*now\\*");
        assert_eq!(markdown("<!-- x --> [a](https://b)"), "&lt;!-- x --&gt; \\[a\\](https:&#8203;//b)");
        assert_eq!(markdown("1. a\r\n- b | c"), "1\\. a - b \\| c");
        assert_eq!(markdown("- a www.x.y v1.2"), "\\- a www&#8203;.x.y v1.2");
        assert_eq!(markdown("    code"), "code");
        assert_eq!(markdown(" /merge !12 a/b!"), "&#47;merge !&#8203;12 a/b!");
        assert_eq!(markdown("a\u{202e}b"), "a\\\\u{202e}b");
    }

    #[test]
    fn code_keeps_its_backticks_inside() {
        assert_eq!(markdown_code("a"), "`a`");
        assert_eq!(markdown_code("`a` ``b"), "``` `a` ``b ```");
        assert_eq!(markdown_code(""), "` `");
        assert_eq!(markdown_code("a|b"), "`a\\|b`");
        assert_eq!(markdown_fence("````\na\n", "md"), "`````md\n````\na\n`````");
        assert_eq!(markdown_fence("<!-- promptuary -->", ""), "```\n<\\u{21}-- promptuary -->\n```");
        assert_eq!(
            markdown_fence(" ::stop-commands::x\n+##[error]y", ""),
            "```\n \\u{3a}:stop-commands::x\n+##\\u{5b}error]y\n```"
        );
        assert_eq!(
            (markdown("::add-mask::x"), markdown_code("##[group]")),
            ("&#58;:add-mask::x".into(), "`##\\u{5b}group]`".into())
        );
    }
}
