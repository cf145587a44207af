#!/usr/bin/env python3
"""Bank risk: makes `data/` and `expected.csv`, the same bytes each time. Nobody in it exists."""

import datetime as dt
import pathlib
import sys
from fractions import Fraction

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from kit import *  # noqa: E402,F403

CLOCK = dt.date(2025, 6, 30)
N_CUSTOMERS = 360
chance = Chance(600)

# What they use of their limit, how likely they miss a payment, how likely they pay up again.
PERSONAS = [
    (("稳健", 0.15, 0.004, 0.95), 48), (("循环", 0.55, 0.02, 0.85), 24), (("紧张", 0.85, 0.07, 0.65), 16),
    (("恶化", 0.90, 0.18, 0.25), 7), (("少用", 0.02, 0.002, 0.95), 5),
]
OCCUPATIONS = [("公务员", 10), ("国企", 18), ("私企", 42), ("自由职业", 16), ("学生", 5), (None, 4)]


def month_ends(first, last):
    return [dt.date(y + m // 12, m % 12 + 1, 1) - dt.timedelta(days=1) for y, m in months(first, last)]


def people():
    made = []
    for n in range(1, N_CUSTOMERS + 1):
        persona = chance.weighted(PERSONAS)
        _, use, miss, cure = persona
        occupation = chance.weighted(OCCUPATIONS)
        opened = CLOCK - dt.timedelta(days=chance.weighted([(chance.between(3, 29), 2), (chance.between(40, 360), 20), (chance.between(361, 1900), 78)]))
        income = 0 if occupation == "学生" else chance.between(40, 420) * 100
        if chance.happens(0.05) and income:
            income = None
        limit = chance.pick([5000, 10000, 20000, 30000, 50000, 80000])
        debt = int((income if income is not None else 12000) * chance.pick([0.05, 0.12, 0.18, 0.26, 0.33, 0.42, 0.55, 0.75]) / 10) * 10
        if occupation == "学生":
            debt, limit = 0, 5000
        bureau = None if chance.happens(0.04) else -1 if chance.happens(0.07 if occupation != "学生" else 0.8) else int(
            {"稳健": 700, "循环": 660, "紧张": 610, "恶化": 570, "少用": 690}[persona[0]] + (chance.part() - 0.5) * 120)
        person = {
            "id": f"K{700000 + n * 11}", "name": chance.name(), "phone": f"1390020{n:04d}", "opened": opened,
            "occupation": occupation, "income": income, "debt": debt, "limit": limit, "bureau": bureau,
            "province": chance.weighted(PROVINCES), "statements": [], "inquiries": [], "listed": False,
        }
        overdue = 0
        for day in month_ends(max(opened, dt.date(2024, 7, 1)), CLOCK):
            # The first statement comes twenty days after the account at the earliest.
            if (day - opened).days < 20:
                continue
            if overdue:
                overdue = 0 if chance.happens(cure) else overdue + 30
            elif chance.happens(miss):
                overdue = chance.pick([3, 7, 12, 30, 32])
            season = 1.15 if day.month in (1, 11, 12) else 1.0
            balance = rounded(exact(limit) * exact(f"{min(1.05, max(0.0, use * season * (0.7 + 0.6 * chance.part()))):.4f}"), 2)
            person["statements"].append((day, balance, overdue))
        for _ in range(chance.times({"稳健": 0.5, "循环": 1.0, "紧张": 3.0, "恶化": 4.0, "少用": 0.2}[persona[0]])):
            day = CLOCK - dt.timedelta(days=chance.below(200))
            if day >= opened:
                person["inquiries"].append(day)
        person["listed"] = persona[0] == "恶化" and chance.happens(0.35)
        made.append(person)
    return made


def write(everyone):
    data = HERE / "data"
    blank = lambda value: "" if value is None else value
    write_csv(data / "accounts.csv", ["客户号", "姓名", "手机号", "开户日期", "职业", "月收入", "月还款", "授信额度", "征信分", "省份"], [
        [p["id"], p["name"], chance.written(p["phone"]), p["opened"], blank(p["occupation"]), blank(p["income"]), p["debt"], p["limit"],
         blank(p["bureau"]), p["province"]] for p in everyone])
    rows = sorted((day, p["id"], f"{float(balance):.2f}", overdue) for p in everyone for day, balance, overdue in p["statements"])
    rows = [[id_, day, balance, overdue] for day, id_, balance, overdue in rows]
    # What cleaning has to catch: an impossible date, an amount in words, days overdue that cannot be, the same
    # statement with another balance; the same row twice counts once, and one row names nobody.
    again = list(rows[200])
    rows.insert(201, again)
    rows += [[rows[300][0], rows[300][1], "1.00", 0], [everyone[3]["id"], "2025-02-31", "812.00", 0], [everyone[4]["id"], "2025-07-05", "未出账", 0],
             [everyone[5]["id"], "2025-07-05", "930.10", 9999], ["", "2025-06-30", "120.00", 0]]
    write_csv(data / "statements.csv", ["客户号", "账单日", "账单余额", "逾期天数"], rows)
    asked = sorted((day, p["id"]) for p in everyone for day in p["inquiries"])
    write_csv(data / "inquiries.csv", ["查询编号", "客户号", "查询日期", "查询机构"], [
        [f"CX{n:05d}", id_, day, chance.pick(["商业银行", "消费金融", "小额贷款"])] for n, (day, id_) in enumerate(asked, 1)])
    write_csv(data / "watchlist.csv", ["客户号", "名单", "加入日期"], [
        [p["id"], "关注名单", max(p["opened"], dt.date(2024, 7, 1))] for p in everyone if p["listed"]])


def indicators(p):
    year = [s for s in p["statements"] if in_months(s[0], CLOCK, 12)]
    three = mean(s[1] for s in p["statements"] if in_months(s[0], CLOCK, 3))
    before = mean(s[1] for s in p["statements"] if not in_months(s[0], CLOCK, 3) and in_months(s[0], CLOCK, 6))
    late = [(CLOCK - s[0]).days for s in p["statements"] if s[2] >= 30]
    income = p["income"]
    return {
        "tenure": (CLOCK - p["opened"]).days,
        "statements": len(year),
        "worst": max((s[2] for s in year), default=None),
        "dpd60": sum(s[2] >= 60 for s in year),
        "dpd90": sum(s[2] >= 90 for s in year),
        "current": p["statements"][-1][2] if p["statements"] else None,
        "since_late": min(late, default=None),
        "late_6m": any(s[2] >= 30 and in_months(s[0], CLOCK, 6) for s in p["statements"]),
        "use": None if three is None else three / p["limit"],
        "change": None if three is None or not before else (three - before) / before,
        "dti": None if not income else Fraction(p["debt"], income),
        "inquiries": sum(in_days(day, CLOCK, 90) for day in p["inquiries"]),
    }


def score(p, i):
    """Least and greatest score: they differ where the bureau was not asked."""
    fixed = Fraction(560)
    fixed += 0 if i["worst"] is None else step(i["worst"], (1, 25), (30, 5), (60, -35), (90, -60), (None, -100))
    fixed += 8 if i["since_late"] is None else step(i["since_late"], (180, -30), (365, -12), (None, -5))
    fixed += 0 if i["use"] is None else step(i["use"], ("0.1", 6), ("0.3", 14), ("0.6", 4), ("0.85", -12), (None, -28))
    if p["income"] is None:
        fixed += -10
    elif i["dti"] is None:
        fixed += -15
    else:
        fixed += step(i["dti"], ("0.2", 15), ("0.35", 8), ("0.5", -6), ("0.7", -20), (None, -40))
    fixed += step(i["tenure"], (180, -12), (365, -2), (1095, 6), (None, 14))
    fixed += {"公务员": 12, "国企": 8, "私企": 2, "自由职业": -8, None: -4}.get(p["occupation"], 0)
    fixed += step(i["inquiries"], (1, 8), (3, 0), (5, -12), (None, -25))
    if i["dpd60"] >= 2:
        fixed -= 20
    if p["bureau"] is None:
        ends = (-35, 20)
    else:
        points = Fraction(-6) if p["bureau"] == -1 else step(p["bureau"], (550, -35), (620, -12), (680, 6), (None, 20))
        ends = (points, points)
    return [clamp(fixed + end, 300, 850) for end in ends]


LEVELS = [("E", None), ("D", 520), ("C", 560), ("B", 600), ("A", 640)]


def grade(everyone):
    graded = []
    for p in everyone:
        i = indicators(p)
        low, high = score(p, i)
        value = low if low == high else None
        ceilings = [850]
        ceilings += [300] if i["dpd90"] >= 1 else []
        ceilings += [300] if i["current"] is not None and i["current"] >= 60 else []
        ceilings += [559] if i["current"] is not None and i["current"] >= 30 else []
        ceilings += [559] if p["listed"] else []
        ceilings += [599] if i["dti"] is not None and i["dti"] >= exact("0.7") else []
        ceiling = min(ceilings)
        eligible = i["statements"] >= 1
        final = 300 if ceiling <= 300 else None if value is None else min(Fraction(ceiling), value)
        tier = level_of(final, LEVELS) if eligible and final is not None else None
        if ceiling <= 300:
            decision = "拒绝"
        elif value is None or p["income"] is None:
            decision = "补充资料"
        elif ceiling < 850 or value < 560:
            decision = "人工审核"
        else:
            decision = "自动通过"
        use = i["use"]
        watch = eligible and use is not None and use >= exact("0.8") and (i["late_6m"] or i["inquiries"] >= 3)
        statements = p["statements"]
        segments = {
            "with_statements": eligible,
            "early_warning": watch,
            "collections": eligible and i["current"] >= 30,
            "hard_reject": ceiling <= 300,
            "cured": any(a[2] >= 30 and b[2] == 0 and a[0] < b[0] and (b[0] - a[0]).days <= 92 for a in statements for b in statements),
            "income_missing": p["income"] is None,
            "no_bureau_record": p["bureau"] == -1,
            "frequent_applicants": i["inquiries"] >= 4,
            "balance_rising": eligible and i["change"] is not None and i["change"] > exact("0.3"),
            "on_watchlist": p["listed"],
            "limit_increase": tier in ("A", "B") and i["tenure"] >= 365 and exact("0.3") <= use <= exact("0.85") and not watch and not p["listed"],
            "new_accounts": i["tenure"] < 180,
        }
        current = i["current"]
        graded.append({
            "customer": p["id"], "score": value, "tier": tier, "segments": [name for name, holds in segments.items() if holds],
            "score_band": level_of(low, LEVELS) if eligible else None,
            "policy_ceiling": ceiling, "decision": decision,
            "overdue_band": None if current is None else step_name(current),
            "occupation_group": p["occupation"],
        })
    return graded


def step_name(current):
    return "< 1" if current < 1 else "1 – 30" if current < 30 else "30 – 60" if current < 60 else "60 – 90" if current < 90 else ">= 90"


def main():
    everyone = people()
    write(everyone)
    write_expected(HERE / "expected.csv", grade(everyone))


if __name__ == "__main__":
    main()
