#!/usr/bin/env python3
"""Retail chain: makes `data/` and `expected.csv`, the same bytes each time. Nobody in it exists."""

import datetime as dt
import pathlib
import sys
from fractions import Fraction

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from kit import *  # noqa: E402,F403

FIRST, CLOCK = dt.date(2023, 10, 1), dt.date(2024, 12, 31)
N_MEMBERS = 302
chance = Chance(1111)

# Store, name, city, kind, region; since July 2024 Wuhan belongs to the centre and no longer to the east.
STORES = [
    ("D01", "上海徐汇店", "上海", "大店", "华东"), ("D02", "杭州城西店", "杭州", "大店", "华东"), ("D03", "苏州湖东店", "苏州", "社区店", "华东"),
    ("D04", "武汉江汉店", "武汉", "社区店", "华东"), ("D05", "广州天河店", "广州", "大店", "华南"), ("D06", "深圳南山店", "深圳", "社区店", "华南"),
    ("D07", "北京望京店", "北京", "大店", "华北"), ("D08", "成都高新店", "成都", "社区店", "西南"), ("WEB", "线上商城", "线上", "线上", "线上"),
]
MOVED = {"D04": (dt.date(2024, 7, 1), "华中")}
# Item, category, price, cost, cost since July 2024.
ITEMS = [
    ("P11", "生鲜", 32, "24.50", "26.00"), ("P12", "生鲜", 58, "46.00", "47.50"), ("P13", "生鲜", 18, "13.20", None), ("P21", "粮油", 79, "68.00", "69.00"),
    ("P22", "粮油", 45, "37.00", None), ("P31", "日化", 39, "22.00", None), ("P32", "日化", 89, "51.00", "54.00"), ("P41", "酒水", 128, "84.00", None),
    ("P42", "酒水", 299, "201.00", "210.00"), ("P51", "家居", 159, "80.00", None), ("P61", "零食", 26, "15.00", None), ("P62", "零食", 49, "29.00", "30.00"),
]
RISE = dt.date(2024, 7, 1)
# Receipts a month, how that changes with each month, lines, share online, favourite categories, coupons.
PERSONAS = [
    (("周周来", 2.4, 0.00, 1, 0.10, ["生鲜", "生鲜", "生鲜", "粮油"], 0.2), 7), (("全渠道", 0.66, 0.02, 1, 0.45, ["生鲜", "日化", "零食"], 0.3), 16),
    (("家庭囤货", 0.35, 0.00, 3, 0.30, ["粮油", "日化", "酒水"], 0.3), 18), (("网购", 0.35, 0.02, 1, 1.0, ["日化", "零食"], 0.4), 12),
    (("薅券", 0.55, 0.00, 1, 0.50, ["生鲜", "粮油"], 0.95), 8), (("流失", 1.0, -0.07, 1, 0.15, ["生鲜", "酒水"], 0.2), 16), (("偶尔", 0.12, 0.00, 1, 0.20, ["零食"], 0.1), 20),
]


def region_at(store, day):
    moved = MOVED.get(store[0])
    return moved[1] if moved and day >= moved[0] else store[4]


def cost_at(item, day):
    return exact(item[4] if item[4] and day >= RISE else item[3])


def people():
    made, receipts = [], [0]
    for n in range(1, N_MEMBERS + 1):
        persona = chance.weighted(PERSONAS)
        _, rate, change, lines, online, likes, coupons = persona
        home = chance.pick(STORES[:8])
        joined = FIRST + dt.timedelta(days=chance.below(60) if persona[0] in ("流失", "周周来") else chance.below(430))
        person = {
            "id": f"{600000 + n * 19}", "name": chance.name(), "phone": f"1390070{n:04d}", "joined": joined, "city": home[2],
            "birthday": dt.date(chance.between(1958, 2002), chance.between(1, 12), chance.between(1, 28)) if chance.happens(0.7) else None,
            "lines": [], "returns": [], "issued": [], "redeemed": [],
        }
        days = [joined]
        for age, (year, month) in enumerate(months(joined, CLOCK)):
            expected = max(0.0, rate * (1 + change * age)) * {1: 1.4, 2: 1.2, 6: 1.2, 9: 1.2, 11: 1.5, 12: 1.3}.get(month, 1.0)
            days += [dt.date(year, month, chance.between(1, 28)) for _ in range(chance.times(expected))]
        for day in sorted(day for day in days if joined <= day <= CLOCK):
            receipts[0] += 1
            number, time = f"R{receipts[0]:05d}", chance.moment(day, 8, 21)
            store = STORES[8] if chance.happens(online) else home if chance.happens(0.85) else chance.pick(STORES[:8])
            cut = chance.happens(coupons)
            for line in range(1, lines + chance.between(0, 1) + 1):
                liked = chance.pick(likes) if chance.happens(0.7) else None
                item = chance.pick([i for i in ITEMS if liked is None or i[1] == liked])
                quantity = chance.weighted([(1, 5), (2, 3), (4, 1)])
                amount = rounded(exact(item[2]) * quantity * (exact("0.82") if cut else 1), 2)
                person["lines"].append((time, number, line, store, item, quantity, amount))
                if chance.happens(0.015):
                    back = day + dt.timedelta(days=chance.between(1, 9))
                    if back <= CLOCK:
                        person["returns"].append((chance.moment(back, 9, 20), number, line, store, item, quantity, amount))
            if cut:
                person["redeemed"].append(time)
        for year, month in months(joined, CLOCK):
            if month in (6, 11) and chance.happens(0.6):
                sent = dt.date(year, month, 3)
                if sent > joined:
                    person["issued"].append(dt.datetime.combine(sent, dt.time(8)))
        made.append(person)
    return made


def write(everyone):
    data = HERE / "data"
    minute = lambda time: f"{time:%Y-%m-%d %H:%M}"
    rows = [[s[0], s[1], s[2], s[3], s[4], "2023-01-01"] for s in STORES]
    rows += [[code, "", "", "", region, since] for code, (since, region) in MOVED.items()]
    write_csv(data / "stores.csv", ["门店码", "名称", "城市", "业态", "大区", "生效日期"], rows)
    rows = [[i[0], i[1], i[3], "2023-01-01"] for i in ITEMS] + [[i[0], "", i[4], RISE] for i in ITEMS if i[4]]
    write_csv(data / "items.csv", ["商品码", "品类", "进价", "生效日期"], rows)
    write_csv(data / "members.csv", ["会员号", "姓名", "手机号", "入会日期", "城市", "生日"], [
        [p["id"], p["name"], chance.written(p["phone"]), p["joined"], p["city"], p["birthday"] or ""] for p in everyone])
    rows = [(time, number, line, p["id"], store[0], item[0], quantity, amount, "")
            for p in everyone for time, number, line, store, item, quantity, amount in p["lines"]]
    rows += [(time, f"T{number[1:]}", line, p["id"], store[0], item[0], quantity, -amount, number)
             for p in everyone for time, number, line, store, item, quantity, amount in p["returns"]]
    rows = [[number, line, minute(time), id_, store, item, quantity, f"{float(amount):.2f}", of]
            for time, number, line, id_, store, item, quantity, amount, of in sorted(rows, key=lambda row: row[:3])]
    # What cleaning has to catch: 31 November, an amount in words, the same line with another amount. A receipt
    # without a card is nobody's; the same row twice counts once.
    rows.insert(61, list(rows[60]))
    rows += [["R90001", 1, "2024-11-31 10:00", everyone[0]["id"], "D01", "P11", 1, "32.00", ""], ["R90002", 1, "2024-11-11 10:00", everyone[1]["id"], "D01", "P11", 1, "赠品", ""],
             [*rows[200][:7], "0.01", ""], ["R90003", 1, "2024-11-12 10:00", "", "D02", "P41", 2, "256.00", ""]]
    write_csv(data / "receipts.csv", ["小票号", "行号", "时间", "会员号", "门店码", "商品码", "数量", "金额", "原小票"], rows)
    rows = [(time, p["id"], what) for p in everyone for what, times in (("发放", p["issued"]), ("核销", p["redeemed"])) for time in times]
    write_csv(data / "coupons.csv", ["会员号", "时间", "状态"], [[id_, minute(time), what] for time, id_, what in sorted(rows)])


def quarter(year, q):
    last_month = dt.date(year + q // 4, q % 4 * 3 + 1, 1)
    return dt.date(year, q * 3 - 2, 1), last_month - dt.timedelta(days=1)


def indicators(p):
    year = [x for x in p["lines"] if in_months(x[0].date(), CLOCK, 12)]
    spend, days = sum(x[6] for x in year), [(CLOCK - x[0].date()).days for x in p["lines"]]
    orders = len({x[1] for x in year})
    between = lambda span: sum(x[6] for x in p["lines"] if span[0] <= x[0].date() <= span[1])
    before = between(quarter(2023, 4))
    margin = sum(x[6] - x[5] * cost_at(x[4], x[0].date()) for x in year)
    return {
        "recency": min(days, default=None), "first": max(days, default=None), "orders": orders, "orders_all": len({x[1] for x in p["lines"]}),
        "spend": spend, "spend_all": sum(x[6] for x in p["lines"]), "margin": margin, "margin_rate": ratio(margin, spend),
        "weeks": len({x[0].date() - dt.timedelta(days=x[0].weekday()) for x in year}),
        "per_basket": ratio(len(year), orders), "online": ratio(sum(x[6] for x in year if x[3][3] == "线上"), spend),
        "fresh": ratio(sum(x[6] for x in year if x[4][1] == "生鲜"), spend), "categories": len({x[4][1] for x in year}),
        "region": most_frequent(region_at(x[3], x[0].date()) for x in p["lines"] if x[3][3] != "线上"),
        "on_year": None if not before else (between(quarter(2024, 4)) - before) / abs(before),
        "redeemed": sum(in_months(time.date(), CLOCK, 12) for time in p["redeemed"]),
    }


def grade(everyone):
    all_ = [indicators(p) for p in everyone]
    by_spend, by_margin = quantile_bins([i["spend"] for i in all_], 5), quantile_bins([i["margin"] for i in all_], 4)
    for i in all_:
        score = Fraction([0, 25, 50, 75, 100][by_spend(i["spend"])]) * exact("0.35")
        score += Fraction([0, 40, 70, 100][by_margin(i["margin"])]) * exact("0.15")
        score += clamp(i["weeks"] * exact("2.5") * exact("0.2"), 0, 20)
        score += (Fraction(0) if i["recency"] is None else step(i["recency"], (15, 100), (30, 80), (60, 50), (120, 20), (None, 0))) * exact("0.2")
        score += step(i["categories"], (1, 0), (2, 20), (4, 60), (None, 100)) * exact("0.1")
        if i["online"] is not None and exact("0.1") <= i["online"] <= exact("0.9"):
            score += 5
        if i["redeemed"] >= 4 and i["margin_rate"] < exact("0.15"):
            score -= 5
        i["score"] = clamp(score, 0, 100)
    eligible = [i["score"] for i in all_ if i["orders"] >= 2]
    cuts = [(name, best(eligible, percent)) for name, percent in (("green", 50), ("gold", 20), ("black", 5))]
    buyers = [i for i in all_ if i["orders_all"] >= 1]
    axes = [quantile_bins([i[axis] for i in buyers], 5) for axis in ("recency", "orders_all", "spend_all")]
    graded = []
    for p, i in zip(everyone, all_):
        year = [x for x in p["lines"] if in_months(x[0].date(), CLOCK, 12)]
        online = any(x[3][3] == "线上" for x in year)
        shop = any(x[3][3] != "线上" for x in year)
        has = lambda category: any(x[4][1] == category for x in year)
        buyer, recency = i["orders_all"] >= 1, i["recency"]
        segments = {
            "shoppers": i["orders"] >= 1,
            "online_only": online and not shop,
            "omnichannel": i["online"] is not None and exact("0.1") <= i["online"] <= exact("0.9"),
            "shop_then_online": any(a[3][3] != "线上" and b[3][3] == "线上" and a[0] < b[0] and (b[0].date() - a[0].date()).days <= 14
                                    for a in p["lines"] for b in p["lines"]),
            "fresh_lovers": i["orders"] >= 4 and i["fresh"] >= exact("0.5"),
            "fresh_without_household": has("生鲜") and not has("日化"),
            "coupon_hunters": i["redeemed"] >= 4 and i["margin_rate"] < exact("0.15"),
            "east": i["region"] == "华东",
            "new_year_shoppers": any(dt.date(2024, 1, 1) <= x[0].date() <= dt.date(2024, 1, 31) for x in p["lines"]),
            "quarter_down": i["on_year"] is not None and i["on_year"] <= exact("-0.5"),
            "big_baskets": i["per_basket"] is not None and i["per_basket"] >= 3,
            "asleep": buyer and 60 < recency <= 180 and i["orders_all"] >= 5,
            "birthday_january": p["birthday"] is not None and p["birthday"].month == 1,
        }
        segments["asleep_not_hunters"] = segments["asleep"] and not segments["coupon_hunters"]
        tier = None
        if i["orders"] >= 2:
            tier = "member"
            for name, cut in cuts:
                tier = name if i["score"] >= cut else tier
        lifecycle = None
        if buyer:
            lifecycle = ("new" if i["first"] <= 45 else "steady" if recency <= 30 and i["weeks"] >= 12 else "active" if recency <= 60
                         else "asleep" if recency <= 180 else "lost")
            r, f, m = axes[0](recency), axes[1](i["orders_all"]), axes[2](i["spend_all"])
        graded.append({
            "customer": p["id"], "score": i["score"], "tier": tier, "segments": [name for name, holds in segments.items() if holds],
            "rhythm": "weekly" if i["weeks"] >= 26 else "fortnightly" if i["weeks"] >= 13 else "monthly" if i["weeks"] >= 6 else "rare",
            "coupon": "不发券" if segments["coupon_hunters"] else "唤回满减" if segments["asleep"] else "线上首单券" if i["orders"] >= 1 and not online
            else "生鲜加日化组合券" if segments["fresh_without_household"] else "普通券",
            "lifecycle": lifecycle, "rfm": rfm11(5 - r, f + 1, m + 1) if buyer else None, "by_region": i["region"],
        })
    return graded


def main():
    everyone = people()
    write(everyone)
    write_expected(HERE / "expected.csv", grade(everyone))


if __name__ == "__main__":
    main()
