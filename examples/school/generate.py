#!/usr/bin/env python3
"""Online school: makes `data/` and `expected.csv`, the same bytes each time. Nobody in it exists."""

import datetime as dt
import pathlib
import sys
from fractions import Fraction

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from kit import *  # noqa: E402,F403

FIRST, CLOCK = dt.date(2024, 7, 1), dt.date(2025, 6, 30)
N_STUDENTS = 300
chance = Chance(985)

COURSES = [("EN1", "英语", 48), ("MA1", "数学", 48), ("PY1", "编程", 32), ("AR1", "美术", 24)]
GRADES = [("小学", 40), ("初一", 12), ("初二", 12), ("初三", 12), ("高一", 8), ("高二", 6), ("高三", 6), ("成人", 4)]
PACKS = [(12, 1680), (24, 3120), (48, 5760)]
# Attendance, leave, homework, recommendation, share that renews, weeks until they stop (none: they do not).
PERSONAS = [
    (("自律", 0.95, 0.03, 90, 9.3, 0.8, None), 26), (("普通", 0.85, 0.08, 80, 8.0, 0.55, None), 28), (("松懈", 0.58, 0.14, 66, 6.6, 0.3, None), 14),
    (("停课", 0.76, 0.08, 74, 6.2, 0.2, 9), 22), (("试听", 0.0, 0.0, 0, 0, 0.0, 0), 14),
]


def people():
    made, orders = [], [0]
    for n in range(1, N_STUDENTS + 1):
        persona = chance.weighted(PERSONAS)
        _, attend, leave, homework, likes, renews, stops = persona
        joined = FIRST + dt.timedelta(days=chance.weighted([(chance.below(60), 13), (chance.between(60, 330), 77), (chance.between(330, 362), 10)]))
        student = {
            "id": f"S{20000 + n * 9}", "name": chance.name(), "phone": f"1390050{n:04d}", "joined": joined,
            "grade": chance.weighted(GRADES), "source": chance.weighted([("自然流量", 4), ("转介绍", 3), ("广告投放", 5)]),
            "trials": [chance.moment(joined, 17, 20)], "buys": [], "refunds": [], "lessons": [], "surveys": [], "referrals": [],
        }
        made.append(student)
        if persona[0] == "试听":
            if chance.happens(0.3):
                student["trials"].append(chance.moment(min(CLOCK, joined + dt.timedelta(days=9)), 17, 20))
            continue

        def buy(day, kind):
            orders[0] += 1
            pack = chance.pick(PACKS[:2] if kind == "报名" else PACKS[1:])
            student["buys"].append((f"XK{orders[0]:05d}", chance.moment(day, 10, 21), kind, *pack))
            return pack[0]

        start = joined + dt.timedelta(days=chance.between(1, 20))
        if start > CLOCK:
            continue
        left = buy(start, "报名")
        course, day, week = chance.pick(COURSES), start + dt.timedelta(days=chance.between(1, 6)), 0
        rhythm = chance.weighted([(7, 9), (4, 1)])
        stop = stops and chance.between(stops - 5, stops + 16)
        while day <= CLOCK and left > 0 and (stop is None or week < stop):
            holiday = day.month == 2 and day.day < 12 or (day.month, day.day) in [(10, n) for n in range(1, 8)]
            if not holiday:
                state = "到课" if chance.happens(attend) else "请假" if chance.happens(leave / (1 - attend)) else "缺课"
                mark = None
                if state == "到课" and chance.happens(0.45):
                    mark = max(20, min(100, round(homework + (chance.part() - 0.5) * 30)))
                student["lessons"].append((dt.datetime.combine(day, dt.time(chance.between(17, 20), chance.pick([0, 30]))), course, state, mark))
                left -= state != "请假"
            if left in (2, 3, 4) and chance.happens(renews / 2):
                left += buy(day, "续费")
                if chance.happens(0.3):
                    course = chance.pick(COURSES)
            if student["lessons"] and chance.happens(0.045):
                when = dt.datetime.combine(day, dt.time(21, chance.below(60)))
                student["surveys"].append((when, min(10, max(0, round(likes + (chance.part() - 0.5) * 4))), chance.between(3, 5) if likes > 7 else chance.between(1, 4)))
            if likes > 8.5 and chance.happens(0.02):
                student["referrals"].append(day)
            day, week = day + dt.timedelta(days=rhythm), week + 1
        if persona[0] == "停课" and student["buys"] and left >= 6 and chance.happens(0.45):
            back = min(CLOCK, day + dt.timedelta(days=chance.between(2, 12)))
            order, _, _, lessons, price = student["buys"][-1]
            returned = min(chance.between(3, left - 2), lessons)
            student["refunds"].append((order, chance.moment(back, 10, 20), returned, rounded(Fraction(price * returned, lessons), 2)))
            if chance.happens(0.4) and back < CLOCK:
                student["lessons"].append((dt.datetime.combine(back + dt.timedelta(days=1), dt.time(18)), course, "到课", None))
    return made


def write(everyone):
    data = HERE / "data"
    write_csv(data / "courses.csv", ["课程", "科目", "总课时"], [[c[0], c[1], c[2]] for c in COURSES])
    write_csv(data / "students.csv", ["学员号", "姓名", "家长手机", "登记日期", "年级", "来源"], [
        [s["id"], s["name"], chance.written(s["phone"]), s["joined"], s["grade"], s["source"]] for s in everyone])
    rows = [(time, s["id"], f"ST{s['id'][1:]}{k}", "试听", 0, "0", "") for s in everyone for k, time in enumerate(s["trials"])]
    rows += [(time, s["id"], order, kind, lessons, price, "") for s in everyone for order, time, kind, lessons, price in s["buys"]]
    rows += [(time, s["id"], f"TF{order[2:]}", "退费", lessons, f"-{float(money):.2f}", order) for s in everyone for order, time, lessons, money in s["refunds"]]
    rows = [[order, id_, f"{time:%Y-%m-%d %H:%M}", kind, lessons, money, of] for time, id_, order, kind, lessons, money, of in sorted(rows)]
    # What cleaning has to catch: an amount in words, 31 April, a mark in words, eleven of ten; the same lesson
    # twice counts once.
    rows += [["XK90001", everyone[0]["id"], "2025-05-01 12:00", "续费", 24, "三千", ""], ["XK90002", everyone[1]["id"], "2025-04-31 12:00", "续费", 24, "3120", ""]]
    write_csv(data / "orders.csv", ["订单号", "学员号", "时间", "类型", "课时", "金额", "原订单号"], rows)
    seen = sorted((lesson[0], s["id"], lesson) for s in everyone for lesson in s["lessons"])
    rows = [[id_, f"{time:%Y-%m-%d %H:%M}", lesson[1][0], lesson[2], "" if lesson[3] is None else lesson[3]] for time, id_, lesson in seen]
    rows.insert(21, list(rows[20]))
    rows.append([everyone[2]["id"], "2025-06-29 12:00", "EN1", "到课", "优秀"])
    write_csv(data / "lessons.csv", ["学员号", "上课时间", "课程", "状态", "作业分"], rows)
    told = sorted((survey[0], s["id"], survey) for s in everyone for survey in s["surveys"])
    rows = [[id_, f"{time:%Y-%m-%d %H:%M}", survey[1], survey[2]] for time, id_, survey in told]
    rows.append([everyone[4]["id"], "2025-06-20 12:00", 11, 5])
    write_csv(data / "surveys.csv", ["学员号", "时间", "推荐意愿", "老师满意度"], rows)
    write_csv(data / "referrals.csv", ["学员号", "日期"], [[id_, day] for day, id_ in sorted((day, s["id"]) for s in everyone for day in s["referrals"])])


def indicators(s):
    recent = [x for x in s["lessons"] if in_days(x[0].date(), CLOCK, 56)]
    came = [x for x in s["lessons"] if x[2] == "到课"]
    bought, returned = sum(b[3] for b in s["buys"]), sum(r[2] for r in s["refunds"])
    used = sum(x[2] != "请假" for x in s["lessons"])
    # Lessons of the eight whole weeks, Monday to Sunday, before the one that runs.
    monday = CLOCK - dt.timedelta(days=CLOCK.weekday())
    weeks = [sum(monday - dt.timedelta(weeks=8 - k) <= x[0].date() < monday - dt.timedelta(weeks=7 - k) for x in came) for k in range(8)]
    centre, middle = Fraction(7, 2), Fraction(sum(weeks), 8)
    slope = sum((k - centre) * (y - middle) for k, y in enumerate(weeks)) / sum((k - centre) ** 2 for k in range(8))
    return {
        "attendance": ratio(sum(x[2] == "到课" for x in recent), len(recent)),
        "homework": mean(x[3] for x in recent if x[3] is not None),
        "recency": min(((CLOCK - x[0].date()).days for x in came), default=None),
        "bought": bought, "left": bought - returned - used, "renewals": sum(b[2] == "续费" for b in s["buys"]),
        "net": sum(b[4] for b in s["buys"]) - sum(r[3] for r in s["refunds"]),
        "nps": max(s["surveys"])[1] if s["surveys"] else None, "slope": slope,
    }


def score(s, i):
    points = [
        (30, Fraction(0) if i["attendance"] is None else step(i["attendance"], ("0.5", 0), ("0.75", 40), ("0.9", 75), (None, 100))),
        (25, Fraction(0) if i["recency"] is None else step(i["recency"], (7, 100), (14, 80), (21, 40), (35, 15), (None, 0))),
        (15, None if i["homework"] is None else step(i["homework"], (60, 20), (75, 50), (90, 80), (None, 100))),
        (10, Fraction(20) if i["left"] == 0 else step(i["left"], (4, 40), (12, 70), (None, 100))),
        (10, None if i["nps"] is None else step(i["nps"], (7, 0), (9, 60), (None, 100))),
        (10, step(i["renewals"], (1, 30), (2, 70), (None, 100))),
    ]
    # What nobody knows gives its weight to the rest.
    known = sum(weight for weight, p in points if p is not None)
    total = sum(rounded(p * Fraction(weight, 100) * 100 / known) for weight, p in points if p is not None)
    refunds = sum((rounded(exact(-8 * 2 ** (-(CLOCK - r[1].date()).days / 90))) for r in s["refunds"] if in_days(r[1].date(), CLOCK, 180)), Fraction(0))
    missed = sum((rounded(-2 * (1 - Fraction((CLOCK - x[0].date()).days, 30))) for x in s["lessons"]
                  if x[2] == "缺课" and in_days(x[0].date(), CLOCK, 30)), Fraction(0))
    return clamp(total + clamp(refunds, low=-16) + clamp(missed, low=-8), 0, 100)


def grade(everyone):
    all_ = [indicators(s) for s in everyone]
    learners = [i["net"] for i in all_ if i["bought"] >= 1]
    ten, thirty = best(learners, 10), best(learners, 30)
    graded = []
    for s, i in zip(everyone, all_):
        value, learner = score(s, i), i["bought"] >= 1
        attendance, recency, nps, left = i["attendance"], i["recency"], i["nps"], i["left"]
        exam = s["grade"] in ("初三", "高三")
        risk = (3 * (recency is not None and recency > 14) + 2 * (attendance is not None and attendance < exact("0.6"))
                + 2 * (nps is not None and nps <= 6) + 1 * (left <= 3 and i["renewals"] == 0) + 1 * (exam and left <= 8))
        rank = None if not learner else "top_10" if i["net"] >= ten else "top_30" if i["net"] >= thirty else "rest"
        came = [x[0] for x in s["lessons"] if x[2] == "到课"]
        segments = {
            "learners": learner,
            "at_risk": learner and left >= 1 and risk >= 4,
            "valuable_at_risk": learner and left >= 1 and risk >= 4 and rank in ("top_10", "top_30"),
            "renewal_window": learner and 1 <= left <= 6 and attendance is not None and attendance >= exact("0.75"),
            "silent_14_days": learner and left >= 1 and not any(in_days(t.date(), CLOCK, 14) for t in came),
            "trial_only": not s["buys"],
            "enrolled_within_14_days": any(t < b[1] and (b[1].date() - t.date()).days <= 14 for t in s["trials"] for b in s["buys"]),
            "promoters": nps is not None and nps >= 9,
            "promoters_to_ask": nps is not None and nps >= 9 and not s["referrals"],
            "refunded_but_learning": any(r[1] < t for r in s["refunds"] for t in came),
            "slowing_down": learner and i["slope"] < exact("-0.1"),
            "exam_year": learner and exam,
        }
        if any(in_days(r[1].date(), CLOCK, 30) for r in s["refunds"]):
            action = "退费挽留"
        elif learner and value < 50 and left >= 8:
            action = "班主任致电"
        elif learner and left <= 6 and value >= 60:
            action = "续费沟通"
        elif nps is not None and nps >= 9 and attendance is not None and attendance >= exact("0.9"):
            action = "转介绍邀请"
        else:
            action = "常规督学"
        stage = ("trial" if not learner else "finished" if left <= 0 else "renewing" if left <= 6 and recency is not None and recency <= 21
                 else "learning" if recency is not None and recency <= 21 else "paused")
        graded.append({
            "customer": s["id"], "score": value, "tier": None if not learner else "green" if value >= 75 else "yellow" if value >= 50 else "red",
            "segments": [name for name, holds in segments.items() if holds],
            "value_rank": rank, "risk_points": risk, "teacher_action": action, "stage": stage, "by_grade": s["grade"],
        })
    return graded


def main():
    everyone = people()
    write(everyone)
    write_expected(HERE / "expected.csv", grade(everyone))


if __name__ == "__main__":
    main()
