#!/usr/bin/env python3
"""B2B distributor: makes `data/` and `expected.csv`, the same bytes each time. None of the companies exists."""

import datetime as dt
import pathlib
import sys
from fractions import Fraction

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from kit import *  # noqa: E402,F403

FIRST, CLOCK = dt.date(2024, 1, 1), dt.date(2025, 6, 30)
N_ACCOUNTS = 300
chance = Chance(3090)

INDUSTRIES = [("机械制造", 30), ("电子", 22), ("建筑", 18), ("食品加工", 12), ("医疗器械", 8), ("贸易", 10)]
SIZES = [("微型", 22), ("小型", 38), ("中型", 28), ("大型", 12)]
LINES = [("轴承", "0.78"), ("密封件", "0.70"), ("传动", "0.82"), ("电气", "0.88"), ("工具", "0.66")]
WORDS = ["恒", "通", "达", "盛", "华", "信", "源", "泰", "宏", "捷", "鑫", "瑞", "安", "博", "远"]
RATES = {dt.date(2024, 1, 2): "7.0770", dt.date(2024, 7, 1): "7.1265", dt.date(2025, 1, 2): "7.1879", dt.date(2025, 4, 1): "7.1775"}
# Invoices a month, how that changes with each month, days late on average, how regular.
PERSONAS = [
    (("稳定", 0.60, 0.00, -2, True), 26), (("随缘", 0.42, 0.00, 9, True), 14), (("成长", 0.28, 0.06, 0, True), 13), (("拖欠", 0.5, 0.00, 40, False), 14),
    (("流失", 0.8, -0.055, 14, False), 12), (("零星", 0.14, 0.00, 5, False), 15), (("新户", 0.6, 0.00, 3, False), 6),
]


def rate_at(day):
    return exact([rate for since, rate in RATES.items() if since <= day][-1])


def companies():
    made, numbers = [], [0]
    for n in range(1, N_ACCOUNTS + 1):
        persona = chance.weighted(PERSONAS)
        _, rate, change, late, regular = persona
        size = chance.weighted(SIZES)
        foreign = chance.happens(0.07)
        opened = CLOCK - dt.timedelta(days=chance.between(10, 130)) if persona[0] == "新户" else dt.date(2019, 1, 1) + dt.timedelta(days=chance.below(1900))
        account = {
            "id": f"B{1000 + n * 7}", "name": "".join(chance.pick(WORDS) for _ in range(2)) + chance.pick(["机电", "科技", "实业", "贸易"]) + "（虚构）公司",
            "contact": chance.name(), "phone": f"1390080{n:04d}", "email": f"buyer{n:04d}@example.com", "opened": opened, "size": size,
            "industry": chance.weighted(INDUSTRIES), "province": chance.weighted(PROVINCES) if not foreign else "广东省", "foreign": foreign,
            "terms": chance.pick([30, 30, 60, 90]), "limit": {"微型": 50000, "小型": 150000, "中型": 500000, "大型": 1500000}[size] if chance.happens(0.93) else None,
            "invoices": [], "credits": [], "payments": [], "visits": [], "strategic": size == "大型" and chance.happens(0.3),
        }
        if persona[0] == "拖欠" and account["limit"]:
            account["limit"] = account["limit"] * 3 // 10
        scale = {"微型": 1, "小型": 2.4, "中型": 7, "大型": 24}[size]
        start, days = max(FIRST, opened), []
        for age, (year, month) in enumerate(months(start, CLOCK)):
            expected = max(0.0, rate * (1 + change * age)) * {2: 0.5, 3: 1.2, 9: 1.2, 12: 1.3}.get(month, 1.0)
            n_orders = (1 if chance.happens(min(1, expected)) else 0) if regular else chance.times(expected)
            days += [dt.date(year, month, chance.between(8, 14) if regular else chance.between(1, 28)) for _ in range(n_orders)]
        late += chance.between(-8, 36) if late > 20 else chance.between(-3, 4)
        better = dt.date(2025, 1, 15) if late > 20 and chance.happens(0.45) else None
        kinds = [chance.pick(LINES) for _ in range(1 + chance.below(4))]
        for day in sorted(day for day in days if start <= day <= CLOCK):
            numbers[0] += 1
            line = chance.pick(kinds)
            amount = rounded(exact(int(chance.between(3000, 16000) * scale)), 0)
            cost = rounded(amount * (exact(line[1]) + exact(chance.pick(["-0.04", "0", "0", "0.05"]))), 2)
            dollars = rounded(amount / 7, 0) if foreign else None
            number, time = f"FP{numbers[0]:05d}", dt.datetime.combine(day, dt.time(chance.between(9, 17), chance.below(60)))
            account["invoices"].append((number, time, line[0], dollars if foreign else amount, cost, "USD" if foreign else "CNY"))
            due = day + dt.timedelta(days=account["terms"])
            paid = due + dt.timedelta(days=round((-3 if better and day >= better else late) + (chance.part() - 0.5) * (16 if late < 20 else 40)))
            if paid <= CLOCK and not (late > 20 and chance.happens(0.15)):
                account["payments"].append((number, dt.datetime.combine(max(paid, day), dt.time()), (max(paid, day) - due).days, dollars if foreign else amount))
            if chance.happens(0.03):
                back = day + dt.timedelta(days=chance.between(5, 40))
                if back <= CLOCK:
                    account["credits"].append((number, dt.datetime.combine(back, dt.time(15)), rounded((dollars if foreign else amount) / 5, 2)))
        for year, month in months(max(start, dt.date(2024, 7, 1)), CLOCK):
            if chance.happens({"大型": 0.4, "中型": 0.2}.get(size, 0.04)):
                account["visits"].append(dt.date(year, month, chance.between(1, 28)))
        account["visits"] = [day for day in account["visits"] if opened <= day]
        paid = {payment[0] for payment in account["payments"]}
        unpaid = [x for x in account["invoices"] if x[0] not in paid]
        worth = lambda x: rounded(x[3] * rate_at(x[1].date())) if x[5] == "USD" else x[3]
        account["open"] = rounded(sum((worth(x) for x in unpaid), Fraction(0)), 2)
        account["overdue"] = rounded(sum((worth(x) for x in unpaid if x[1].date() + dt.timedelta(days=account["terms"]) < CLOCK), Fraction(0)), 2)
        made.append(account)
    return made


def write(everyone):
    data = HERE / "data"
    blank = lambda value: "" if value is None else value
    money = lambda value: f"{float(value):.2f}"
    write_csv(data / "accounts.csv", ["客户号", "企业名称", "联系人", "手机", "邮箱", "开户日期", "行业", "规模", "省份", "账期", "信用额度"], [
        [a["id"], a["name"], a["contact"], a["phone"], a["email"], a["opened"], a["industry"], a["size"], a["province"], a["terms"], blank(a["limit"])] for a in everyone])
    write_csv(data / "rates.csv", ["日期", "货币", "汇率"], [[day, "USD", rate] for day, rate in RATES.items()])
    rows = sorted(((x[1], x[0], a["id"], x) for a in everyone for x in a["invoices"]), key=lambda row: row[:2])
    rows = [[number, id_, time.date(), x[2], money(x[3]), x[5], money(x[4]), ""] for time, number, id_, x in rows]
    red = sorted((time, number, a["id"], amount, a["foreign"]) for a in everyone for number, time, amount in a["credits"])
    rows += [[f"HZ{n:04d}", id_, time.date(), "", money(-amount), "USD" if foreign else "CNY", "", number] for n, (time, number, id_, amount, foreign) in enumerate(red, 1)]
    # What cleaning has to catch: 30 February, an amount in words, a currency that is none, the same invoice with
    # another amount; the same row twice counts once.
    rows.insert(11, list(rows[10]))
    rows += [["FP90001", everyone[0]["id"], "2025-02-30", "轴承", "8000.00", "CNY", "6000.00", ""], ["FP90002", everyone[1]["id"], "2025-03-03", "轴承", "面议", "CNY", "", ""],
             ["FP90003", everyone[2]["id"], "2025-03-04", "电气", "9000.00", "RMBX", "7000.00", ""], [*rows[100][:4], "1.00", *rows[100][5:]]]
    write_csv(data / "invoices.csv", ["发票号", "客户号", "开票时间", "产品线", "金额", "币种", "成本", "原发票"], rows)
    rows = sorted((time, number, a["id"], late) for a in everyone for number, time, late, _ in a["payments"])
    write_csv(data / "payments.csv", ["发票号", "客户号", "付款时间", "逾期天数"], [[number, id_, time.date(), late] for time, number, id_, late in rows])
    write_csv(data / "receivables.csv", ["客户号", "日期", "应收余额", "逾期余额"], [[a["id"], CLOCK, money(a["open"]), money(a["overdue"])] for a in everyone if a["invoices"]])
    write_csv(data / "visits.csv", ["客户号", "日期"], [[id_, day] for day, id_ in sorted((day, a["id"]) for a in everyone for day in a["visits"])])
    write_csv(data / "strategic.csv", ["客户号", "名单", "加入日期"], [
        [a["id"], "战略客户", max(a["opened"], dt.date(2024, 7, 1))] for a in everyone if a["strategic"]])


def indicators(a):
    own = lambda amount, currency, day: rounded(amount * rate_at(day)) if currency == "USD" else Fraction(amount)
    lines = [(x[0], x[1].date(), x[2], own(x[3], x[5], x[1].date()), x[4]) for x in a["invoices"]]
    placed = {x[0]: x[1] for x in lines}
    year = [x for x in lines if in_months(x[1], CLOCK, 12)]
    half = sum((x[3] for x in lines if in_months(x[1], CLOCK, 6)), Fraction(0))
    before = sum((x[3] for x in lines if not in_months(x[1], CLOCK, 6) and in_months(x[1], CLOCK, 12)), Fraction(0))
    revenue = sum((x[3] for x in year), Fraction(0))
    credit = sum((own(amount, "USD" if a["foreign"] else "CNY", time.date()) for number, time, amount in a["credits"] if in_months(placed[number], CLOCK, 12)), Fraction(0))
    margin = sum((x[3] - x[4] for x in year), Fraction(0))
    days = sorted({x[1] for x in lines})
    gaps = [(b - c).days for c, b in zip(days, days[1:])]
    return {
        "lines": lines, "revenue": revenue, "net": revenue - credit, "margin_rate": ratio(margin, revenue), "invoices": len(lines),
        "change": (half - before) / before if before else None,
        "months": len({(x[1].year, x[1].month) for x in year}), "gap": median(gaps) if gaps else None,
        "recency": (CLOCK - days[-1]).days if days else None, "kinds": len({x[2] for x in year}),
        "late": mean(late for _, time, late, _ in a["payments"] if in_months(time.date(), CLOCK, 12)),
        "overdue_share": ratio(a["overdue"], a["open"]) if a["invoices"] else None,
        "used": None if not a["limit"] or not a["invoices"] else a["open"] / a["limit"],
        "visits": sum(in_days(day, CLOCK, 90) for day in a["visits"]), "tenure": (CLOCK - a["opened"]).days,
    }


def score(a, i):
    value = step(i["revenue"], (30000, 4), (100000, 10), (300000, 18), (None, 25))
    value += Fraction(0) if i["margin_rate"] is None else step(i["margin_rate"], ("0.1", 0), ("0.18", 5), ("0.28", 10), (None, 15))
    value += Fraction(3) if i["change"] is None else step(i["change"], ("-0.3", 0), ("0.1", 4), (None, 8))
    payment = Fraction(10) if i["late"] is None else step(i["late"], (1, 20), (8, 14), (31, 6), (None, 0))
    if not a["invoices"]:
        # No receivables were ever told for this account.
        payment += 5
    else:
        payment += Fraction(10) if i["overdue_share"] is None else step(i["overdue_share"], ("0.1", 10), ("0.4", 4), (None, 0))
    payment += Fraction(4) if i["used"] is None else step(i["used"], ("0.5", 8), ("0.9", 4), (None, 0))
    relation = clamp(Fraction(i["months"]), 0, 10) + clamp(Fraction(2 * i["kinds"]), 0, 6) + step(i["visits"], (1, 0), (2, 4), (None, 8))
    red = sum((rounded(-2 * (1 - Fraction((CLOCK - time.date()).days, 180))) for _, time, _ in a["credits"] if in_days(time.date(), CLOCK, 180)), Fraction(0))
    total = clamp(value, high=45) + clamp(payment, high=35) + clamp(relation, high=20) + clamp(red, low=-6) + (5 if a["strategic"] else 0)
    return clamp(total, 0, 100)


CELLS = [
    ["standard", "standard", "watch", "cash"],
    ["key", "standard", "watch", "cash"],
    ["key", "key", "standard", "watch"],
    ["strategic", "key", "standard", "watch"],
]


def grade(everyone):
    graded = []
    for a in everyone:
        i = indicators(a)
        value, late, lines = score(a, i), i["late"], i["lines"]
        tier = None
        if i["revenue"] > 0 and late is not None:
            row = sum(i["net"] >= cut for cut in (50000, 150000, 600000))
            tier = CELLS[row][sum(late >= cut for cut in (1, 15, 45))]
        payments = a["payments"]
        segments = {
            "customers_12m": i["revenue"] > 0,
            "mid_large_makers": a["industry"] in ("机械制造", "电子") and a["size"] in ("中型", "大型"),
            "export": any(x[5] == "USD" for x in a["invoices"]),
            "overdue_exposure": a["overdue"] >= 20000 and bool(a["invoices"]),
            "over_limit": i["used"] is not None and i["used"] > 1,
            "rhythm_broken": i["invoices"] >= 4 and i["recency"] > 2 * i["gap"],
            "growing_on_time": i["change"] is not None and i["change"] >= exact("0.3") and late is not None and late < 1,
            "one_product_line": i["net"] >= 60000 and i["kinds"] == 1,
            "thin_margin": i["margin_rate"] is not None and i["margin_rate"] < exact("0.15"),
            "strategic": a["strategic"],
            "large_not_visited": a["size"] in ("中型", "大型") and not any(in_days(day, CLOCK, 90) for day in a["visits"]),
            "back_to_paying_on_time": any(p[2] > 30 and q[2] <= 0 and p[1] < q[1] for p in payments for q in payments),
            "new_accounts": i["tenure"] <= 180,
        }
        segments["key_at_risk"] = tier in ("key", "strategic") and segments["rhythm_broken"]
        if i["used"] is not None and i["used"] > 1 and a["overdue"] > 0:
            action = "停止发货"
        elif late is not None and late >= 30:
            action = "款到发货"
        elif a["invoices"] and a["overdue"] >= 20000:
            action = "催收"
        elif i["net"] >= 150000 and late is not None and late < 1:
            action = "可提高额度"
        else:
            action = "维持"
        rebate = max([2 * (i["net"] >= 80000), 3 * (i["net"] >= 200000), 4 * (i["kinds"] >= 3 and i["net"] >= 80000), 5 * (i["net"] >= 600000), 0])
        graded.append({
            "customer": a["id"], "score": value, "tier": tier, "segments": [name for name, holds in segments.items() if holds],
            "credit_terms": level_of(value, [("cash", None), ("days_30", 45), ("days_60", 65), ("days_90", 82)]) if i["revenue"] > 0 else None,
            "credit_action": action, "rebate": rebate,
            "lifecycle": "prospect" if i["invoices"] == 0 else "new" if i["tenure"] <= 180 else "lost" if i["recency"] > 180
            else "slipping" if segments["rhythm_broken"] else "growing" if i["change"] is not None and i["change"] >= exact("0.3") else "steady",
            "by_industry": a["industry"], "by_size": a["size"],
        })
    return graded


def main():
    everyone = companies()
    write(everyone)
    write_expected(HERE / "expected.csv", grade(everyone))


if __name__ == "__main__":
    main()
