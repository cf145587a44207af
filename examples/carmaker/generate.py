#!/usr/bin/env python3
"""Car maker: makes `data/` and `expected.csv`, the same bytes each time. Nobody in it exists."""

import datetime as dt
import pathlib
import sys
from fractions import Fraction

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from kit import *  # noqa: E402,F403

FIRST, CLOCK = dt.date(2024, 1, 1), dt.date(2025, 6, 30)
N_PEOPLE = 460
RECALL, RECALL_DAY = "召回2025-03", dt.date(2025, 3, 15)
chance = Chance(2025)

# Model, class, power, months of warranty, price.
MODELS = [
    ("远航 S5", "SUV", "燃油", 36, 139800), ("远航 S7", "SUV", "插混", 48, 189800), ("远航 E3", "轿车", "纯电", 60, 129800),
    ("远航 E6", "SUV", "纯电", 60, 219800), ("远航 M8", "MPV", "插混", 48, 269800),
]
CHANNELS = [("官网", 5), ("垂媒", 4), ("车展", 2), ("门店", 3), ("转介绍", 2)]
ANSWERS = [("无", 6), ("打开", 3), ("点击", 2), ("报名", 1)]


def people():
    made, orders = [], 0
    for n in range(1, N_PEOPLE + 1):
        owner = chance.happens(0.42)
        person = {
            "id": f"V{50000 + n * 17}", "name": chance.name(), "phone": f"1390060{n:04d}", "province": chance.weighted(PROVINCES),
            "leads": [], "drives": [], "buys": [], "services": [], "complaints": [], "closed": [], "campaigns": [], "recalled": False,
        }
        made.append(person)
        model = chance.pick(MODELS)
        if owner:
            orders += 1
            bought = CLOCK - dt.timedelta(days=chance.weighted([(chance.between(3, 60), 10), (chance.between(60, 540), 40), (chance.between(540, 1900), 50)]))
            person["buys"].append((f"JF{orders:05d}", bought, model, model[4] - chance.between(0, 12) * 1000))
            person["joined"] = bought - dt.timedelta(days=chance.between(10, 60))
            loyal = chance.weighted([(0.95, 5), (0.6, 3), (0.15, 2)])
            day = bought + dt.timedelta(days=chance.between(80, 200))
            while day <= CLOCK:
                if day >= FIRST and chance.happens(loyal):
                    warranty = chance.happens(0.25) and (day - bought).days < model[3] * 30
                    kind = chance.weighted([("保养", 7), ("维修", 2), ("钣喷", 1)]) if not warranty else "维修"
                    amount = 0 if warranty else {"保养": 680, "维修": 1450, "钣喷": 2300}[kind] + chance.between(0, 9) * 30
                    person["services"].append((chance.moment(day, 9, 17), kind, warranty, amount))
                day += dt.timedelta(days=chance.between(110, 230))
            person["recalled"] = model[0] == "远航 E3" and (bought.year, bought.month) < (2024, 10)
            if person["recalled"] and chance.happens(0.55):
                back = RECALL_DAY + dt.timedelta(days=chance.between(3, 95))
                person["services"].append((chance.moment(back, 9, 17), "维修", True, 0))
                person["services"].sort()
            if chance.happens(0.13):
                day = max(FIRST, bought) + dt.timedelta(days=chance.below(max(1, (CLOCK - max(FIRST, bought)).days)))
                person["complaints"].append((chance.moment(day, 9, 20), chance.weighted([("一般", 3), ("严重", 1)])))
                done = day + dt.timedelta(days=chance.between(2, 30))
                if done <= CLOCK and chance.happens(0.75):
                    person["closed"].append(chance.moment(done, 9, 20))
        else:
            person["joined"] = FIRST + dt.timedelta(days=chance.weighted([(chance.below(360), 4), (chance.between(360, 545), 6)]))
        first = chance.moment(person["joined"], 9, 21)
        times = [first] if first.date() >= FIRST else []
        warm = chance.weighted([(0, 4), (1, 4), (3, 2)])
        until = person["buys"][0][1] if owner else CLOCK
        for _ in range(warm if times else 0):
            day = person["joined"] + dt.timedelta(days=chance.between(2, 60))
            times += [chance.moment(day, 9, 21)] if day <= until else []
        for time in sorted(times):
            budget = None if chance.happens(0.15) else chance.pick([90000, 130000, 150000, 200000, 260000])
            horizon = None if chance.happens(0.1) else chance.weighted([("3个月内", 3), ("半年内", 3), ("未定", 4)])
            person["leads"].append((time, chance.weighted(CHANNELS), chance.pick(MODELS), budget, horizon))
        if person["leads"] and chance.happens(0.75 if owner else 0.4):
            day = person["leads"][-1][0].date() + dt.timedelta(days=chance.between(1, 16))
            if day <= until:
                person["drives"].append((chance.moment(day, 10, 18), person["leads"][-1][2], chance.weighted([(5, 4), (4, 4), (3, 2), (2, 1)])))
        for sent in (dt.date(2024, 11, 20), dt.date(2025, 3, 5), dt.date(2025, 5, 20), dt.date(2025, 6, 16)):
            if sent > person["joined"] and chance.happens(0.45):
                person["campaigns"].append((sent, chance.weighted(ANSWERS)))
    return made


def write(everyone):
    data = HERE / "data"
    blank = lambda value: "" if value is None else value
    minute = lambda time: f"{time:%Y-%m-%d %H:%M}"
    write_csv(data / "models.csv", ["车型", "级别", "动力", "质保月数"], [list(m[:4]) for m in MODELS])
    write_csv(data / "people.csv", ["客户号", "姓名", "手机号", "省份", "建档日期"], [
        [p["id"], p["name"], chance.written(p["phone"]), p["province"], p["joined"]] for p in everyone])
    rows = [[f"XS{n:05d}", id_, minute(lead[0]), lead[1], lead[2][0], blank(lead[3]), blank(lead[4])] for n, (_, id_, lead) in enumerate(
        sorted(((lead[0], p["id"], lead) for p in everyone for lead in p["leads"]), key=lambda row: row[:2]), 1)]
    rows.insert(31, list(rows[30]))
    rows += [["XS90001", everyone[1]["id"], "2025-06-31 10:00", "官网", "远航 S5", "", "未定"], ["XS90002", everyone[2]["id"], "2025-06-02 10:00", "官网", "远航 S5", "十五万", "未定"]]
    write_csv(data / "leads.csv", ["线索号", "客户号", "时间", "渠道", "意向车型", "预算", "预计购车"], rows)
    rows = sorted((drive[0], p["id"], drive[1][0], drive[2]) for p in everyone for drive in p["drives"])
    rows = [[id_, minute(time), model, stars] for time, id_, model, stars in rows]
    rows.append([everyone[5]["id"], "2025-06-12 10:00", "远航 S5", 9])
    write_csv(data / "test_drives.csv", ["客户号", "时间", "车型", "评价"], rows)
    rows = sorted((day, p["id"], order, model[0], price) for p in everyone for order, day, model, price in p["buys"])
    write_csv(data / "sales.csv", ["交付单", "客户号", "交付日期", "车型", "成交价"], [[order, id_, day, model, f"{price}.00"] for day, id_, order, model, price in rows])
    rows = sorted((s[0], p["id"], s) for p in everyone for s in p["services"])
    rows = [[f"FW{n:05d}", id_, minute(time), s[1], "是" if s[2] else "否", f"{s[3]}.00"] for n, (time, id_, s) in enumerate(rows, 1)]
    rows.append([*rows[40][:5], "1.00"])
    rows.append(["FW90001", "", "2025-06-11 10:00", "保养", "否", "700.00"])
    write_csv(data / "service.csv", ["工单号", "客户号", "进店时间", "类型", "质保", "自费金额"], rows)
    rows = [(time, p["id"], "投诉", level) for p in everyone for time, level in p["complaints"]]
    rows += [(time, p["id"], "结案", "") for p in everyone for time in p["closed"]]
    write_csv(data / "complaints.csv", ["客户号", "时间", "事项", "程度"], [[id_, minute(time), what, level] for time, id_, what, level in sorted(rows)])
    rows = sorted((day, p["id"], answer) for p in everyone for day, answer in p["campaigns"])
    write_csv(data / "campaigns.csv", ["客户号", "发送日期", "响应"], [[id_, day, answer] for day, id_, answer in rows])
    write_csv(data / "recall.csv", ["客户号", "名单", "加入日期"], [[p["id"], RECALL, RECALL_DAY] for p in everyone if p["recalled"]])


def days(times):
    return min(((CLOCK - (t.date() if isinstance(t, dt.datetime) else t)).days for t in times), default=None)


def last(values):
    return values[-1] if values else None


def faded(points, age, half_life):
    return rounded(exact(points * 2 ** (-age / half_life)))


def indicators(p):
    year = [s for s in p["services"] if in_months(s[0].date(), CLOCK, 12)]
    buy = last(p["buys"])
    return {
        "lead_days": days(lead[0] for lead in p["leads"]), "drive_days": days(d[0] for d in p["drives"]),
        "channel": last([lead[1] for lead in p["leads"]]), "budget": last([lead[3] for lead in p["leads"] if lead[3] is not None]),
        "horizon": last([lead[4] for lead in p["leads"] if lead[4] is not None]), "stars": last([d[2] for d in p["drives"]]),
        "vehicles": len(p["buys"]), "owned_days": days(b[1] for b in p["buys"]),
        "warranty_left": None if buy is None else buy[2][3] * 30 - (CLOCK - buy[1]).days, "power": buy and buy[2][2],
        "visits": len(year), "spend": sum(s[3] for s in year), "claims": sum(s[2] for s in year), "service_days": days(s[0] for s in p["services"]),
        "open": len(p["complaints"]) - len(p["closed"]),
        "complaints_180d": sum(in_days(time.date(), CLOCK, 180) for time, _ in p["complaints"]),
    }


def lead_score(p, i):
    intent = {"3个月内": 25, "半年内": 12}.get(i["horizon"], 0)
    intent += 0 if i["budget"] is None else step(i["budget"], (100000, 5), (200000, 10), (None, 15))
    intent += 0 if i["channel"] is None else {"转介绍": 15, "门店": 12, "车展": 8}.get(i["channel"], 4)
    drive = 0 if i["drive_days"] is None else step(i["drive_days"], (14, 25), (30, 18), (90, 8), (None, 0))
    drive += 0 if i["stars"] is None else step(i["stars"], (4, 0), (5, 5), (None, 10))
    warm = sum((faded(6, (CLOCK - lead[0].date()).days, 30) for lead in p["leads"] if in_days(lead[0].date(), CLOCK, 180)), Fraction(0))
    answers = sum((rounded(3 * (1 - Fraction((CLOCK - day).days, 60))) for day, answer in p["campaigns"]
                   if answer in ("点击", "报名") and in_days(day, CLOCK, 60)), Fraction(0))
    return clamp(5 + clamp(Fraction(intent), high=50) + drive + clamp(warm, high=18) + clamp(answers, high=9), 0, 100)


def owner_score(p, i):
    if i["service_days"] is None:
        recent = Fraction(30)
    else:
        recent = step(i["service_days"], (180, 100), (270, 70), (365, 40), (None, 0))
    total = recent * exact("0.35")
    total += step(i["visits"], (1, 0), (2, 60), (None, 100)) * exact("0.25")
    total += step(i["spend"], (1, 0), (1000, 50), (3000, 80), (None, 100)) * exact("0.2")
    total += (Fraction(0) if i["owned_days"] is None else step(i["owned_days"], (365, 100), (1095, 80), (1460, 50), (None, 30))) * exact("0.2")
    upset = sum((faded(-12, (CLOCK - time.date()).days, 90) for time, level in p["complaints"]
                 if level == "严重" and in_months(time.date(), CLOCK, 12)), Fraction(0))
    total += clamp(upset, low=-20)
    total -= 10 if i["open"] >= 1 else 0
    return clamp(total, 0, 100)


def grade(everyone):
    graded = []
    for p in everyone:
        i = indicators(p)
        lead, own = lead_score(p, i), owner_score(p, i)
        owner = i["vehicles"] >= 1
        grade_ = None if owner else level_of(lead, [("C", None), ("B", 30), ("A", 45), ("H", 60)])
        tier = level_of(own, [("silver", None), ("gold", 65), ("black", 85)]) if owner else None
        overdue = (i["service_days"] is not None and i["service_days"] > 365) or (not p["services"] and owner and i["owned_days"] > 365)
        to_recall = p["recalled"] and not any(s[0].date() >= RECALL_DAY for s in p["services"])
        segments = {
            "prospects": not owner,
            "owners": owner,
            "drove_not_bought": not owner and any(in_days(d[0].date(), CLOCK, 90) for d in p["drives"]),
            "drive_within_7_days": any(lead_[0] < d[0] and (d[0].date() - lead_[0].date()).days <= 7 for lead_ in p["leads"] for d in p["drives"]),
            "cold_leads": not owner and i["lead_days"] is not None and i["lead_days"] > 180,
            "warranty_ending": owner and 0 <= i["warranty_left"] <= 120,
            "service_overdue": owner and overdue,
            "recall": p["recalled"],
            "recall_open": to_recall,
            "complaint_open": i["open"] >= 1,
            "electric_owners": owner and i["power"] == "纯电",
            "trade_in": owner and i["owned_days"] >= 1280 and i["complaints_180d"] == 0,
            "advocates": tier in ("gold", "black") and i["open"] < 1 and not to_recall,
            "answered": any(answer in ("点击", "报名") and in_days(day, CLOCK, 180) for day, answer in p["campaigns"]),
            "south": p["province"] in ("广东省", "福建省"),
        }
        if i["open"] >= 1:
            follow = "投诉专员跟进"
        elif to_recall:
            follow = "召回邀约"
        elif not owner and i["lead_days"] is not None and i["lead_days"] <= 7:
            follow = "24小时内联系"
        elif not owner and i["drive_days"] is not None and i["drive_days"] <= 30:
            follow = "试驾回访"
        elif not owner and i["horizon"] == "3个月内" and i["lead_days"] <= 90:
            follow = "邀约试驾"
        elif owner and overdue:
            follow = "保养提醒"
        elif owner and 0 <= i["warranty_left"] <= 120:
            follow = "延保推荐"
        else:
            follow = "月度关怀"
        funnel = ("owner" if owner else "test_drive" if i["drive_days"] is not None and i["drive_days"] <= 90
                  else "active_lead" if i["lead_days"] is not None and i["lead_days"] <= 90 else "silent")
        graded.append({
            "customer": p["id"], "score": lead, "tier": grade_, "segments": [name for name, holds in segments.items() if holds],
            "owner_score": own, "owner_tier": tier, "follow_up": follow, "funnel": funnel, "by_power": i["power"],
        })
    return graded


def main():
    everyone = people()
    write(everyone)
    write_expected(HERE / "expected.csv", grade(everyone))


if __name__ == "__main__":
    main()
