//! The files of the import: seeded order lines as a shop exports them, made once and kept.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::Outcome;

const SEED: u64 = 7;
/// One customer for ten lines.
const LINES_PER_CUSTOMER: u64 = 10;
/// Two years of orders, from 2024-01-01.
const SECONDS: u64 = 731 * 86_400;

/// Category, and goods of it.
const GOODS: [(&str, [&str; 4]); 6] = [
    ("家居", ["陶瓷马克杯 350ml", "棉麻抱枕套 45×45", "北欧风落地灯", "折叠收纳箱 大号"]),
    ("食品", ["云南小粒咖啡豆 500g", "原味坚果礼盒", "有机燕麦片 1kg", "高山乌龙茶 250g"]),
    ("服饰", ["纯棉圆领T恤", "Merino wool scarf", "防风连帽外套", "运动短袜 5双装"]),
    ("数码", ["USB-C cable 2m", "蓝牙耳机 降噪版", "Wireless mouse", "移动电源 20000mAh"]),
    ("母婴", ["婴儿湿巾 80抽", "儿童保温杯", "纯棉包被", "积木 120粒"]),
    ("图书", ["儿童绘本 10册", "Cooking for two", "历史地图集", "Notebook A5, dotted"]),
];
const CHANNELS: [&str; 4] = ["门店", "网店", "小程序", "电话"];
/// Articles, each with a number, a name and a price.
const ARTICLES: u64 = 8_000;

/// The file of `n` order lines below `folder`; with customer number and telephone, or with nothing
/// that identifies anybody.
pub fn orders(folder: &Path, n: u64, identified: bool) -> Outcome<PathBuf> {
    let name = if identified { "members" } else { "receipts" };
    let path = folder.join("csv").join(format!("{name}-{n}.csv"));
    if path.exists() {
        return Ok(path);
    }
    std::fs::create_dir_all(folder.join("csv"))?;
    // A file that was cut off must not be taken for a whole one.
    let unfinished = path.with_extension("unfinished");
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&unfinished)?);
    let who = if identified { "customer_no,phone," } else { "" };
    writeln!(
        out,
        "order_no,line_no,{who}ordered_at,sku,product,category,channel,quantity,unit_price,amount"
    )?;
    let mut chance = Chance(SEED);
    let customers = (n / LINES_PER_CUSTOMER).max(1);
    let (mut written, mut order) = (0, 0u64);
    while written < n {
        order += 1;
        let lines = (1 + chance.below(5)).min(n - written);
        let customer = chance.below(customers);
        let (date, time) = civil(written * SECONDS / n);
        let channel = CHANNELS[chance.below(4) as usize];
        for line in 1..=lines {
            let article = chance.below(ARTICLES);
            let (category, goods) = GOODS[(article % 6) as usize];
            let product = goods[(article / 6 % 4) as usize];
            let quantity = 1 + chance.below(4) * chance.below(3);
            let price = 590 + article * 7919 % 60_000;
            write!(out, "SO{:010},{line},", 2_400_000_000 + order)?;
            if identified {
                write!(out, "M{:09},13{:09},", 100_000_000 + customer, (customer * 7_654_321) % 999_999_937)?;
            }
            let comma = if product.contains(',') { "\"" } else { "" };
            writeln!(
                out,
                "{date} {time},A{:06},{comma}{product}{comma},{category},{channel},{quantity},{}.{:02},{}.{:02}",
                100_000 + article,
                price / 100,
                price % 100,
                price * quantity / 100,
                price * quantity % 100
            )?;
        }
        written += lines;
    }
    out.into_inner()?.sync_all()?;
    std::fs::rename(&unfinished, &path)?;
    Ok(path)
}

/// Date and time of day so many seconds after the first.
fn civil(seconds: u64) -> (String, String) {
    let day = jiff::civil::date(2024, 1, 1).saturating_add(jiff::Span::new().days((seconds / 86_400) as i64));
    let second = seconds % 86_400;
    (day.to_string(), format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60))
}

/// Steele, Lea, Flood (2014), SplitMix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_each_time_and_has_all_its_lines() {
        let folder = std::env::temp_dir().join(format!("gradus-bench-csv-{}", std::process::id()));
        let read = |identified| std::fs::read_to_string(orders(&folder, 1_000, identified).unwrap()).unwrap();
        let first = read(true);
        assert_eq!(first.lines().count(), 1_001);
        assert!(first.lines().nth(1).is_some_and(|line| line.starts_with("SO2400000001,1,M1000")));
        assert!(!read(false).contains("M1000"));
        std::fs::remove_dir_all(folder.join("csv")).unwrap();
        assert_eq!(read(true), first);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
