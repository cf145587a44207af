#!/usr/bin/env python3
"""Airline: makes `data/` and `expected.csv`, the same bytes each time. Nobody in it exists."""

import datetime as dt
import pathlib
import sys
from fractions import Fraction

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from kit import *  # noqa: E402,F403

FIRST, CLOCK = dt.date(2023, 4, 1), dt.date(2025, 3, 31)
N_MEMBERS = 304
chance = Chance(777)

ROUTES = [
    ("PEK-SHA", 1178, False, 900), ("SHA-CAN", 1208, False, 800), ("SZX-PEK", 1967, False, 1100), ("CTU-SHA", 1696, False, 850),
    ("XIY-PEK", 934, False, 600), ("HGH-CTU", 1560, False, 780), ("WUH-SZX", 880, False, 560), ("SHA-NRT", 1780, True, 1900),
    ("PEK-SIN", 4480, True, 2600), ("CAN-LHR", 9510, True, 5200), ("SHA-LAX", 10460, True, 5600),
]
CABINS = {"K": exact("0.5"), "Y": Fraction(1), "W": exact("1.25"), "C": Fraction(2), "F": Fraction(3)}
# Flights a month, how that changes with each month, cabins, how often abroad, how often with partners.
PERSONAS = [
    (("空中飞人", 2.0, 0.000, [("Y", 4), ("C", 3), ("K", 2), ("F", 1)], 0.20, 0.6), 6), (("商务", 0.75, 0.000, [("Y", 5), ("K", 3), ("C", 2)], 0.08, 0.3), 20),
    (("降落", 1.4, -0.041, [("Y", 5), ("C", 2), ("K", 3)], 0.12, 0.2), 11), (("成长", 0.25, 0.070, [("Y", 4), ("K", 5), ("W", 1)], 0.08, 0.2), 12),
    (("休闲", 0.11, 0.000, [("K", 8), ("Y", 2)], 0.15, 0.15), 37), (("一次", 0.0, 0.000, [("K", 9), ("Y", 1)], 0.2, 0.05), 14),
]


def people():
    made = []
    for n in range(1, N_MEMBERS + 1):
        persona = chance.weighted(PERSONAS)
        _, rate, change, cabins, abroad, partners = persona
        joined = FIRST + dt.timedelta(days=chance.below(60) if persona[0] in ("空中飞人", "降落") else chance.below(640))
        home = chance.pick(ROUTES[:7])
        person = {
            "id": f"YC{30000 + n * 13}", "name": chance.name(), "phone": f"1390040{n:04d}", "email": f"flyer{n:04d}@example.com",
            "joined": joined, "home": home[0][:3] if chance.happens(0.95) else None,
            "flights": [], "delays": [], "partner": [], "redeemed": [], "campaigns": [],
        }
        days = [joined + dt.timedelta(days=chance.below(10))]
        for age, (year, month) in enumerate(months(joined, CLOCK)):
            expected = max(0.0, rate * (1 + change * age)) * {1: 1.2, 2: 1.3, 7: 1.2, 8: 1.2, 10: 1.3, 11: 0.8}.get(month, 1.0)
            days += [dt.date(year, month, chance.between(1, 28)) for _ in range(chance.times(expected))]
        for day in sorted(day for day in days if joined <= day <= CLOCK):
            route = chance.pick(ROUTES[7:]) if chance.happens(abroad) else home if chance.happens(0.6) else chance.pick(ROUTES[:7])
            for leg in range(2 if chance.happens(0.4) else 1):
                flown = day + dt.timedelta(days=leg * chance.between(1, 4))
                if flown > CLOCK:
                    continue
                cabin = chance.weighted(cabins)
                fare = rounded(exact(route[3]) * (exact("0.5") + CABINS[cabin] / 2) * exact(chance.pick(["0.7", "0.9", "1", "1.2"])), 0)
                time = chance.moment(flown, 6, 22)
                person["flights"].append((time, route, cabin, fare))
                if chance.happens(0.09):
                    person["delays"].append((time + dt.timedelta(minutes=30), chance.pick([25, 40, 65, 130, 190, 260])))
        for year, month in months(joined, CLOCK):
            if chance.happens(partners / 2):
                day = dt.date(year, month, chance.between(1, 28))
                if day >= joined:
                    person["partner"].append((day, chance.between(3, 40) * 100))
        if chance.happens(0.3) and len(person["flights"]) > 6:
            day = CLOCK - dt.timedelta(days=chance.below(500))
            if day >= joined:
                person["redeemed"].append((day, chance.pick([6000, 9000, 12000, 20000])))
        for sent in (dt.date(2024, 6, 5), dt.date(2024, 11, 6), dt.date(2025, 2, 20), dt.date(2025, 3, 12)):
            if sent > joined and chance.happens(0.5):
                person["campaigns"].append((sent, chance.weighted([("none", 6), ("open", 3), ("click", 2), ("book", 1)])))
        person["flights"].sort(key=lambda flight: flight[0])
        made.append(person)
    return made


def write(everyone):
    data = HERE / "data"
    write_csv(data / "routes.csv", ["route", "miles", "international"], [[r[0], r[1], str(r[2]).lower()] for r in ROUTES])
    write_csv(data / "members.csv", ["member_no", "name", "phone", "email", "joined", "home_airport"], [
        [p["id"], p["name"], chance.written(p["phone"]), p["email"], p["joined"], p["home"] or ""] for p in everyone])
    flown = sorted((f[0], p["id"], f) for p in everyone for f in p["flights"])
    rows = [[f"T{n:05d}", id_, f"{time:%Y-%m-%d %H:%M}", f[1][0], f[2], int(f[3])] for n, (time, id_, f) in enumerate(flown, 1)]
    # What cleaning has to catch: 29 February of 2025, a fare in words, the same coupon with another fare; the
    # same row twice counts once.
    rows.insert(51, list(rows[50]))
    rows += [["T90001", everyone[1]["id"], "2025-02-29 08:00", "PEK-SHA", "Y", 900], ["T90002", everyone[2]["id"], "2025-03-02 08:00", "PEK-SHA", "Y", "n/a"],
             [*rows[400][:5], 1]]
    write_csv(data / "flights.csv", ["coupon", "member_no", "departed", "route", "cabin", "fare"], rows)
    late = sorted((time, p["id"], minutes) for p in everyone for time, minutes in p["delays"])
    write_csv(data / "delays.csv", ["member_no", "time", "minutes"], [[id_, f"{time:%Y-%m-%d %H:%M}", minutes] for time, id_, minutes in late])
    moved = [(day, p["id"], "partner", miles) for p in everyone for day, miles in p["partner"]]
    moved += [(day, p["id"], "redemption", miles) for p in everyone for day, miles in p["redeemed"]]
    write_csv(data / "miles.csv", ["entry", "member_no", "date", "type", "miles"], [
        [f"ML{n:05d}", id_, day, kind, miles] for n, (day, id_, kind, miles) in enumerate(sorted(moved), 1)])
    sent = sorted((day, p["id"], answer) for p in everyone for day, answer in p["campaigns"])
    write_csv(data / "campaigns.csv", ["member_no", "sent", "response"], [[id_, day, answer] for day, id_, answer in sent])


def level(miles, segments):
    by_miles = 3 if miles >= 80000 else 2 if miles >= 40000 else 1 if miles >= 20000 else 0
    by_segments = 3 if segments >= 36 else 2 if segments >= 20 else 1 if segments >= 12 else 0
    return max(by_miles, by_segments)


def indicators(p):
    year = [f for f in p["flights"] if in_months(f[0].date(), CLOCK, 12)]
    before = [f for f in p["flights"] if not in_months(f[0].date(), CLOCK, 12) and in_months(f[0].date(), CLOCK, 24)]
    miles, miles_before = (sum((f[1][1] * CABINS[f[2]] for f in flights), Fraction(0)) for flights in (year, before))
    days = [(CLOCK - f[0].date()).days for f in p["flights"]]
    active, streak, at = {(f[0].year, f[0].month) for f in p["flights"]}, 0, (CLOCK.year, CLOCK.month)
    # The month that still runs may be empty; the run then ends with the month before.
    if at not in active:
        at = (at[0] - (at[1] == 1), (at[1] - 2) % 12 + 1)
    while at in active:
        streak, at = streak + 1, (at[0] - (at[1] == 1), (at[1] - 2) % 12 + 1)
    return {
        "miles": miles, "segments": len(year), "now": level(miles, len(year)), "before": level(miles_before, len(before)),
        "revenue": sum(f[3] for f in year), "recency": min(days, default=None), "first": max(days, default=None),
        "premium": ratio(sum(f[2] in ("C", "F") for f in year), len(year)), "abroad": ratio(sum(f[1][2] for f in year), len(year)),
        "routes": len({f[1][0] for f in p["flights"]}), "streak": streak,
        "favourite": most_frequent(f[1][0] for f in p["flights"]),
        "balance": sum((f[1][1] * CABINS[f[2]] for f in p["flights"]), Fraction(0)) + sum(m for _, m in p["partner"]) - sum(m for _, m in p["redeemed"]),
        "partner_12m": sum(in_months(day, CLOCK, 12) for day, _ in p["partner"]),
    }


def score(p, i):
    flying = clamp(Fraction(i["segments"]) * exact("1.2"), 0, 30)
    flying += Fraction(0) if i["recency"] is None else step(i["recency"], (30, 25), (60, 18), (120, 10), (365, 3), (None, 0))
    flying += step(i["streak"], (1, 0), (3, 4), (6, 8), (None, 12))
    wider = Fraction(0) if i["premium"] is None else step(i["premium"], ("0.1", 0), ("0.4", 6), (None, 12))
    wider += Fraction(0) if i["abroad"] is None else step(i["abroad"], ("0.1", 0), ("0.5", 5), (None, 8))
    wider += step(i["partner_12m"], (1, 0), (4, 5), (None, 10))
    answers = sum((rounded(4 * (1 - Fraction((CLOCK - day).days, 90))) for day, answer in p["campaigns"]
                   if answer in ("click", "book") and in_days(day, CLOCK, 90)), Fraction(0))
    late = sum((rounded(exact(-6 * 2 ** (-(CLOCK - time.date()).days / 45))) for time, minutes in p["delays"]
                if minutes >= 120 and in_days(time.date(), CLOCK, 180)), Fraction(0))
    return clamp(10 + clamp(flying, high=60) + clamp(wider, high=25) + clamp(answers, high=12) + clamp(late, low=-18), 0, 100)


def grade(everyone):
    all_ = [indicators(p) for p in everyone]
    flyers = [i["revenue"] for i in all_ if i["segments"] >= 1]
    ten, three = best(flyers, 10), best(flyers, 3)
    graded = []
    for p, i in zip(everyone, all_):
        status = max(i["now"], i["before"] - 1)
        flights, recency = p["flights"], i["recency"]
        long_delays = [time for time, minutes in p["delays"] if minutes >= 120]
        segments = {
            "flyers": i["segments"] >= 1,
            "soft_landing": status > i["now"],
            "close_to_next": (i["now"] == 0 and (16000 <= i["miles"] or 10 <= i["segments"])) or (i["now"] == 1 and (32000 <= i["miles"] or 16 <= i["segments"])),
            "premium_cabins": i["segments"] >= 6 and i["premium"] >= exact("0.4"),
            "long_haul": any(f[1][1] >= 4000 and in_months(f[0].date(), CLOCK, 12) for f in flights),
            "delayed_and_back": any(time < f[0] and (f[0].date() - time.date()).days <= 60 for time in long_delays for f in flights),
            "delayed_and_silent": any(in_days(t.date(), CLOCK, 180) for t in long_delays) and not any(in_days(f[0].date(), CLOCK, 60) for f in flights),
            "one_route": i["segments"] >= 6 and Fraction(sum(f[1][0] == "PEK-SHA" and in_months(f[0].date(), CLOCK, 12) for f in flights), i["segments"]) >= exact("0.6"),
            "miles_unused": i["balance"] >= 30000 and not any(in_months(day, CLOCK, 12) for day, _ in p["redeemed"]),
            "responders": any(answer in ("click", "book") and in_months(day, CLOCK, 12) for day, answer in p["campaigns"]),
            "every_month": i["streak"] >= 4,
        }
        segments["silver_up_silent"] = status >= 1 and recency is not None and recency > 60
        lifecycle = None
        if recency is not None:
            lifecycle = ("new" if i["first"] <= 90 else "frequent" if i["segments"] >= 12 else "active" if recency <= 120
                         else "slipping" if recency <= 365 else "lost")
        offer = ("机场礼遇致歉" if any(in_days(t.date(), CLOCK, 30) for t in long_delays)
                 else "保级提醒" if i["before"] >= 1 and i["now"] < i["before"] else "升级冲刺" if segments["close_to_next"]
                 else "里程兑换" if segments["miles_unused"] else "常规")
        graded.append({
            "customer": p["id"], "score": score(p, i), "tier": ["base", "silver", "gold", "platinum"][status],
            "segments": [name for name, holds in segments.items() if holds],
            "revenue_rank": None if i["segments"] < 1 else "top_3" if i["revenue"] >= three else "top_10" if i["revenue"] >= ten else "rest",
            "offer": offer, "lifecycle": lifecycle,
            "rfm": None if recency is None else rfm8(recency <= 90, i["segments"] >= 8, i["revenue"] >= 10000),
            "favourite_route_group": i["favourite"],
        })
    return graded


def main():
    everyone = people()
    write(everyone)
    write_expected(HERE / "expected.csv", grade(everyone))


if __name__ == "__main__":
    main()
