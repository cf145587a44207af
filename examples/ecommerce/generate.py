#!/usr/bin/env python3
"""E-commerce: makes `data/` and `expected.csv`, the same bytes each time. Nobody in it exists."""

import datetime as dt
import pathlib
import sys
from fractions import Fraction

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from kit import *  # noqa: E402,F403

FIRST, CLOCK = dt.date(2024, 1, 1), dt.date(2025, 6, 30)
N_CUSTOMERS = 304
chance = Chance(618)

PRODUCTS = [
    ("SP1001", "轻薄羽绒服", "服饰", 459, 190), ("SP1002", "纯棉T恤", "服饰", 79, 28), ("SP1003", "运动跑鞋", "服饰", 329, 150),
    ("SP2001", "保湿面霜", "美妆", 168, 45), ("SP2002", "防晒喷雾", "美妆", 89, 24), ("SP2003", "口红礼盒", "美妆", 299, 90),
    ("SP3001", "空气炸锅", "家电", 359, 210), ("SP3002", "扫地机器人", "家电", 1699, 1080), ("SP3003", "电动牙刷", "家电", 199, 85),
    ("SP4001", "坚果礼盒", "食品", 128, 70), ("SP4002", "冻干咖啡", "食品", 69, 30), ("SP4003", "进口牛奶", "食品", 75, 48),
    ("SP5001", "婴儿纸尿裤", "母婴", 139, 88), ("SP5002", "儿童积木", "母婴", 219, 95),
]
# Orders a month, how that changes with each month of age, returns, visits a month.
PERSONAS = [
    (("忠诚", 0.75, 0.00, 0.05, 3.0), 14), (("成长", 0.35, 0.05, 0.05, 2.5), 16), (("普通", 0.22, 0.00, 0.07, 1.2), 32),
    (("流失", 0.60, -0.13, 0.10, 0.3), 18), (("一次", 0.00, 0.00, 0.08, 0.3), 12), (("爱退货", 0.45, 0.00, 0.45, 2.0), 4),
    (("只逛", None, 0.00, 0.00, 1.6), 4),
]
SEASON = {1: 1.3, 3: 1.1, 6: 1.9, 11: 2.4, 12: 1.3}


def people():
    made = []
    for n in range(1, N_CUSTOMERS + 1):
        persona = chance.weighted(PERSONAS)
        span = 200 if persona[0] == "流失" else (CLOCK - FIRST).days - 8
        made.append({
            "id": f"M{10000 + n * 3}", "name": chance.name(), "phone": f"1390010{n:04d}",
            "email": f"buyer{n:04d}@example.com" if chance.happens(0.6) else "",
            "joined": FIRST + dt.timedelta(days=chance.below(span)),
            "province": chance.weighted(PROVINCES) if chance.happens(0.93) else None,
            "birthday": dt.date(chance.between(1968, 2004), chance.between(1, 12), chance.between(1, 28)) if chance.happens(0.8) else None,
            "persona": persona, "lines": [], "refunds": [], "visits": [], "carts": [], "complaints": [],
        })
    return made


def live(person, counter):
    """What a person did: order lines, refunds, visits, carts, complaints."""
    _, rate, change, returns, visits = person["persona"]
    days = [person["joined"]] if rate is not None else []
    for age, (year, month) in enumerate(months(person["joined"], CLOCK)):
        expected = max(0.0, (rate or 0) * (1 + change * age)) * SEASON.get(month, 1.0)
        days += [dt.date(year, month, chance.between(1, 28)) for _ in range(chance.times(expected))]
    for day in sorted(day for day in days if person["joined"] <= day <= CLOCK):
        counter[0] += 1
        order, time = f"DD{day:%y%m%d}{counter[0]:05d}", chance.moment(day)
        cancelled = chance.happens(0.03)
        for line in range(1, chance.weighted([(1, 6), (2, 3), (3, 1)]) + 1):
            product = chance.pick(PRODUCTS)
            quantity = chance.weighted([(1, 8), (2, 2)])
            off = chance.weighted([(0, 6), (10, 2), (30, 1)]) if product[3] > 100 else 0
            person["lines"].append((order, line, time, product, quantity, product[3] * quantity - off, not cancelled))
            if not cancelled and chance.happens(returns):
                back = day + dt.timedelta(days=chance.between(2, 12))
                if back <= CLOCK:
                    person["refunds"].append((order, line, chance.moment(back), product, product[3] * quantity - off))
        if chance.happens(0.5):
            person["carts"].append(time - dt.timedelta(hours=chance.between(1, 80)))
        if chance.happens(0.25 if returns > 0.4 else 0.04):
            upset = day + dt.timedelta(days=chance.between(1, 10))
            if upset <= CLOCK:
                person["complaints"].append(chance.moment(upset))
    for age, (year, month) in enumerate(months(max(person["joined"], dt.date(2024, 6, 1)), CLOCK)):
        for _ in range(chance.times(max(0.05, visits * 0.42 * (1 + change * age)))):
            day = dt.date(year, month, chance.between(1, 28))
            if day >= person["joined"]:
                person["visits"].append(chance.moment(day))
                if chance.happens(0.15):
                    person["carts"].append(chance.moment(day) + dt.timedelta(minutes=7))
    person["carts"] = sorted({time for time in person["carts"] if person["joined"] <= time.date() <= CLOCK})


def write(everyone):
    data = HERE / "data"
    write_csv(data / "products.csv", ["商品编码", "商品名称", "类目", "成本", "生效日期"],
              [[code, name, category, f"{cost}.00", "2024-01-01"] for code, name, category, _, cost in PRODUCTS])
    write_csv(data / "members.csv", ["会员号", "姓名", "手机号", "邮箱", "注册日期", "省份", "生日"], [
        [p["id"], p["name"], chance.written(p["phone"]), p["email"], p["joined"], p["province"] or "", p["birthday"] or ""] for p in everyone])

    def slashed(time):
        return f"{time.year}/{time.month}/{time.day} {time.hour}:{time.minute:02d}"

    rows = []
    for p in everyone:
        for order, line, time, product, quantity, amount, paid in p["lines"]:
            rows.append((time, [order, line, slashed(time), chance.written(p["phone"]), product[0], quantity, f"{amount}.00", "完成" if paid else "取消", ""]))
        for order, line, time, product, amount in p["refunds"]:
            rows.append((time, [f"TK{order[2:]}", line, slashed(time), p["phone"], product[0], 1, f"-{amount}.00", "退款", order]))
    rows.sort(key=lambda row: (row[0], row[1][0], row[1][1]))
    rows = [row for _, row in rows]
    # What cleaning has to catch: a telephone too short, 30 February, an amount in words, a line that was
    # exported twice (counts once, it has a key), and the same key with another amount.
    rows.insert(len(rows) // 3, list(rows[len(rows) // 3]))
    wrong = list(rows[len(rows) // 2])
    wrong[6] = "1.00"
    rows.append(wrong)
    rows.append(["DD25030999991", 1, "2025/3/9 10:00", "13900", "SP3003", 1, "199.00", "完成", ""])
    rows.append(["DD25023099992", 1, "2025/2/30 10:00", everyone[6]["phone"], "SP4001", 1, "128.00", "完成", ""])
    rows.append(["DD25040199993", 1, "2025/4/1 10:00", everyone[7]["phone"], "SP4002", 1, "六十九", "完成", ""])
    write_csv(data / "orders.csv", ["订单号", "行号", "下单时间", "手机号", "商品编码", "数量", "金额", "状态", "原订单号"], rows, "gb18030")

    seen = [(time, p["id"], what) for p in everyone for what, times in (("浏览", p["visits"]), ("加购", p["carts"])) for time in times]
    write_csv(data / "behaviour.csv", ["会员号", "时间", "行为"], [[id_, f"{time:%Y-%m-%d %H:%M}", what] for time, id_, what in sorted(seen)])
    upset = sorted((time, p["id"]) for p in everyone for time in p["complaints"])
    write_csv(data / "complaints.csv", ["工单号", "会员号", "时间", "类别"], [
        [f"GD{n:04d}", id_, f"{time:%Y-%m-%d %H:%M}", chance.pick(["物流慢", "商品破损", "与描述不符"])] for n, (time, id_) in enumerate(upset, 1)])


def indicators(p):
    paid = [line for line in p["lines"] if line[6]]
    placed = {line[0]: line[2].date() for line in p["lines"]}
    year = [line for line in paid if in_months(line[2].date(), CLOCK, 12)]
    refunds = sum(amount for order, _, _, _, amount in p["refunds"] if in_months(placed[order], CLOCK, 12))
    days = [(CLOCK - line[2].date()).days for line in paid]
    spend = sum(line[5] for line in year)
    return {
        "recency": min(days) if days else None,
        "first": max(days) if days else None,
        "orders": len({line[0] for line in paid}),
        "orders_12m": len({line[0] for line in year}),
        "spend": sum(line[5] for line in paid),
        "net": spend - refunds,
        "return_rate": ratio(refunds, spend),
        "visits_30d": sum(in_days(time.date(), CLOCK, 30) for time in p["visits"]),
        "carts_14d": sum(in_days(time.date(), CLOCK, 14) for time in p["carts"]),
        "complaints_90d": sum(in_days(time.date(), CLOCK, 90) for time in p["complaints"]),
        "favourite": most_frequent(line[3][2] for line in paid),
    }


def grade(everyone):
    all_ = [indicators(p) for p in everyone]
    fifth = quantile_bins([i["net"] for i in all_], 5)
    graded = []
    for p, i in zip(everyone, all_):
        recency = Fraction(0) if i["recency"] is None else step(i["recency"], (30, 100), (60, 80), (120, 50), (180, 25), (None, 0))
        score = recency * exact("0.25")
        score += step(i["orders_12m"], (1, 0), (2, 20), (4, 50), (7, 80), (None, 100)) * exact("0.25")
        score += Fraction([0, 25, 50, 75, 100][fifth(i["net"])]) * exact("0.3")
        score += clamp(Fraction(40 * i["visits_30d"]) * exact("0.1"), 0, 10)
        rate = i["return_rate"]
        score += (Fraction(50) if rate is None else step(rate, ("0.05", 100), ("0.2", 60), ("0.5", 20), (None, 0))) * exact("0.1")
        faded = sum(rounded(exact(-5 * 2 ** (-(CLOCK - t.date()).days / 60))) for t in p["complaints"] if in_days(t.date(), CLOCK, 180))
        score += clamp(Fraction(faded), -10)
        if p["province"] and p["birthday"]:
            score += 2
        i["score"] = clamp(score, 0, 100)
    buyers = [i for i in all_ if i["orders"]]
    cut20, cut5 = best([i["score"] for i in buyers], 20), best([i["score"] for i in buyers], 5)
    middle = {axis: median(i[axis] for i in buyers) for axis in ("recency", "orders", "spend")}
    for p, i in zip(everyone, all_):
        buyer, recency = i["orders"] >= 1, i["recency"]
        tier = level_of(i["net"], [("member", None), ("silver", 800), ("gold", 2500), ("diamond", 8000)]) if buyer else None
        bought = [line[2] for line in p["lines"] if line[6]]
        segments = {
            "buyers": buyer,
            "win_back": buyer and i["spend"] >= 1500 and 120 <= recency <= 365,
            "vip_cooling": tier in ("gold", "diamond") and recency > 45,
            "window_shoppers": i["visits_30d"] >= 1 and not any(in_days(t.date(), CLOCK, 30) for t in bought),
            "cart_left": i["carts_14d"] >= 1 and not any(in_days(t.date(), CLOCK, 14) for t in bought),
            "bought_after_cart": any(
                cart < t and (t.date() - cart.date()).days <= 3
                for cart in p["carts"] if in_days(cart.date(), CLOCK, 90) for t in bought),
            "many_returns": buyer and i["return_rate"] is not None and i["return_rate"] > exact("0.3"),
            "new_buyers": buyer and i["first"] <= 30,
            "birthday_july": buyer and p["birthday"] is not None and p["birthday"].month == 7,
            "yangtze_delta": buyer and p["province"] in ("上海市", "江苏省", "浙江省"),
        }
        segments["win_back_reachable"] = segments["win_back"] and not segments["many_returns"]
        if i["complaints_90d"] >= 1:
            action = "客服回访"
        elif buyer and i["orders"] >= 3 and recency > 120:
            action = "唤回券"
        elif i["carts_14d"] >= 1:
            action = "加购提醒"
        elif buyer and i["first"] <= 30:
            action = "新客礼"
        else:
            action = "常规触达"
        lifecycle = "lost"
        for name, holds in [("new", buyer and i["first"] <= 30), ("active", buyer and recency <= 60),
                            ("slipping", buyer and recency <= 120), ("asleep", buyer and recency <= 240)][::-1]:
            lifecycle = name if holds else lifecycle
        graded.append({
            "customer": p["id"], "score": i["score"], "tier": tier, "segments": [name for name, holds in segments.items() if holds],
            "core": ("top_5" if i["score"] >= cut5 else "top_20" if i["score"] >= cut20 else "rest") if buyer else None,
            "next_action": action,
            "lifecycle": lifecycle if buyer else None,
            "rfm": rfm8(recency <= middle["recency"], i["orders"] > middle["orders"], i["spend"] > middle["spend"]) if buyer else None,
            "favourite": i["favourite"],
        })
    return graded


def main():
    everyone, counter = people(), [0]
    for person in everyone:
        live(person, counter)
    write(everyone)
    write_expected(HERE / "expected.csv", grade(everyone))


if __name__ == "__main__":
    main()
