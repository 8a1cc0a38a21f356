//! The command that was typed, to be given once more with another flag: what else was given stays.

use source::escape::shell;

/// `promptuary eval …` as `words` were typed, with `how` added. Where no id was typed it is about `prompt` alone; a mode
/// that was typed goes, and `--rev` where answers are to be recorded, which only the worktree can take.
pub(crate) fn again(words: &[String], prompt: &str, has_ids: bool, how: &str) -> String {
    let mut line = vec!["promptuary".to_owned()];
    let (mut words, mut before) = (words.iter(), true);
    let gives = |flag: &str| how.split(' ').any(|word| word == flag);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-C" if before => {
                line.push(shell(word).into_owned());
                line.extend(words.next().map(|dir| shell(dir).into_owned()));
            }
            "eval" if before => {
                line.push(word.clone());
                line.extend((!has_ids).then(|| prompt.to_owned()));
                before = false;
            }
            "--replay" | "--record" | "--live" | "--fresh" => {}
            "--resume" if gives("--resume") => {}
            // A value that is given anew is not given twice.
            word if word.starts_with("--max-") && gives(word) => drop(words.next()),
            word if word.starts_with("--max-") && word.split_once('=').is_some_and(|(flag, _)| gives(flag)) => {}
            "--rev" if how.contains("--record") => drop(words.next()),
            word if how.contains("--record") && word.starts_with("--rev=") => {}
            word => line.push(shell(word).into_owned()),
        }
    }
    line.push(how.to_owned());
    line.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_stays() {
        let line = |typed: &str, has_ids, how| {
            let words: Vec<String> = typed.split('|').map(str::to_owned).collect();
            again(&words, "s/t", has_ids, how)
        };
        assert_eq!(line("eval", false, "--record"), "promptuary eval s/t --record");
        assert_eq!(
            line("-C|eval|-q|eval|--attest|-m|it's so|--models=fast,o3|--replay", false, "--record"),
            "promptuary -C eval -q eval s/t --attest -m 'it'\\''s so' --models=fast,o3 --record"
        );
        assert_eq!(
            line("eval|a/b|--rev|HEAD~1|--repeat|3", true, "--record"),
            "promptuary eval a/b --repeat 3 --record"
        );
        assert_eq!(
            line("eval|--max-usd|1|--max-requests=5|--live|--resume", false, "--live --resume --max-requests 12"),
            "promptuary eval s/t --max-usd 1 --live --resume --max-requests 12"
        );
        assert_eq!(line("eval|a/b|--rev=v1|--strict", true, "--live"), "promptuary eval a/b --rev=v1 --strict --live");
    }
}
