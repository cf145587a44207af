use super::*;
use crate::collect::{ReadOptions, sniff};

fn of(text: &str) -> Proposal {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, text).unwrap();
    let sniffed = sniff(&path, &ReadOptions::default(), None).unwrap();
    assert!(!sniffed.findings.has_errors(), "{:?}", sniffed.findings);
    propose(&sniffed, &sniffed.sample)
}

fn role(proposal: &Proposal, column: &str) -> Role {
    proposal.columns.iter().find(|found| found.column == column).unwrap().role.clone()
}

fn a_field(name: &str, field_type: FieldType) -> Role {
    Role::Field { name: name.into(), field_type }
}

#[test]
fn the_retail_orders() {
    let proposal = of("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
         536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n\
         C536379,D,Discount,-1,2010-12-01 09:41:00,27.50,14527,United Kingdom\n\
         536380,22961,JAM MAKING SET PRINTED,24,2010-12-01 09:41:00,1.45,,France\n");
    assert_eq!(role(&proposal, "InvoiceNo"), Role::Order);
    assert_eq!(role(&proposal, "InvoiceDate"), Role::Time { formats: vec!["%Y-%m-%d %H:%M:%S".into()] });
    assert_eq!(role(&proposal, "CustomerID"), identity(IdentityGuess::Id));
    assert_eq!(role(&proposal, "UnitPrice"), Role::UnitPrice);
    assert_eq!(role(&proposal, "Quantity"), Role::Quantity);
    assert_eq!(role(&proposal, "StockCode"), a_field("stock_code", FieldType::Text));
    assert_eq!(role(&proposal, "Country"), a_field("country", FieldType::Text));
    assert_eq!((proposal.kind.as_str(), proposal.dates.len()), ("order_line", 0));
    assert!(proposal.findings.is_empty(), "{:?}", proposal.findings);
}

#[test]
fn a_chinese_customer_list_keeps_people_out_of_fields() {
    let proposal = of("会员号,姓名,手机号,邮箱,生日,性别,城市,收货地址,备注,会员等级\n\
         M001,王小明,13800138000,wang@example.cn,1990-05-17,男,北京,朝阳区建国路1号,喜欢新品,金卡\n\
         M002,李芳,13900139000,li@example.cn,1988-11-02,女,上海,浦东新区世纪大道2号,投诉过,银卡\n");
    assert_eq!(role(&proposal, "会员号"), identity(IdentityGuess::Id));
    assert_eq!(role(&proposal, "手机号"), identity(IdentityGuess::Phone));
    assert_eq!(role(&proposal, "邮箱"), identity(IdentityGuess::Email));
    assert_eq!(role(&proposal, "姓名"), Role::Name);
    assert_eq!(role(&proposal, "收货地址"), Role::Address);
    assert_eq!(role(&proposal, "备注"), Role::FreeText);
    assert_eq!(role(&proposal, "生日"), a_field("生日", FieldType::Date));
    assert_eq!(role(&proposal, "城市"), a_field("城市", FieldType::Text));
    assert_eq!(proposal.kind, "profile");
}

#[test]
fn values_speak_where_names_are_silent() {
    let proposal = of("a,b,c,d,e\n\
         13800138000,x@example.com,31/01/2024,¥99.50,王小明\n\
         13900139000,y@example.com,02/03/2024,¥12.00,李芳\n");
    assert_eq!(role(&proposal, "a"), identity(IdentityGuess::Phone));
    assert_eq!(role(&proposal, "b"), identity(IdentityGuess::Email));
    assert_eq!(role(&proposal, "c"), Role::Time { formats: vec!["%d/%m/%Y".into()] });
    assert_eq!(role(&proposal, "d"), Role::Amount);
    assert_eq!(role(&proposal, "e"), Role::Name);
    assert_eq!(proposal.currency.as_deref(), Some("CNY"));
    assert_eq!(proposal.dates, ["%d/%m/%Y"]);
}

#[test]
fn dates_that_may_be_read_two_ways_are_pointed_out() {
    let codes = |text: &str| -> Vec<&str> { of(text).findings.iter().map(|finding| finding.code).collect() };
    assert_eq!(codes("customer id,order date\n1,01/02/2024\n2,03/04/2024\n"), ["ambiguous-dates"]);
    assert_eq!(codes("customer id,order date\n1,31/01/2024\n2,01/31/2024\n"), ["mixed-date-order"]);
    let american = of("customer id,order date\n1,01/31/2024\n2,03/04/2024\n");
    assert_eq!(role(&american, "order date"), Role::Time { formats: vec!["%m/%d/%Y".into()] });
}

#[test]
fn day_numbers_under_the_name_of_a_date_are_dates() {
    let proposal = of("订单号,客户号,日期,金额,邮编,生日\n\
         A1,C1,45292,20.5,20001,31898\nA2,C2,45293.5,45293,20002,32001\n");
    assert_eq!(role(&proposal, "日期"), Role::Time { formats: vec!["excel".into()] });
    assert_eq!(role(&proposal, "生日"), a_field("生日", FieldType::Date));
    assert_eq!(role(&proposal, "金额"), Role::Amount);
    assert_eq!(role(&proposal, "邮编"), a_field("邮编", FieldType::Integer));
    assert_eq!(proposal.dates, ["excel"]);
    assert_eq!(proposal.kind, "order_line");
    let found: Vec<_> =
        proposal.findings.iter().map(|finding| (finding.code, finding.place.path.as_deref())).collect();
    assert_eq!(found, [("excel-serials", Some("日期")), ("excel-serials", Some("生日"))]);
    // Beside written dates, as a half-formatted sheet has them.
    let mixed = of("customer id,order date\n1,2024-01-01\n2,45293\n3,45294\n");
    assert_eq!(mixed.dates, ["excel", "%Y-%m-%d"]);
    // Numbers that are none of a spreadsheet's days: years, counts, too early, too late.
    for values in ["2024,2025", "12345,12346", "99999,99998", "452920,452930", "45292,word"] {
        let [one, two] = values.split(',').collect::<Vec<_>>()[..] else { panic!() };
        let proposal = of(&format!("customer id,order date\n1,{one}\n2,{two}\n"));
        assert!(!matches!(role(&proposal, "order date"), Role::Time { .. }), "{values}");
        assert!(proposal.dates.is_empty());
    }
}

#[test]
fn dates_of_fields_are_read_by_the_list_too() {
    let proposal = of("customer id,order date,birthday\n1,2024-01-31,31/12/1990\n2,2024-02-01,17/05/1988\n");
    assert_eq!(role(&proposal, "birthday"), a_field("birthday", FieldType::Date));
    assert_eq!(proposal.dates, ["%Y-%m-%d", "%d/%m/%Y"]);
}

#[test]
fn a_header_alone_is_proposed_by_its_names() {
    let proposal = of("订单号,客户号,时间,金额,某某\n");
    assert_eq!(role(&proposal, "订单号"), Role::Order);
    assert_eq!(role(&proposal, "客户号"), identity(IdentityGuess::Id));
    assert_eq!(role(&proposal, "时间"), Role::Time { formats: vec![] });
    assert_eq!(role(&proposal, "金额"), Role::Amount);
    assert_eq!(role(&proposal, "某某"), a_field("某某", FieldType::Text));
    assert_eq!(proposal.kind, "order_line");
    let codes: Vec<_> = proposal.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["names-alone"], "no column is said to be missing");
    assert!(proposal.columns.iter().all(|column| column.confidence < 0.85), "each line says why");
}

#[test]
fn rivals_are_settled_and_nothing_is_lost() {
    let proposal = of("订单号,手机,下单时间,支付时间,订单金额,实付金额,优惠\n\
         A1,138****8000,2024-01-05 10:00:00,2024-01-05 10:05:00,99.5,89.5,10\n\
         A2,139****9000,2024-01-06 10:00:00,2024-01-06 10:05:00,20.25,20.25,0\n");
    let times = proposal.columns.iter().filter(|column| matches!(column.role, Role::Time { .. })).count();
    let amounts = proposal.columns.iter().filter(|column| column.role == Role::Amount).count();
    assert_eq!((times, amounts, proposal.columns.len()), (1, 1, 7));
    assert_eq!(role(&proposal, "支付时间"), a_field("支付时间", FieldType::Timestamp));
    assert_eq!(role(&proposal, "手机"), Role::Ignore);
    assert!(proposal.findings.iter().any(|finding| finding.code == "no-identity"));
    let json = serde_json::to_string(&proposal).unwrap();
    assert!(json.contains("\"role\":\"order\""), "{json}");
}
