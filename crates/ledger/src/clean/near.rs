//! What was probably meant by a name that does not exist.

use gradus_model::{Text, closest};

/// The sentence for a finding: the closest name, or all there are if they are few.
pub fn did_you_mean(written: &str, names: &[String]) -> Text {
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    if let Some(near) = closest(written, &all) {
        return Text::plain(near);
    }
    let shown: Vec<&str> = all.iter().take(12).copied().collect();
    let more = if all.len() > shown.len() { " ..." } else { "" };
    Text::new(format!("其中之一：{}{more}", shown.join("、")), format!("one of: {}{more}", shown.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_pen_are_found() {
        let names = ["金额", "下单时间", "CustomerID"].map(str::to_string);
        assert_eq!(did_you_mean("customer_id", &names).en, "CustomerID");
        assert_eq!(did_you_mean("下单日间", &names).zh, "下单时间");
        assert_eq!(did_you_mean("zzzz", &names).en, "one of: 金额, 下单时间, CustomerID");
    }
}
