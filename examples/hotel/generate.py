#!/usr/bin/env python3
"""Hotel: makes `data/` and `expected.csv`, the same bytes each time. Nobody in it exists."""

import datetime as dt
import pathlib
import sys
from fractions import Fraction

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from kit import *  # noqa: E402,F403

FIRST, CLOCK = dt.date(2023, 9, 1), dt.date(2025, 8, 31)
N_GUESTS = 316
chance = Chance(1208)

HOTELS = [
    ("H01", "澜山上海外滩", "上海", "澜山", 980), ("H02", "澜山三亚海棠湾", "三亚", "澜山", 1380), ("H03", "澜山杭州西湖", "杭州", "澜山", 880),
    ("H04", "栖云北京国贸", "北京", "栖云", 620), ("H05", "栖云深圳福田", "深圳", "栖云", 560), ("H06", "栖云成都春熙", "成都", "栖云", 480),
    ("H07", "栖云西安钟楼", "西安", "栖云", 430), ("H08", "驿舍苏州园区", "苏州", "驿舍", 290), ("H09", "驿舍广州天河", "广州", "驿舍", 310),
    ("H10", "驿舍武汉光谷", "武汉", "驿舍", 260),
]
# Stays a month, how that changes with each month, nights, share of direct bookings, satisfaction, months that count.
PERSONAS = [
    (("长差", 2.3, 0.00, 2, 0.8, 8.2, None), 3), (("商旅", 1.0, 0.00, 2, 0.75, 8.4, None), 13), (("常客", 0.35, 0.00, 2, 0.6, 8.6, None), 26), (("家庭", 0.10, 0.00, 4, 0.5, 8.8, (7, 8, 2, 10)), 22),
    (("流失", 1.5, -0.055, 2, 0.5, 6.0, None), 12), (("比价", 0.22, 0.00, 1, 0.04, 6.9, None), 16), (("一次", 0.0, 0.00, 2, 0.3, 7.8, None), 8),
]
COUNTRIES = [("中国", 84), ("日本", 4), ("新加坡", 4), ("美国", 4), ("英国", 2), ("韩国", 2)]


def people():
    made = []
    for n in range(1, N_GUESTS + 1):
        persona = chance.weighted(PERSONAS)
        _, rate, change, nights, direct, happy, season = persona
        joined = FIRST + dt.timedelta(days=chance.below(120) if persona[0] in ("流失", "商旅", "长差") else chance.below(690))
        person = {
            "id": f"G{40000 + n * 7}", "name": chance.name(), "phone": f"1390030{n:04d}", "email": f"guest{n:04d}@example.com",
            "joined": joined, "country": chance.weighted(COUNTRIES), "member": chance.happens(0.93),
            "staff": chance.happens(0.02), "stays": [], "others": [], "feedback": [],
        }
        days = [joined]
        for age, (year, month) in enumerate(months(joined, CLOCK)):
            expected = max(0.0, rate * (1 + change * age))
            if season:
                expected *= 5.0 if month in season else 0.2
            expected *= {1: 0.8, 2: 0.7, 5: 1.2, 7: 1.3, 8: 1.3, 10: 1.3}.get(month, 1.0)
            days += [dt.date(year, month, chance.between(1, 28)) for _ in range(chance.times(expected))]
        for day in sorted({day for day in days if joined <= day <= CLOCK}):
            hotel = chance.pick(HOTELS[:3] if season else HOTELS if persona[0] != "比价" else HOTELS[5:])
            status = chance.weighted([("completed", 92), ("cancelled", 5), ("no_show", 3 if persona[0] != "比价" else 12)])
            n_nights = max(1, nights + chance.between(-1, 1))
            room = rounded(exact(hotel[4]) * n_nights * exact(chance.pick(["0.88", "1", "1", "1.2"])), 2)
            food = Fraction(chance.pick([0, 0, 68, 128, 260]) * (1 if hotel[3] != "驿舍" else 0))
            channel = "direct" if chance.happens(direct) else chance.pick(["ota", "ota", "corporate"])
            time = dt.datetime.combine(day, dt.time(chance.between(13, 22), chance.below(60)))
            (person["stays"] if status == "completed" else person["others"]).append(
                {"time": time, "hotel": hotel, "nights": n_nights, "spend": room + food if status == "completed" else Fraction(0), "channel": channel, "status": status})
            if status == "completed" and chance.happens(0.38):
                when = time + dt.timedelta(days=n_nights + chance.between(0, 3))
                rating = min(10, max(1, round(happy + (chance.part() - 0.5) * 3.6)))
                if when.date() <= CLOCK:
                    person["feedback"].append((when, rating, min(10, max(0, rating + chance.between(-1, 1)))))
        person["feedback"].sort()
        made.append(person)
    return made


def write(everyone):
    data = HERE / "data"
    write_csv(data / "hotels.csv", ["hotel", "name", "city", "brand"], [[code, name, city, brand] for code, name, city, brand, _ in HOTELS])
    write_csv(data / "members.csv", ["guest_no", "name", "phone", "email", "joined", "country", "staff"], [
        [p["id"], p["name"], chance.written(p["phone"]), p["email"], p["joined"], p["country"], "yes" if p["staff"] else "no"]
        for p in everyone if p["member"]])
    rows = sorted(((s["time"], p["id"], s) for p in everyone for s in p["stays"] + p["others"]), key=lambda row: row[:2])
    rows = [[f"BK{n:05d}", id_, s["hotel"][0], f"{time:%Y-%m-%d %H:%M}", s["nights"], f"{float(s['spend']):.2f}", s["channel"], s["status"]]
            for n, (time, id_, s) in enumerate(rows, 1)]
    # What cleaning has to catch: 31 June, nights in words, the same booking with another amount; the same row
    # twice counts once.
    rows.insert(101, list(rows[100]))
    rows += [["BK90001", everyone[2]["id"], "H04", "2025-06-31 15:00", 1, "620.00", "direct", "completed"],
             ["BK90002", everyone[3]["id"], "H05", "2025-07-02 15:00", "two", "1120.00", "direct", "completed"],
             [rows[300][0], *rows[300][1:5], "1.00", *rows[300][6:]]]
    write_csv(data / "stays.csv", ["booking", "guest_no", "hotel", "check_in", "nights", "spend", "channel", "status"], rows)
    told = sorted((time, p["id"], rating, nps) for p in everyone for time, rating, nps in p["feedback"])
    rows = [[id_, f"{time:%Y-%m-%d %H:%M}", rating, nps] for time, id_, rating, nps in told]
    rows.append([everyone[8]["id"], "2025-08-01 10:00", 15, 9])
    write_csv(data / "feedback.csv", ["guest_no", "time", "rating", "recommend"], rows)


def indicators(p):
    year = [s for s in p["stays"] if in_months(s["time"].date(), CLOCK, 12)]
    before = [s for s in p["stays"] if not in_months(s["time"].date(), CLOCK, 12) and in_months(s["time"].date(), CLOCK, 24)]
    nights, spend = sum(s["nights"] for s in year), sum(s["spend"] for s in year)
    by_nights = 4 if nights >= 50 else 3 if nights >= 25 else 2 if nights >= 10 else 1 if nights >= 4 else 0
    by_spend = 4 if spend >= 60000 else 3 if spend >= 30000 else 2 if spend >= 12000 else 1 if spend >= 4000 else 0
    days = [(CLOCK - s["time"].date()).days for s in p["stays"]]
    return {
        "nights": nights, "stays": len(year), "spend": spend, "nights_before": sum(s["nights"] for s in before),
        "qualification": max(by_nights, by_spend), "recency": min(days, default=None), "first": max(days, default=None),
        "direct": ratio(sum(s["channel"] == "direct" for s in year), len(year)),
        "per_night": ratio(spend, nights),
        "rating": mean(r for time, r, _ in p["feedback"] if in_months(time.date(), CLOCK, 12)),
        "nps": p["feedback"][-1][2] if p["feedback"] else None,
        "cities": len({s["hotel"][2] for s in p["stays"]}),
        "no_shows": sum(o["status"] == "no_show" and in_months(o["time"].date(), CLOCK, 12) for o in p["others"]),
    }


def score(i):
    """Points times weight, stretched so that the least attainable is 0 and the greatest 100."""
    known = [
        (25, Fraction(0) if i["recency"] is None else step(i["recency"], (30, 10), (90, 8), (180, 4), (365, 1), (None, 0))),
        (30, step(i["nights"], (1, 0), (4, 2), (10, 5), (25, 8), (None, 10))),
        (20, Fraction(0) if i["per_night"] is None else step(i["per_night"], (350, 3), (700, 6), (None, 10))),
        (10, Fraction(0) if i["direct"] is None else step(i["direct"], ("0.25", 0), ("0.6", 5), (None, 10))),
        (5, step(i["no_shows"], (1, 10), (2, 4), (None, 0))),
    ]
    all_weight = 100
    if i["rating"] is None:
        # Nobody asked, or no answer: the weight goes to the others.
        total = sum(rounded(points * weight * all_weight / Fraction(90)) for weight, points in known)
    else:
        total = sum(points * weight for weight, points in known)
        total += 10 * step(i["rating"], (6, 0), (8, 4), (9, 8), (None, 10))
    return clamp(rounded(Fraction(total) * 100 / 1000), 0, 100)


def grade(everyone):
    graded = []
    cells = [["lost", "casual", "casual"], ["at_risk", "regular", "friend"], ["at_risk", "friend", "ambassador"]]
    for p in everyone:
        i = indicators(p)
        recency, nights = i["recency"], i["nights"]
        member = p["member"] and not p["staff"]
        relation = None
        if i["stays"] >= 1 and i["rating"] is not None:
            row = 0 if nights < 3 else 1 if nights < 10 else 2
            relation = cells[row][0 if i["rating"] < 6 else 1 if i["rating"] < exact("8.5") else 2]
        stays = p["stays"]
        segments = {
            "guests_12m": i["stays"] >= 1,
            "near_next_level": member and any(
                least <= nights <= most and i["qualification"] <= level for least, most, level in [(8, 9, 1), (22, 24, 2), (46, 49, 3)]),
            "lapsed_vip": i["nights_before"] >= 20 and nights < 10,
            "unhappy": i["nps"] is not None and i["nps"] <= 6,
            "only_through_agents": any(s["channel"] == "ota" and in_months(s["time"].date(), CLOCK, 12) for s in stays)
            and not any(s["channel"] == "direct" and in_months(s["time"].date(), CLOCK, 12) for s in stays),
            "came_back_after_bad_rating": any(r <= 6 and s["time"] > time for time, r, _ in p["feedback"] for s in stays),
            "summer_guests": any(s["time"].date() >= dt.date(2025, 7, 1) for s in stays) and any(dt.date(2024, 7, 1) <= s["time"].date() <= dt.date(2024, 8, 31) for s in stays),
            "many_cities": i["cities"] >= 5,
            "from_abroad": p["member"] and p["country"] != "中国",
            "not_members": not p["member"],
            "no_show_twice": i["no_shows"] >= 2,
        }
        segments["lapsed_vip_not_unhappy"] = segments["lapsed_vip"] and not (i["nps"] is not None and i["nps"] <= 6) and i["nps"] is not None
        if i["nps"] is not None and i["nps"] <= 6 and i["qualification"] >= 2:
            care = "总经理致电"
        elif segments["lapsed_vip"]:
            care = "回归礼遇"
        elif i["stays"] >= 1 and i["direct"] < exact("0.25"):
            care = "直订优惠"
        else:
            care = "常规"
        lifecycle = None
        if recency is not None:
            lifecycle = "new" if i["first"] <= 60 else "active" if recency <= 90 else "slipping" if recency <= 180 else "asleep" if recency <= 365 else "lost"
        graded.append({
            "customer": p["id"], "score": score(i),
            "tier": ["member", "silver", "gold", "platinum", "diamond"][i["qualification"]] if member else None,
            "segments": [name for name, holds in segments.items() if holds],
            "relation": relation, "care": care, "lifecycle": lifecycle,
        })
    return graded


def main():
    everyone = people()
    write(everyone)
    write_expected(HERE / "expected.csv", grade(everyone))


if __name__ == "__main__":
    main()
