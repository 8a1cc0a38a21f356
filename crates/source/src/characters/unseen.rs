//! Which characters cannot be seen, and where one of them belongs all the same.
//!
//! The set is Unicode's Default_Ignorable_Code_Point (16.0, DerivedCoreProperties.txt) with the controls, the line separators,
//! annotation marks and the blank of Braille. Without tables of scripts: what may stand where is told from ranges.

/// Whether nobody sees `c` where it stands by itself: controls (line ends and tabs included), direction overrides, what
/// Unicode tells renderers to ignore, and blanks that are no white space.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFC}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Whether `c` is one that whole scripts or emoji need between what they write: joiners, direction marks, the variation
/// selectors of emoji.
pub fn is_of_scripts(c: char) -> bool {
    matches!(c, '\u{61C}' | '\u{200C}'..='\u{200F}' | '\u{FE0E}' | '\u{FE0F}')
}

/// Whether `c`, which cannot be seen, does its work between these neighbours.
pub(super) fn belongs(c: char, before: Option<char>, after: Option<char>) -> bool {
    let is = |neighbour: Option<char>, test: fn(char) -> bool| neighbour.is_some_and(test);
    match c {
        // Joiners and direction marks belong to Persian, Hindi, Hebrew and family emoji, between what they join.
        '\u{61C}' | '\u{200C}'..='\u{200F}' => is(before, joins) && is(after, joins),
        // One after an emoji says how it is drawn; two could spell something.
        '\u{FE0E}' | '\u{FE0F}' => {
            is(before, is_emoji) || (is(before, |c| matches!(c, '0'..='9' | '#' | '*')) && after == Some('\u{20E3}'))
        }
        // Mongolian letters have forms that are chosen so.
        '\u{180B}'..='\u{180F}' => is(before, |c| matches!(c, '\u{1820}'..='\u{18AA}')),
        // A word of Braille may be followed by another.
        '\u{2800}' => is(before, is_braille) && is(after, is_braille),
        _ => false,
    }
}

/// A letter, a mark or an emoji. Without tables of Unicode: what is ASCII must be a letter, what is not must show.
fn joins(c: char) -> bool {
    let emoji_form = matches!(c, '\u{FE0E}' | '\u{FE0F}');
    emoji_form
        || (!is_unseen(c)
            && (c.is_alphabetic() || !(c.is_ascii() || c.is_whitespace() || ('\u{2000}'..='\u{206F}').contains(&c))))
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{A9}' | '\u{AE}' | '\u{203C}' | '\u{2049}' | '\u{2100}'..='\u{27BF}' | '\u{2900}'..='\u{2BFF}' | '\u{3030}'
        | '\u{303D}' | '\u{3297}' | '\u{3299}' | '\u{1F000}'..='\u{1FAFF}')
}

fn is_braille(c: char) -> bool {
    matches!(c, '\u{2801}'..='\u{28FF}')
}
