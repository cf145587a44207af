use arrow::array::AsArray;
use gradus_model::load::load_source;
use proptest::prelude::*;

use super::*;
use crate::clean::{CleanBatch, CleanContext, OccurrenceCounter, SourcePlan, tests as cleaning};
use crate::collect::{Header, RawItem, ReadOptions, propose, read, sniff};

fn import(name: &str, table: &str) -> (String, Vec<CleanBatch>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, table).unwrap();
    let options = ReadOptions { header: Some(Header::Present(true)), ..ReadOptions::default() };
    let sniffed = sniff(&path, &options, None).unwrap();
    let proposal = propose::propose(&sniffed, &sniffed.sample);
    let draft = SourceDraft { title: name.into(), files: vec![name.into()], history: true };
    let document = source_document(&proposal, &draft);
    let loaded = load_source("source.yaml", &document);
    assert!(loaded.findings.is_empty(), "{:?}\n{document}", loaded.findings);
    let source = loaded.value.unwrap();
    let workspace = cleaning::workspace("Asia/Shanghai", "CNY");
    let plan = SourcePlan::compile(
        "proposed",
        &source,
        &workspace,
        &sniffed.columns,
        &Place::document("source.yaml"),
    );
    let plan = plan.unwrap_or_else(|findings| panic!("{findings:?}\n{document}"));
    let surrogate = |kind: &str, text: &str| (kind.len() + text.len()) as i64;
    let context = CleanContext { imported_at: 0, surrogates: &surrogate };
    let mut counter = OccurrenceCounter::new();
    let batches = read(&path, &sniffed, &options, None)
        .unwrap()
        .filter_map(|item| match item.unwrap() {
            RawItem::Batch(raw) => Some(plan.clean(&raw, &context).numbered(&mut counter).unwrap()),
            other => panic!("{other:?}"),
        })
        .collect();
    (document, batches)
}

fn whole(name: &str, table: &str) -> String {
    let (document, batches) = import(name, table);
    for batch in &batches {
        assert_eq!(batch.refused, [], "{document}");
        assert!(batch.events.num_rows() > 0);
    }
    document
}

#[test]
fn files_of_every_kind_are_proposed_and_imported() {
    let orders = whole(
        "orders.csv",
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
         536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n\
         C536379,D,Discount,-1,2010-12-01 09:41:00,27.50,14527,United Kingdom\n\
         536380,22961,JAM MAKING SET PRINTED,24,2010-12-01 09:41:00,1.45,,France\n",
    );
    for line in [
        "order: InvoiceNo",
        "* cast(UnitPrice as decimal(18,4))",
        "history: true",
        "region_fields: ['country']",
    ] {
        assert!(orders.contains(line), "{line}\n{orders}");
    }
    let customers = whole(
        "客户.csv",
        "会员号,姓名,手机号,邮箱,生日,性别,省份,收货地址,备注,会员等级\n\
         M001,王小明,13800138000,wang@example.cn,1990-05-17,男,北京,朝阳区建国路1号,喜欢新品,金卡\n\
         M002,李芳,13900139000,li@example.cn,1988-11-02,女,上海,浦东新区世纪大道2号,投诉过,银卡\n",
    );
    assert!(
        customers.contains("- { kind: id, value: 会员号 }") && customers.contains("姓名: 姓名"),
        "{customers}"
    );
    assert!(!customers.contains("13800138000"), "a proposal shows no values");
    whole(
        "survey.csv",
        "手机,提交时间,满意度（1-5）,意见\n13800138000,2024-01-05 10:00:00,5,很好\n13900139000,2024-01-06 11:00:00,3,送货太慢了希望改进\n",
    );
    whole(
        "visits.csv",
        "手机号,到店时间,门店,停留分钟\n13800138000,2024/1/5 10:00,一店,35\n13900139000,2024/1/6 11:00,二店,5\n",
    );
    whole(
        "tickets.csv",
        "工单号,手机号,创建时间,类别,优先级,描述\nT1,13800138000,2024-01-05 10:00,投诉,高,包装破损需要换货谢谢\nT2,13900139000,2024-01-06 11:00,咨询,低,想问一下发票怎么开\n",
    );
    whole(
        "campaigns.csv",
        "phone,sent at,campaign,response\n13800138000,31/01/2024 10:00,spring,click\n13900139000,02/02/2024 11:00,spring,none\n",
    );
}

#[test]
fn day_numbers_of_a_spreadsheet_are_imported_as_the_dates_they_are() {
    let table = "订单号,客户号,日期,金额,邮编\nA1,C1,45292,20.5,20001\nA2,C2,45293.5,45293,20002\n";
    let (document, batches) = import("orders.csv", table);
    for line in ["time: 日期", "dates: ['excel']", "45292 即 2024-01-01", "45292 is 2024-01-01"] {
        assert!(document.contains(line), "{line}\n{document}");
    }
    let times: Vec<i64> = batches
        .iter()
        .flat_map(|batch| {
            let times = batch.events.column_by_name("time").unwrap();
            let times = times.as_primitive::<arrow::datatypes::TimestampMicrosecondType>();
            times.values().to_vec()
        })
        .collect();
    // Midnight of the 1st and noon of the 2nd of January 2024 in Shanghai.
    assert_eq!(times, [1_704_038_400_000_000, 1_704_168_000_000_000]);
}

#[test]
fn a_header_alone_is_proposed_as_what_its_names_say() {
    let (document, batches) = import("orders.csv", "订单号,客户号,时间,金额\n");
    for line in
        ["- { kind: id, value: 客户号 }", "time: 时间", "order: 订单号", "没有数据行", "no rows under"]
    {
        assert!(document.contains(line), "{line}\n{document}");
    }
    for line in ["没有身份列", "没有时间列", "No column says"] {
        assert!(!document.contains(line), "{line}\n{document}");
    }
    assert!(batches.is_empty());
}

#[test]
fn lists_of_products_stores_and_rates_are_reference_data() {
    let products = whole(
        "商品.csv",
        "货号,商品名称,品类,成本,上架日期\n0012,乳胶枕,家纺,80.5,2024-01-05\n0013,铸铁锅,厨具,210,2024-02-05\n",
    );
    for line in [
        "reference: product",
        "key: 货号",
        "品类: { type: text, value: 品类 }",
        "成本: { type: decimal, value: 成本 }",
        "上架日期: { type: date",
    ] {
        assert!(products.contains(line), "{line}\n{products}");
    }
    let costs =
        whole("costs.csv", "sku,effective from,cost\nA1,2024-01-01,5\nA1,2024-02-01,6\nB1,2024-01-01,9\n");
    assert!(
        costs.contains("time: '\"effective from\"'") && costs.contains("cost: { type: integer"),
        "{costs}"
    );
    let stores = whole("stores.csv", "门店编号,城市,面积\nS1,上海,200\nS2,杭州,180\n");
    assert!(stores.contains("reference: store") && stores.contains("key: 门店编号"), "{stores}");
    let rates = whole(
        "rates.csv",
        "日期,货币,汇率（100外币）\n2024-01-02,USD,708.27\n2024-01-02,JPY,4.9912\n2024-01-03,USD,710.02\n",
    );
    for line in ["reference: rates", "key: 货币", "time: 日期", "per: \"'100'\""] {
        assert!(rates.contains(line), "{line}\n{rates}");
    }
    // Orders name products over and over, and customers.
    let (orders, _) = import(
        "orders.csv",
        "sku,day,phone,price\nA1,2024-01-05,13800138000,5\nA1,2024-01-06,13900139000,5\n",
    );
    assert!(!orders.contains("reference:"), "{orders}");
}

#[test]
fn awkward_column_names_are_quoted() {
    let document = whole(
        "odd.csv",
        "customer id,order date,select,order,a: b # c,\"it's\",{x},2024,time,是否\n\
         C1,2024-01-05,1,A1,x,y,z,7,q,是\nC2,2024-01-06,2,A2,x2,y,z,8,r,否\n",
    );
    assert!(document.contains("value: '\"customer id\"'"), "{document}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_the_header_says_the_document_loads(names in proptest::collection::btree_set("[a-z:#'\\[\\]{}&*!|>%@`\" ,中文-]{1,12}", 1..5)) {
        let cell = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let header: Vec<String> = names.iter().map(|name| cell(name)).collect();
        let row: Vec<String> = names.iter().map(|_| "13800138000".to_string()).collect();
        let other: Vec<String> = names.iter().map(|_| "word".to_string()).collect();
        let table = format!("id,{}\n1,{}\n2,{}\n", header.join(","), row.join(","), other.join(","));
        import("odd.csv", &table);
    }
}
