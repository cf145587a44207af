"""What the generators of the industry examples share: seeded chance, invented people, and the arithmetic
of grading done anew.

The second half never asks Gradus anything. Each `examples/<industry>/generate.py` works out the grades that
its rules mean from the facts that it invented, with the few plain functions below, and writes them to
`expected.csv`; a test holds Gradus to them.
"""

import csv
import datetime as dt
import io
import random
from fractions import Fraction

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华文玉兰红梅建国志佳欣怡子涵雨桐浩然思远若曦"
PROVINCES = [
    ("上海市", 16), ("北京市", 13), ("广东省", 18), ("浙江省", 13), ("江苏省", 14), ("四川省", 8), ("湖北省", 6),
    ("山东省", 6), ("陕西省", 3), ("福建省", 3),
]


class Chance:
    """Only random() is used: its sequence for a seed is the same in every version of Python."""

    def __init__(self, seed):
        self._random = random.Random(seed).random

    def part(self):
        return self._random()

    def happens(self, probability):
        return self._random() < probability

    def below(self, n):
        return int(self._random() * n)

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def pick(self, items):
        return items[self.below(len(items))]

    def weighted(self, pairs):
        at = self._random() * sum(weight for _, weight in pairs)
        for item, weight in pairs:
            at -= weight
            if at < 0:
                return item
        return pairs[-1][0]

    def times(self, expected):
        """How often something happens in a while in which it happens `expected` times on average."""
        return sum(self._random() < expected / 8 for _ in range(8))

    def name(self):
        return self.pick(SURNAMES) + "".join(self.pick(GIVEN) for _ in range(1 + self.below(2)))

    def written(self, phone):
        """A phone number as people write it."""
        at = self._random()
        if at < 0.8:
            return phone
        if at < 0.9:
            return f"{phone[:3]} {phone[3:7]} {phone[7:]}"
        return f"+86 {phone}"

    def moment(self, day, first=9, last=21):
        return dt.datetime.combine(day, dt.time(self.between(first, last), self.below(60)))


def dates(first, last):
    while first <= last:
        yield first
        first += dt.timedelta(days=1)


def months(first, last):
    """Every (year, month) from one date to another."""
    at = (first.year, first.month)
    while at <= (last.year, last.month):
        yield at
        at = (at[0] + at[1] // 12, at[1] % 12 + 1)


def write_csv(path, header, rows, encoding="utf-8"):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.getvalue().encode(encoding))


# --- From here on: what the rules mean, worked out without Gradus. ---


def month_back(clock, n):
    """First date of the n months that end with `clock`, the last day of a month."""
    year, month = divmod(clock.year * 12 + clock.month - 1 - n + 1, 12)
    return dt.date(year, month + 1, 1)


def in_days(day, clock, n):
    """Whether a date is among the n dates that end with `clock`."""
    return 0 <= (clock - day).days < n


def in_months(day, clock, n):
    """Whether a date is in the n whole months that end with `clock`, the last day of a month."""
    return month_back(clock, n) <= day <= clock


def exact(value):
    """A number as a fraction: 12.34 from the text "12.34", never from the nearest binary one."""
    return value if isinstance(value, Fraction) else Fraction(str(value))


def rounded(value, digits=4):
    """Half away from zero."""
    scaled = abs(value) * 10**digits
    whole = int(scaled + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, 10**digits)


def decimal(value):
    """A number of at most four digits as people write it."""
    if value is None:
        return ""
    value = Fraction(value)
    units = value * 10000
    assert units.denominator == 1, value
    sign, units = "-" if units < 0 else "", abs(int(units))
    whole, rest = divmod(units, 10000)
    return sign + str(whole) + (f".{rest:04d}".rstrip("0") if rest else "")


def step(value, *steps):
    """Points by bins: `(below, points)` pairs in order, the last with None for whatever is left."""
    for below, points in steps:
        if below is None or value < exact(below):
            return exact(points)
    raise ValueError(value)


def clamp(value, low=None, high=None):
    if low is not None:
        value = max(value, exact(low))
    if high is not None:
        value = min(value, exact(high))
    return value


def ratio(part, whole):
    return Fraction(part) / Fraction(whole) if whole else None


def mean(values):
    values = list(values)
    return Fraction(sum(values)) / len(values) if values else None


def median(values):
    values = sorted(values)
    half = len(values) // 2
    return Fraction(values[half]) if len(values) % 2 else Fraction(values[half - 1] + values[half]) / 2


def quantiles(values, parts):
    """Sample quantiles by linear interpolation, at 0, 1/parts … 1."""
    values = sorted(values)
    edges = []
    for k in range(parts + 1):
        at = Fraction(k * (len(values) - 1), parts)
        low = int(at)
        high = min(low + 1, len(values) - 1)
        edges.append(values[low] + (values[high] - values[low]) * (at - low))
    return edges


def quantile_bins(values, parts):
    """Which of `parts` equal parts a value is in, from 0: the lowest whose upper edge it does not exceed.
    What reaches the greatest value is in the last, the least in the first."""
    edges = quantiles([Fraction(value) for value in values], parts)

    def bin_of(value):
        if value == edges[-1]:
            return parts - 1 if edges[0] != edges[-1] else 0
        return next(k for k in range(parts) if value <= edges[k + 1])

    return bin_of


def best(values, percent):
    """The least value of the best so many percent, their number rounded up, ties included."""
    values = sorted(values, reverse=True)
    n = -(-len(values) * percent // 100)
    return values[n - 1] if n else None


def most_frequent(values):
    """The value that occurs most often; of several the smallest."""
    counts = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return min(counts, key=lambda value: (-counts[value], value)) if counts else None


def level_of(value, levels):
    """The highest level that a value reaches: `(name, from)` from lowest to highest."""
    reached = [name for name, least in levels if least is None or value >= exact(least)]
    return reached[-1]


RFM8 = ["general_winback", "important_winback", "general_retain", "important_retain",
        "general_develop", "important_develop", "general_value", "important_value"]


def rfm8(recency, frequency, monetary):
    """The class of three highs."""
    return RFM8[4 * recency + 2 * frequency + monetary]


# C hampion, L oyal, P otential loyalist, N ew, M promising, A ttention, S about to sleep, R at risk, X cannot lose,
# H ibernating, O lost. Rows are recency 1 to 5, words frequency 1 to 5, letters monetary 1 to 5; 5 is best.
RFM11 = {"C": "champions", "L": "loyal", "P": "potential_loyalist", "N": "new_customers", "M": "promising", "A": "need_attention",
         "S": "about_to_sleep", "R": "at_risk", "X": "cannot_lose_them", "H": "hibernating", "O": "lost"}
RFM11_TABLE = ["OOXXX OHHRR OHRRR ORRXR ORRXX", "HHSXX SHHRR SHHRR SRRRR SRRRR", "NSMMM SHPAA SHPAL PPALL PPPLL",
               "NNMMM NNPMM PPPAL PPALC PPPCC", "NNMMM MMMMM PPPAA PPLCC PPPCC"]


def rfm11(recency, frequency, monetary):
    """The segment of three scores from 1 to 5."""
    return RFM11[RFM11_TABLE[recency - 1].split()[frequency - 1][monetary - 1]]


def write_expected(path, grades):
    """`grades`: for each customer a dict that begins with customer, score, tier, segments (a list)."""
    header = list(grades[0])
    assert header[:4] == ["customer", "score", "tier", "segments"]

    def cell(value):
        if value is None:
            return ""
        if isinstance(value, list):
            return ";".join(value)
        return decimal(value) if isinstance(value, (int, Fraction)) else str(value)

    write_csv(path, header, [[cell(row[name]) for name in header] for row in sorted(grades, key=lambda row: row["customer"])])
