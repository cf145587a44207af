//! What column names usually mean, in Chinese and English.

use std::ops::RangeInclusive;

/// What a name says about its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    CustomerId,
    Phone,
    Email,
    /// The id in this other system.
    External(&'static str),
    Name,
    Address,
    FreeText,
    Time,
    /// When a row was written, as opposed to when the thing happened.
    Known,
    Order,
    Amount,
    UnitPrice,
    Quantity,
    Currency,
    Line,
    /// Describes the customer or the event.
    Describes,
    /// Of no use for grading.
    Useless,
}

use Meaning::*;

/// Earlier rows win where a name contains several words.
const NAMES: &[(Meaning, &[&str])] = &[
    (External("wechat"), &["openid", "unionid", "微信", "微信号", "微信id", "wechat", "wechatid"]),
    (External("taobao"), &["旺旺", "淘宝账号", "买家昵称", "旺旺号"]),
    (
        External("id_card"),
        &["身份证", "身份证号", "证件号", "证件号码", "idcard", "nationalid", "ssn", "socsecid"],
    ),
    (External("account"), &["账号", "帐号", "account", "accountid", "username", "用户名", "login"]),
    (External("device"), &["设备号", "deviceid", "device", "imei", "idfa", "cookieid", "anonymousid"]),
    (
        Phone,
        &[
            "手机号",
            "手机",
            "手机号码",
            "联系电话",
            "电话",
            "电话号码",
            "移动电话",
            "联系方式",
            "phone",
            "mobile",
            "phonenumber",
            "mobilephone",
            "tel",
            "telephone",
            "cellphone",
        ],
    ),
    (Email, &["邮箱", "电子邮箱", "电子邮件", "邮件", "email", "mail", "emailaddress"]),
    (
        Order,
        &[
            "订单号",
            "订单编号",
            "订单id",
            "单号",
            "交易号",
            "流水号",
            "发票号",
            "小票号",
            "orderno",
            "orderid",
            "ordernumber",
            "order",
            "invoiceno",
            "invoice",
            "invoiceid",
            "invoicenumber",
            "transactionid",
            "receiptno",
            "billno",
        ],
    ),
    (
        CustomerId,
        &[
            "客户编号",
            "客户号",
            "客户id",
            "客户代码",
            "会员号",
            "会员编号",
            "会员id",
            "会员卡号",
            "卡号",
            "用户id",
            "用户编号",
            "用户号",
            "顾客编号",
            "customerid",
            "customerno",
            "customernumber",
            "customer",
            "custid",
            "memberid",
            "memberno",
            "membercard",
            "cardno",
            "userid",
            "clientid",
            "buyerid",
            "mastercustomerid",
        ],
    ),
    (
        Known,
        &[
            "更新时间",
            "修改时间",
            "录入时间",
            "入库时间",
            "导出时间",
            "updatedat",
            "modifiedat",
            "updatetime",
            "lastmodified",
            "loadedat",
            "recordedat",
        ],
    ),
    (
        Time,
        &[
            "下单时间",
            "订单时间",
            "订单日期",
            "交易时间",
            "交易日期",
            "购买时间",
            "购买日期",
            "消费时间",
            "消费日期",
            "付款时间",
            "支付时间",
            "成交时间",
            "发生时间",
            "日期",
            "时间",
            "到访时间",
            "到店时间",
            "访问时间",
            "登记时间",
            "评价时间",
            "提交时间",
            "填写时间",
            "创建时间",
            "开票日期",
            "发票日期",
            "orderdate",
            "ordertime",
            "invoicedate",
            "transactiondate",
            "purchasedate",
            "paidat",
            "paymentdate",
            "createdat",
            "timestamp",
            "datetime",
            "date",
            "time",
            "eventtime",
            "visitdate",
            "visittime",
            "surveydate",
            "submittedat",
            "occurredat",
        ],
    ),
    (UnitPrice, &["单价", "售价", "成交单价", "商品价格", "价格", "unitprice", "price", "itemprice"]),
    (
        Amount,
        &[
            "金额",
            "总金额",
            "订单金额",
            "实付金额",
            "实收金额",
            "支付金额",
            "付款金额",
            "消费金额",
            "成交金额",
            "销售额",
            "总价",
            "合计",
            "实付",
            "退款金额",
            "amount",
            "total",
            "totalamount",
            "orderamount",
            "totalprice",
            "payment",
            "paid",
            "revenue",
            "sales",
            "dollarvalue",
            "value",
            "linetotal",
            "netamount",
            "grossamount",
        ],
    ),
    (
        Quantity,
        &["数量", "件数", "购买数量", "个数", "quantity", "qty", "units", "count", "numberofcds", "nitems"],
    ),
    (Currency, &["币种", "货币", "currency", "currencycode"]),
    (Line, &["行类型", "商品类型", "linetype", "itemtype"]),
    (
        FreeText,
        &[
            "备注",
            "留言",
            "意见",
            "建议",
            "评价内容",
            "评论",
            "评论内容",
            "反馈",
            "反馈内容",
            "问题描述",
            "描述",
            "内容",
            "原因说明",
            "comment",
            "comments",
            "remark",
            "remarks",
            "note",
            "notes",
            "feedback",
            "message",
            "review",
            "verbatim",
        ],
    ),
    (
        Address,
        &[
            "地址",
            "收货地址",
            "详细地址",
            "联系地址",
            "家庭住址",
            "住址",
            "address",
            "address1",
            "address2",
            "street",
            "streetnumber",
            "shippingaddress",
        ],
    ),
    (
        Name,
        &[
            "姓名",
            "客户姓名",
            "客户名称",
            "会员姓名",
            "名字",
            "联系人",
            "收货人",
            "收件人",
            "顾客姓名",
            "name",
            "fullname",
            "firstname",
            "lastname",
            "surname",
            "givenname",
            "customername",
            "contact",
            "contactname",
        ],
    ),
    (
        Describes,
        &[
            "商品",
            "商品名称",
            "商品编码",
            "商品编号",
            "货号",
            "品名",
            "产品",
            "类目",
            "品类",
            "分类",
            "城市",
            "省份",
            "省",
            "市",
            "区县",
            "地区",
            "国家",
            "生日",
            "出生日期",
            "性别",
            "年龄",
            "职业",
            "渠道",
            "来源",
            "门店",
            "店铺",
            "等级",
            "会员等级",
            "评分",
            "满意度",
            "得分",
            "分数",
            "推荐度",
            "标签",
            "活动",
            "状态",
            "品牌",
            "sku",
            "stockcode",
            "productcode",
            "product",
            "productid",
            "description",
            "productname",
            "category",
            "city",
            "province",
            "state",
            "country",
            "region",
            "suburb",
            "postcode",
            "zip",
            "zipcode",
            "birthday",
            "dateofbirth",
            "birthdate",
            "dob",
            "gender",
            "sex",
            "age",
            "occupation",
            "channel",
            "source",
            "store",
            "tier",
            "level",
            "rating",
            "score",
            "satisfaction",
            "nps",
            "tag",
            "campaign",
            "status",
            "brand",
            "industry",
        ],
    ),
    (Useless, &["序号", "编号行", "rownumber", "rowno", "rowid", "unnamed", "index", "行号"]),
];

/// The meaning of a name, and how sure that is: 1 for the very word, less if it is a part.
pub(crate) fn meaning(name: &str) -> Option<(Meaning, f64, &'static str)> {
    let plain = plain(name);
    for (meaning, words) in NAMES {
        if let Some(word) = words.iter().find(|word| **word == plain) {
            return Some((*meaning, 1.0, word));
        }
    }
    let tokens = words_of(name);
    let mut best: Option<(Meaning, f64, &'static str)> = None;
    for (meaning, words) in NAMES {
        for word in *words {
            let ascii = word.is_ascii();
            let found = if ascii {
                tokens.iter().any(|token| token == word)
            } else {
                word.chars().count() >= 2 && plain.contains(word)
            };
            // The longer word says more; at the end of a Chinese name stands what it is.
            let length = if ascii { word.len() } else { 3 * word.chars().count() } as f64;
            let sure = 0.5 + length.min(20.0) / 100.0 + if plain.ends_with(word) { 0.1 } else { 0.0 };
            if found && best.is_none_or(|best| sure > best.1) {
                best = Some((*meaning, sure, word));
            }
        }
    }
    best
}

/// Names of the one date of a customer that lies far back.
const BIRTHDAYS: [&str; 6] = ["生日", "出生日期", "birthday", "dateofbirth", "birthdate", "dob"];

/// The day numbers (days since 1899-12-30) that are plausible dates in a column of this name: of events from
/// 1954 to 2064, of birthdays from 1927 on. `None` where the name is not one of a date: a number is a number.
pub(crate) fn serial_days(name: &str) -> Option<RangeInclusive<u32>> {
    let (meaning, sure, word) = meaning(name)?;
    match meaning {
        // Durations have 时间 or time in their names as well.
        Time | Known if sure >= 1.0 || !matches!(word, "时间" | "time") => Some(20_000..=60_000),
        Describes if BIRTHDAYS.contains(&word) => Some(10_000..=60_000),
        _ => None,
    }
}

/// Lower case, without blanks, marks and what stands in brackets: `金额（元）` is `金额`.
fn plain(name: &str) -> String {
    let mut depth = 0usize;
    let mut plain = String::new();
    for c in name.chars() {
        match c {
            '(' | '（' | '[' | '【' => depth += 1,
            ')' | '）' | ']' | '】' => depth = depth.saturating_sub(1),
            c if depth == 0 && c.is_alphanumeric() => plain.extend(c.to_lowercase()),
            _ => {}
        }
    }
    plain
}

/// The words of `CustomerID`, `customer_id` or `Customer id`, lower case.
pub(crate) fn words_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in name.chars() {
        let boundary = !before.is_alphanumeric() || (before.is_lowercase() && c.is_uppercase());
        if c.is_alphanumeric() {
            match words.last_mut().filter(|_| !boundary) {
                Some(word) => word.extend(c.to_lowercase()),
                None => words.push(c.to_lowercase().collect()),
            }
        }
        before = c;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_both_languages() {
        let of = |name: &str| meaning(name).map(|found| found.0);
        for (name, expected) in [
            ("客户编号", CustomerId),
            ("会员卡号", CustomerId),
            ("CustomerID", CustomerId),
            ("手机号码", Phone),
            ("收货人手机", Phone),
            ("E-mail", Email),
            ("InvoiceNo", Order),
            ("Invoice Date", Time),
            ("下单时间", Time),
            ("订单金额（元）", Amount),
            ("实付金额(元)", Amount),
            ("unit_price", UnitPrice),
            ("购买数量", Quantity),
            ("Country", Describes),
            ("date_of_birth", Describes),
            ("客户意见和建议", FreeText),
            ("shipping address", Address),
        ] {
            assert_eq!(of(name), Some(expected), "{name}");
        }
        assert_eq!(of("xyz"), None);
    }

    #[test]
    fn names_under_which_a_day_number_may_stand() {
        for name in ["date", "日期", "下单时间", "Order Date", "ship_date", "生日", "updated_at"] {
            assert!(serial_days(name).is_some(), "{name}");
        }
        for name in ["amount", "邮编", "zip", "通话时间", "response time", "会员号", "day"] {
            assert!(serial_days(name).is_none(), "{name}");
        }
    }
}
