//! Regions in their standard spelling: provinces of China by GB/T 2260, countries by ISO 3166.
//!
//! A province becomes its full name (`广东` and `Guangdong` become `广东省`), a country its two-letter
//! code. A region that is in neither table is kept as it is, and counted.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::text;

/// Provinces: GB/T 2260 code, name, other names.
const PROVINCES: [(&str, &str, &str); 34] = [
    ("110000", "北京市", "Beijing"),
    ("120000", "天津市", "Tianjin"),
    ("130000", "河北省", "Hebei"),
    ("140000", "山西省", "Shanxi"),
    ("150000", "内蒙古自治区", "Inner Mongolia|Neimenggu|Nei Mongol"),
    ("210000", "辽宁省", "Liaoning"),
    ("220000", "吉林省", "Jilin"),
    ("230000", "黑龙江省", "Heilongjiang"),
    ("310000", "上海市", "Shanghai"),
    ("320000", "江苏省", "Jiangsu"),
    ("330000", "浙江省", "Zhejiang"),
    ("340000", "安徽省", "Anhui"),
    ("350000", "福建省", "Fujian"),
    ("360000", "江西省", "Jiangxi"),
    ("370000", "山东省", "Shandong"),
    ("410000", "河南省", "Henan"),
    ("420000", "湖北省", "Hubei"),
    ("430000", "湖南省", "Hunan"),
    ("440000", "广东省", "Guangdong|Canton"),
    ("450000", "广西壮族自治区", "Guangxi"),
    ("460000", "海南省", "Hainan"),
    ("500000", "重庆市", "Chongqing"),
    ("510000", "四川省", "Sichuan"),
    ("520000", "贵州省", "Guizhou"),
    ("530000", "云南省", "Yunnan"),
    ("540000", "西藏自治区", "Tibet|Xizang"),
    ("610000", "陕西省", "Shaanxi"),
    ("620000", "甘肃省", "Gansu"),
    ("630000", "青海省", "Qinghai"),
    ("640000", "宁夏回族自治区", "Ningxia"),
    ("650000", "新疆维吾尔自治区", "Xinjiang"),
    ("710000", "台湾省", "Taiwan"),
    ("810000", "香港特别行政区", "Hong Kong|Hongkong"),
    ("820000", "澳门特别行政区", "Macau|Macao"),
];

/// Countries: ISO 3166-1 code and the names people write.
const COUNTRIES: [(&str, &str); 84] = [
    ("AE", "阿联酋|阿拉伯联合酋长国|United Arab Emirates|UAE"),
    ("AR", "阿根廷|Argentina"),
    ("AT", "奥地利|Austria"),
    ("AU", "澳大利亚|澳洲|Australia"),
    ("BD", "孟加拉国|孟加拉|Bangladesh"),
    ("BE", "比利时|Belgium"),
    ("BG", "保加利亚|Bulgaria"),
    ("BH", "巴林|Bahrain"),
    ("BR", "巴西|Brazil"),
    ("BY", "白俄罗斯|Belarus"),
    ("CA", "加拿大|Canada"),
    ("CH", "瑞士|Switzerland"),
    ("CL", "智利|Chile"),
    ("CN", "中国|中华人民共和国|中国大陆|China|PRC|Mainland China|People's Republic of China"),
    ("CO", "哥伦比亚|Colombia"),
    ("CY", "塞浦路斯|Cyprus"),
    ("CZ", "捷克|捷克共和国|Czechia|Czech Republic"),
    ("DE", "德国|Germany|Deutschland"),
    ("DK", "丹麦|Denmark"),
    ("EE", "爱沙尼亚|Estonia"),
    ("EG", "埃及|Egypt"),
    ("ES", "西班牙|Spain"),
    ("FI", "芬兰|Finland"),
    ("FR", "法国|France"),
    ("GB", "英国|United Kingdom|UK|Great Britain|England|Scotland|Wales|Northern Ireland"),
    ("GR", "希腊|Greece"),
    ("HK", "中国香港|Hong Kong SAR"),
    ("HR", "克罗地亚|Croatia"),
    ("HU", "匈牙利|Hungary"),
    ("ID", "印度尼西亚|印尼|Indonesia"),
    ("IE", "爱尔兰|Ireland|EIRE|Republic of Ireland"),
    ("IL", "以色列|Israel"),
    ("IN", "印度|India"),
    ("IQ", "伊拉克|Iraq"),
    ("IR", "伊朗|Iran"),
    ("IS", "冰岛|Iceland"),
    ("IT", "意大利|Italy"),
    ("JP", "日本|Japan"),
    ("KE", "肯尼亚|Kenya"),
    ("KH", "柬埔寨|Cambodia"),
    ("KR", "韩国|South Korea|Korea|Republic of Korea"),
    ("KZ", "哈萨克斯坦|Kazakhstan"),
    ("LA", "老挝|Laos"),
    ("LB", "黎巴嫩|Lebanon"),
    ("LK", "斯里兰卡|Sri Lanka"),
    ("LT", "立陶宛|Lithuania"),
    ("LU", "卢森堡|Luxembourg"),
    ("LV", "拉脱维亚|Latvia"),
    ("MA", "摩洛哥|Morocco"),
    ("MM", "缅甸|Myanmar|Burma"),
    ("MN", "蒙古|蒙古国|Mongolia"),
    ("MO", "中国澳门|Macao SAR|Macau SAR"),
    ("MT", "马耳他|Malta"),
    ("MX", "墨西哥|Mexico"),
    ("MY", "马来西亚|Malaysia"),
    ("NG", "尼日利亚|Nigeria"),
    ("NL", "荷兰|Netherlands|The Netherlands|Holland"),
    ("NO", "挪威|Norway"),
    ("NP", "尼泊尔|Nepal"),
    ("NZ", "新西兰|New Zealand"),
    ("PE", "秘鲁|Peru"),
    ("PH", "菲律宾|Philippines"),
    ("PK", "巴基斯坦|Pakistan"),
    ("PL", "波兰|Poland"),
    ("PT", "葡萄牙|Portugal"),
    ("QA", "卡塔尔|Qatar"),
    ("RO", "罗马尼亚|Romania"),
    ("RS", "塞尔维亚|Serbia"),
    ("RU", "俄罗斯|俄国|Russia|Russian Federation"),
    ("SA", "沙特阿拉伯|沙特|Saudi Arabia"),
    ("SE", "瑞典|Sweden"),
    ("SG", "新加坡|Singapore"),
    ("SI", "斯洛文尼亚|Slovenia"),
    ("SK", "斯洛伐克|Slovakia"),
    ("TH", "泰国|Thailand"),
    ("TR", "土耳其|Turkey|Türkiye"),
    ("TW", "中国台湾|Taiwan, Province of China"),
    ("UA", "乌克兰|Ukraine"),
    ("US", "美国|United States|USA|U.S.A.|United States of America|America"),
    ("UY", "乌拉圭|Uruguay"),
    ("UZ", "乌兹别克斯坦|Uzbekistan"),
    ("VE", "委内瑞拉|Venezuela"),
    ("VN", "越南|Vietnam|Viet Nam"),
    ("ZA", "南非|South Africa|RSA"),
];

/// Endings that are left off in daily use, longest first.
const ENDINGS: [&str; 7] = ["壮族自治区", "回族自治区", "维吾尔自治区", "特别行政区", "自治区", "省", "市"];

/// The standard spelling of a region, or `None` if it is in no table.
///
/// ```
/// use gradus_ledger::clean::region::standard;
/// assert_eq!(standard("广东"), Some("广东省"));
/// assert_eq!(standard("440000"), Some("广东省"));
/// assert_eq!(standard("EIRE"), Some("IE"));
/// assert_eq!(standard("Atlantis"), None);
/// ```
pub fn standard(region: &str) -> Option<&'static str> {
    if let Some(found) = TABLE.get(region) {
        return Some(found);
    }
    TABLE.get(key(region).as_str()).copied()
}

/// The GB/T 2260 code of a province in its standard spelling.
pub fn province_code(standard: &str) -> Option<&'static str> {
    PROVINCES.iter().find(|(_, name, _)| *name == standard).map(|(code, _, _)| *code)
}

static TABLE: LazyLock<BTreeMap<String, &'static str>> = LazyLock::new(|| {
    let mut table = BTreeMap::new();
    for (code, names) in COUNTRIES {
        table.insert(key(code), code);
        table.extend(names.split('|').map(|name| (key(name), code)));
    }
    // Provinces come last: "Taiwan" and "Hong Kong" are meant as such in a list of provinces.
    for (code, name, others) in PROVINCES {
        table.insert(key(code), name);
        table.insert(key(&code[..2]), name);
        table.insert(key(name), name);
        table.insert(key(short(name)), name);
        for other in others.split('|') {
            table.insert(key(other), name);
            table.insert(key(&format!("{other} Province")), name);
        }
    }
    table
});

fn key(text: &str) -> String {
    text::canonical_code(text::trimmed(text)).to_lowercase()
}

fn short(name: &str) -> &str {
    ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_leads_to_the_standard_one() {
        let cases = [
            ("北京", "北京市"),
            ("Beijing", "北京市"),
            ("11", "北京市"),
            ("内蒙古", "内蒙古自治区"),
            ("广西", "广西壮族自治区"),
            ("新疆维吾尔自治区", "新疆维吾尔自治区"),
            ("宁夏", "宁夏回族自治区"),
            ("香港", "香港特别行政区"),
            ("shaanxi", "陕西省"),
            ("山西", "山西省"),
            ("Zhejiang Province", "浙江省"),
            ("United Kingdom", "GB"),
            ("英国", "GB"),
            ("usa", "US"),
            ("RSA", "ZA"),
            ("中国", "CN"),
            ("de", "DE"),
        ];
        for (written, expected) in cases {
            assert_eq!(standard(written), Some(expected), "{written}");
            assert_eq!(standard(expected), Some(expected), "{expected}");
        }
        for unknown in ["", "Unspecified", "European Community", "Channel Islands", "火星"] {
            assert_eq!(standard(unknown), None, "{unknown}");
        }
        assert_eq!(province_code("广东省"), Some("440000"));
    }
}
