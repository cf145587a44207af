//! What was typed and cannot be understood, told in the language: clap's own words are English.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use gradus_model::Lang;

/// The language before there are arguments: as `--lang` says, if it is there, else by the locale.
pub fn lang_of(typed: &[String]) -> Lang {
    let mut words = typed.iter();
    let mut asked = None;
    while let Some(word) = words.next() {
        match word.strip_prefix("--lang") {
            Some("") => asked = words.next().cloned(),
            Some(rest) => asked = rest.strip_prefix('=').map(String::from),
            None => {}
        }
    }
    match asked.as_deref() {
        Some("zh") => Lang::Zh,
        Some("en") => Lang::En,
        _ => crate::arguments::lang_of_locale(),
    }
}

/// Prints it, and the exit code: help and version are no mistake.
pub fn said(error: &clap::Error, lang: Lang) -> u8 {
    let told = if lang == Lang::Zh && error.use_stderr() { chinese(error) } else { None };
    match told {
        Some(text) => eprintln!("{text}"),
        None => {
            let _ = error.print();
        }
    }
    u8::from(error.use_stderr())
}

/// In Chinese; none of what has no words of its own.
fn chinese(error: &clap::Error) -> Option<String> {
    let one = |kind: ContextKind| match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(all) => Some(all.join("、")),
        ContextValue::Number(n) => Some(n.to_string()),
        _ => None,
    };
    let argument = || one(ContextKind::InvalidArg).unwrap_or_default();
    let value = || one(ContextKind::InvalidValue).unwrap_or_default();
    let mut out = match error.kind() {
        ErrorKind::InvalidValue if value().is_empty() => format!("错误：参数 {} 后面要有一个值", argument()),
        ErrorKind::InvalidValue => format!("错误：参数 {} 的值「{}」不对", argument(), value()),
        ErrorKind::ValueValidation => format!("错误：参数 {} 的值「{}」读不懂", argument(), value()),
        ErrorKind::UnknownArgument => format!("错误：没有参数「{}」", argument()),
        ErrorKind::InvalidSubcommand => {
            format!("错误：没有命令「{}」", one(ContextKind::InvalidSubcommand).unwrap_or_default())
        }
        ErrorKind::MissingRequiredArgument => format!("错误：还缺参数：{}", argument()),
        ErrorKind::MissingSubcommand => "错误：还缺一个命令".to_string(),
        ErrorKind::ArgumentConflict => format!(
            "错误：参数 {} 不能和 {} 一起用",
            argument(),
            one(ContextKind::PriorArg).unwrap_or_else(|| "别的参数".into())
        ),
        ErrorKind::TooManyValues => format!("错误：参数 {} 的值太多：「{}」", argument(), value()),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("错误：参数 {} 的值的个数不对", argument())
        }
        ErrorKind::NoEquals => format!("错误：参数 {} 要写成 {}=值", argument(), argument()),
        ErrorKind::InvalidUtf8 => "错误：参数里有不是 UTF-8 的字符".to_string(),
        _ => return None,
    };
    let more = [
        (ContextKind::ValidValue, "可选"),
        (ContextKind::ValidSubcommand, "可选"),
        (ContextKind::SuggestedArg, "也许是"),
        (ContextKind::SuggestedValue, "也许是"),
        (ContextKind::SuggestedSubcommand, "也许是"),
    ];
    for (kind, word) in more {
        if let Some(text) = one(kind).filter(|text| !text.is_empty()) {
            out += &format!("\n    {word}：{text}");
        }
    }
    Some(out + "\n    用法见 --help")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::arguments::Arguments;

    fn told(typed: &str) -> String {
        let words = typed.split(' ').map(String::from).collect::<Vec<_>>();
        chinese(&Arguments::try_parse_from(words).unwrap_err()).unwrap()
    }

    #[test]
    fn what_clap_cannot_read_is_told_in_chinese() {
        let chinese = |text: &str| text.starts_with("错误：") && !text.contains("error");
        let number = told("gradus learn clusters --k abc");
        assert!(chinese(&number) && number.contains("--k") && number.contains("「abc」"), "{number}");
        let method = told("gradus learn clusters --method foo");
        assert!(chinese(&method) && method.contains("mixture"), "{method}");
        let unknown = told("gradus learn clusters --featurs a");
        assert!(chinese(&unknown) && unknown.contains("--features"), "{unknown}");
        assert!(chinese(&told("gradus lern")), "{}", told("gradus lern"));
        assert!(told("gradus learn weights").contains("--compare"));
    }

    #[test]
    fn a_negative_number_is_a_value() {
        let typed = ["gradus", "learn", "scorecard", "--base-score", "-100", "--special", "a=-1"];
        assert!(Arguments::try_parse_from(typed).is_ok());
    }

    #[test]
    fn the_language_is_known_before_the_arguments_are() {
        let of = |typed: &str| lang_of(&typed.split(' ').map(String::from).collect::<Vec<_>>());
        assert_eq!((of("gradus --lang zh learn"), of("gradus x --lang=en")), (Lang::Zh, Lang::En));
    }
}
