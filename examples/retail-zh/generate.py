#!/usr/bin/env python3
"""Makes the synthetic data of this example: the same bytes each time, with nothing but Python.

Nobody in it exists. Names are drawn from common characters, phone numbers are counted up from
139 0000 0001, e-mail addresses end in example.com. Run it to renew `data/`.
"""

import datetime as dt
import json
import pathlib
import random
import zipfile
from xml.sax.saxutils import escape

HERE = pathlib.Path(__file__).resolve().parent / "data"
N_CUSTOMERS = 600
FIRST_DAY = dt.date(2024, 1, 1)
LAST_DAY = dt.date(2025, 6, 30)

# Only random() is used: its sequence for a seed is the same in every version of Python.
_random = random.Random(20250630).random


def below(n):
    return int(_random() * n)


def pick(items):
    return items[below(len(items))]


def weighted(pairs):
    at = _random() * sum(weight for _, weight in pairs)
    for item, weight in pairs:
        at -= weight
        if at < 0:
            return item
    return pairs[-1][0]


SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华文玉兰红梅建国志佳欣怡子涵雨桐浩然思远若曦"
CITIES = [
    (("上海", "上海"), 20), (("北京", "北京"), 14), (("浙江", "杭州"), 13), (("江苏", "苏州"), 10), (("江苏", "南京"), 8),
    (("广东", "深圳"), 10), (("广东", "广州"), 9), (("四川", "成都"), 8), (("湖北", "武汉"), 4), (("陕西", "西安"), 4),
]
INDUSTRIES = ["餐饮", "酒店", "教育", "医疗", "地产", "互联网", "制造"]
SIZES = ["1-49人", "50-199人", "200人以上"]
PRODUCTS = {
    "家纺": [("纯棉四件套", 399), ("蚕丝被", 899), ("乳胶枕", 199), ("羊毛毯", 329)],
    "厨具": [("铸铁锅", 459), ("不粘煎锅", 189), ("陶瓷餐具组", 269), ("保温壶", 129)],
    "灯具": [("护眼台灯", 299), ("落地灯", 559), ("氛围灯", 89)],
    "收纳": [("藤编收纳筐", 69), ("衣物收纳箱", 99), ("置物架", 239)],
    "香氛": [("藤条香薰", 159), ("香薰蜡烛", 119), ("车载香氛", 79)],
}
STORES = ["上海静安店", "杭州西湖店", "苏州园区店", "北京朝阳店", "深圳南山店", "线上商城"]

# What kind of customer: orders a month, does it change, basket size, satisfaction, visits a month.
PERSONAS = [
    (("忠诚", 0.9, 0.0, 1.4, 4.5, 1.2), 12),
    (("成长", 0.5, 0.06, 1.2, 4.2, 0.8), 14),
    (("普通", 0.35, 0.0, 1.0, 3.9, 0.4), 34),
    (("流失", 0.8, -0.14, 1.1, 3.1, 0.5), 16),
    (("一次", 0.0, 0.0, 1.0, 3.7, 0.1), 16),
    (("企业", 0.4, 0.02, 6.0, 4.0, 0.1), 8),
]


def customers():
    made = []
    for n in range(1, N_CUSTOMERS + 1):
        persona = weighted(PERSONAS)
        province, city = weighted(CITIES)
        joined = FIRST_DAY + dt.timedelta(days=below(480) if persona[0] != "流失" else below(200))
        made.append({
            "n": n,
            "persona": persona,
            "phone": f"1390000{n:04d}",
            "name": pick(SURNAMES) + "".join(pick(GIVEN) for _ in range(1 + below(2))),
            "number": f"VIP{100000 + n * 7}",
            "email": f"user{n:04d}@example.com" if _random() < 0.6 else "",
            "province": province,
            "city": city,
            "birthday": dt.date(1960 + below(46), 1 + below(12), 1 + below(28)) if _random() < 0.85 else None,
            "type": "企业" if persona[0] == "企业" else "个人",
            "industry": pick(INDUSTRIES) if persona[0] == "企业" else "",
            "size": pick(SIZES) if persona[0] == "企业" else "",
            "joined": joined,
        })
    return made


def written(phone):
    """A phone number as people write it."""
    at = _random()
    if at < 0.75:
        return phone
    if at < 0.85:
        return f"{phone[:3]} {phone[3:7]} {phone[7:]}"
    if at < 0.95:
        return f"{phone[:3]}-{phone[3:7]}-{phone[7:]}"
    return f"+86 {phone}"


def moment(day):
    return dt.datetime.combine(day, dt.time(9 + below(13), below(60), below(60)))


def as_order_time(time):
    return f"{time.year}/{time.month}/{time.day} {time.hour}:{time.minute:02d}"


def orders(people):
    """Rows of order lines and refunds, and the moments at which each customer bought."""
    rows, bought, number = [], {person["n"]: [] for person in people}, 0
    for person in people:
        _, rate, change, basket, satisfaction, _ = person["persona"]
        months = [(year, month) for year in (2024, 2025) for month in range(1, 13)]
        months = [m for m in months if (person["joined"].year, person["joined"].month) <= m <= (2025, 6)]
        times = [moment(person["joined"])]
        for age, (year, month) in enumerate(months):
            expected = max(0.0, rate * (1 + change * age))
            # Single's Day, and Chinese New Year's shopping.
            expected *= 2.0 if month == 11 else 1.4 if month == 1 else 1.0
            for _ in range(3):
                if _random() < expected / 3:
                    times.append(moment(dt.date(year, month, 1 + below(28))))
        last = dt.datetime.combine(LAST_DAY, dt.time(20))
        for time in sorted(time for time in times if time <= last and time.date() >= person["joined"]):
            number += 1
            order = f"QH{time:%y%m%d}{number:05d}"
            bought[person["n"]].append(time)
            phone = "" if _random() < 0.03 else written(person["phone"])
            store = pick(STORES)
            total = 0
            for _ in range(1 + below(3)):
                category = pick(list(PRODUCTS))
                name, price = pick(PRODUCTS[category])
                quantity = max(1, round(basket * (1 + below(2))))
                amount = quantity * price - (below(3) * 10 if quantity > 1 else 0)
                total += amount
                rows.append((time, [order, as_order_time(time), phone, name, category, quantity, f"{amount:.2f}", store, "商品", "完成", ""]))
                if _random() < (0.10 if satisfaction < 3.5 else 0.03):
                    back = min(time + dt.timedelta(days=2 + below(12), hours=below(5)), last)
                    rows.append((back, [f"TK{back:%y%m%d}{number:05d}", as_order_time(back), phone, name, category, -quantity,
                                        f"{-amount:.2f}", store, "商品", "退款", order]))
            if total < 200:
                rows.append((time, [order, as_order_time(time), phone, "运费", "", 1, "12.00", store, "运费", "完成", ""]))
    # Typing errors that cleaning has to catch: a number that is too short, an impossible date.
    rows.append((dt.datetime(2025, 3, 9, 10), ["QH25030999991", "2025/3/9 10:00", "13900", "乳胶枕", "家纺", 1, "199.00", "线上商城", "商品", "完成", ""]))
    rows.append((dt.datetime(2025, 2, 28, 10), ["QH25022999992", "2025/2/30 10:00", "13900000007", "落地灯", "灯具", 1, "559.00", "线上商城", "商品", "完成", ""]))
    rows.append((dt.datetime(2025, 4, 1, 10), ["QH25040199993", "2025/4/1 10:00", "13900000008", "氛围灯", "灯具", 1, "八十九", "线上商城", "商品", "完成", ""]))
    rows.sort(key=lambda row: row[0])
    return rows, bought


def products():
    """What each product costs, from when on: a tenth more since 2025, but for lamps and what was always cheap."""
    rows = []
    for category, items in PRODUCTS.items():
        for number, (name, price) in enumerate(items):
            cost = round(price * (0.42 + 0.05 * number), 2)
            rows.append([name, category, f"{cost:.2f}", "2024-01-01"])
            if category != "灯具" and price > 100:
                rows.append([name, "", f"{cost * 1.1:.2f}", "2025-01-01"])
    return rows


# What 100 units of a currency cost in yuan at the end of some months; made up, but of the right size.
RATES = {
    "USD": [("2024-01-02", "708.27"), ("2024-06-28", "726.70"), ("2024-12-31", "729.93"), ("2025-03-31", "725.66")],
    "HKD": [("2024-01-02", "90.652"), ("2024-06-28", "93.068"), ("2024-12-31", "93.987"), ("2025-03-31", "93.274")],
    "JPY": [("2024-01-02", "5.0332"), ("2024-12-31", "4.6233")],
}


def overseas(people):
    """Some customers also buy in the shop for abroad, in the money of the place. No chance in it: the other
    files must not change."""
    prices = {"USD": 0.16, "HKD": 1.25, "JPY": 24.0}
    items = [item for group in PRODUCTS.values() for item in group]
    rows = []
    for number, person in enumerate(people[5::37]):
        currency = list(RATES)[number % 3]
        name, price = items[number % len(items)]
        for time in (dt.datetime(2024, 10, 3 + number, 12), dt.datetime(2025, 5, 4 + number, 21, 30)):
            if time.date() < person["joined"]:
                continue
            amount = round(price * prices[currency]) if currency == "JPY" else round(price * prices[currency], 2)
            rows.append((time, [f"HW{time:%y%m%d}{number:03d}", f"{time:%Y-%m-%d %H:%M}", person["phone"], name, 1, amount, currency]))
    return [row for _, row in sorted(rows, key=lambda row: row[0])]


def comma_separated(header, rows):
    def cell(value):
        text = str(value)
        return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n') else text
    return "".join(",".join(cell(value) for value in row) + "\r\n" for row in [header, *rows])


def excel(path, sheet, header, rows):
    """The least workbook that Excel opens: texts in the cells, dates as numbers with a date format."""
    def column(index):
        return chr(ord("A") + index)

    def cell(row, index, value):
        at = f"{column(index)}{row}"
        if value is None or value == "":
            return ""
        if isinstance(value, dt.date):
            serial = (value - dt.date(1899, 12, 30)).days
            return f'<c r="{at}" s="1"><v>{serial}</v></c>'
        return f'<c r="{at}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'

    body = "".join(
        f'<row r="{n}">' + "".join(cell(n, index, value) for index, value in enumerate(row)) + "</row>"
        for n, row in enumerate([header, *rows], start=1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    xml = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="{sheet}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{office}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0" xfId="0"/><xf numFmtId="14" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>',
    }
    # Stored, not compressed: compressors differ between machines, and the bytes shall not.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2025, 6, 30, 0, 0, 0)), xml + text)


def main():
    HERE.mkdir(exist_ok=True)
    people = customers()
    rows, bought = orders(people)

    header = ["订单号", "下单时间", "手机号", "商品名称", "品类", "数量", "金额", "门店", "行类型", "状态", "原订单号"]
    for year in (2024, 2025):
        text = comma_separated(header, [row for time, row in rows if time.year == year])
        (HERE / f"orders_{year}.csv").write_bytes(text.encode("gb18030"))

    listed = [
        [p["number"], p["name"], written(p["phone"]), p["email"], p["province"], p["city"], p["birthday"], p["type"], p["industry"],
         p["size"], p["joined"], pick(["", "", "", "老客户介绍", "展会认识", "喜欢浅色系"])]
        for p in people if _random() < 0.92
    ]
    excel(HERE / "customers.xlsx", "客户名单",
          ["会员号", "姓名", "手机号", "邮箱", "省份", "城市", "生日", "客户类型", "行业", "公司规模", "登记日期", "备注"], listed)

    surveys, visits, tickets, campaigns = [], [], [], []
    words = {1: "质量很差，不会再来", 2: "等了很久才发货", 3: "一般", 4: "整体不错", 5: "非常满意，会推荐给朋友"}
    for p in people:
        _, _, change, _, satisfaction, visit_rate = p["persona"]
        for time in bought[p["n"]]:
            if _random() < 0.22:
                score = min(5, max(1, round(satisfaction + (_random() - 0.5) * 2.4)))
                recommend = min(10, max(0, score * 2 + below(3) - 1)) if _random() < 0.8 else ""
                when = time + dt.timedelta(days=1 + below(4))
                if when.date() <= LAST_DAY:
                    surveys.append((when, [f"{when:%Y-%m-%d %H:%M:%S}", written(p["phone"]), score, recommend,
                                           words[score] if _random() < 0.5 else ""]))
            if _random() < (0.20 if satisfaction < 3.5 else 0.05):
                when = time + dt.timedelta(days=1 + below(20), hours=below(6))
                kind = weighted([("投诉", 3 if satisfaction < 3.5 else 1), ("咨询", 3), ("维修", 1)])
                if when.date() <= LAST_DAY:
                    tickets.append((when, [f"GD{len(tickets) + 1:05d}", written(p["phone"]), f"{when:%Y-%m-%d %H:%M}", kind,
                                           pick(["低", "中", "高"]), f"{1 + _random() * 70:.1f}", pick(["包装破损", "颜色不符", "询问保修", "安装问题"])]))
        day = p["joined"]
        while day <= LAST_DAY:
            age = (day - p["joined"]).days / 30
            if _random() < max(0.02, visit_rate * (1 + change * age)) / 30 * 7:
                when = moment(day)
                visits.append((when, {"手机号": p["phone"], "到店时间": f"{when:%Y-%m-%dT%H:%M:%S}+08:00", "门店": pick(STORES[:-1]),
                                      "停留分钟": 5 + below(80)}))
            day += dt.timedelta(days=7)
    for name, sent, channel in [("双十一预热", dt.date(2024, 11, 1), "短信"), ("年货节", dt.date(2025, 1, 8), "微信"),
                                ("春季焕新", dt.date(2025, 3, 20), "邮件"), ("618大促", dt.date(2025, 6, 10), "短信")]:
        for p in people:
            if p["joined"] < sent and _random() < 0.6:
                when = dt.datetime.combine(sent, dt.time(10, below(30)))
                answer = weighted([("无", 10), ("打开", 4), ("点击", 2 + (2 if p["persona"][1] > 0.6 else 0)), ("购买", 1), ("退订", 0.4)])
                campaigns.append((when, [name, channel, p["phone"], f"{when:%Y-%m-%d %H:%M}", answer]))

    by_time = lambda rows: [row for _, row in sorted(rows, key=lambda row: row[0])]
    survey = comma_separated(["提交时间", "手机", "满意度（1-5）", "推荐意愿（0-10）", "意见"], by_time(surveys))
    (HERE / "survey.csv").write_bytes(b"\xef\xbb\xbf" + survey.encode())
    (HERE / "tickets.csv").write_bytes(comma_separated(["工单号", "手机号", "创建时间", "类别", "优先级", "解决用时（小时）", "描述"], by_time(tickets)).encode("gb18030"))
    tabbed = "".join("\t".join(str(v) for v in row) + "\n" for row in [["活动", "渠道", "手机号", "发送时间", "响应"], *by_time(campaigns)])
    (HERE / "campaigns.tsv").write_bytes(tabbed.encode())
    (HERE / "products.csv").write_bytes(comma_separated(["商品名称", "品类", "成本", "生效日期"], products()).encode())
    quoted = sorted([day, currency, rate] for currency, days in RATES.items() for day, rate in days)
    (HERE / "rates.csv").write_bytes(comma_separated(["日期", "货币", "汇率（100外币）"], quoted).encode())
    header = ["订单号", "下单时间", "手机号", "商品名称", "数量", "金额", "币种"]
    (HERE / "overseas.csv").write_bytes(comma_separated(header, overseas(people)).encode())
    (HERE / "visits.jsonl").write_bytes("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in by_time(visits)).encode())


if __name__ == "__main__":
    main()
