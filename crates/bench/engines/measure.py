"""What the other engines share: the instant, the clock, the shape of the answer."""

import json
import os
import resource
import time

DAY_US = 86_400_000_000
OFFSET_US = 8 * 3_600_000_000  # Asia/Shanghai
DAY = 20_453  # 2025-12-31 as days since 1970-01-01
END = (DAY + 1) * DAY_US - OFFSET_US - 1
START_90 = (DAY - 89) * DAY_US - OFFSET_US
START_180 = (DAY - 179) * DAY_US - OFFSET_US

INDICATORS = [
    "recency_days", "tenure_days", "orders", "monetary", "largest_line", "units", "active_months", "spend_90",
    "orders_90", "spend_90_before", "returns_value", "visits",
]
MONEY = {"monetary", "largest_line", "units", "spend_90", "spend_90_before", "returns_value"}

# One letter per code of recency, frequency, monetary 1 to 5, as gradus_grading::grade::rfm has it.
RFM_TABLE = [
    "OOXXX OHHRR OHRRR ORRXR ORRXX", "HHSXX SHHRR SHHRR SRRRR SRRRR", "NSMMM SHPAA SHPAL PPALL PPPLL",
    "NNMMM NNPMM PPPAL PPALC PPPCC", "NNMMM MMMMM PPPAA PPLCC PPPCC",
]
RFM_NAMES = dict(zip("CLPNMASRXHO", [
    "champions", "loyal", "potential_loyalist", "new_customers", "promising", "need_attention", "about_to_sleep",
    "at_risk", "cannot_lose_them", "hibernating", "lost",
]))


def rfm_rows():
    """(recency, frequency, monetary, segment) of all 125 codes."""
    return [
        (r + 1, f + 1, m + 1, RFM_NAMES[letter])
        for r, row in enumerate(RFM_TABLE)
        for f, word in enumerate(row.split())
        for m, letter in enumerate(word)
    ]


def inner_cuts(edges):
    """Edges that coincide merge; the outer two go."""
    distinct = [edge for at, edge in enumerate(edges) if at == 0 or edge != edges[at - 1]]
    return distinct[1:-1] if len(distinct) > 2 else []


class Clock:
    def __init__(self):
        self.start, self.cpu, self.grading = time.perf_counter(), sum(os.times()[:2]), None

    def indicators_done(self):
        self.grading = time.perf_counter()

    def stop(self):
        now = time.perf_counter()
        self.seconds, self.cpu_seconds = now - self.start, sum(os.times()[:2]) - self.cpu
        self.grade_seconds = now - self.grading
        self.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def report(self, answer):
        print(json.dumps({
            "seconds": self.seconds, "cpu_seconds": self.cpu_seconds, "grade_seconds": self.grade_seconds,
            "peak_mb": self.peak_mb, "answer": {name: int(value) for name, value in answer.items()},
        }))
