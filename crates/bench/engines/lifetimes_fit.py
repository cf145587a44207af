"""BG/NBD by the Python library lifetimes on columns that lifetime_speed.rs wrote; prints one line of JSON.

Usage: lifetimes_fit.py FOLDER HORIZON
"""
import json
import resource
import sys
import time
import warnings

import numpy as np
from scipy.special import gammaln

warnings.filterwarnings("ignore")
from lifetimes import BetaGeoFitter  # noqa: E402

folder, horizon = sys.argv[1], float(sys.argv[2])
x, t_x, age = (np.fromfile(f"{folder}/{name}.f64") for name in ("x", "t_x", "age"))


def timed(work):
    """As lifetime_speed.rs does it: over and over for 0.4 s, and divided."""
    wall, cpu, times = time.perf_counter(), time.process_time(), 0
    while times == 0 or time.perf_counter() - wall < 0.4:
        result = work()
        times += 1
    return result, (time.perf_counter() - wall) / times, (time.process_time() - cpu) / times


def log_likelihood(r, alpha, a, b):
    alive = -(r + x) * np.log(alpha + age)
    left = np.where(x > 0, np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + t_x), -np.inf)
    return float(
        (
            gammaln(r + x) - gammaln(r) + r * np.log(alpha)
            + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
            + np.logaddexp(alive, left)
        ).sum()
    )


fitter, fit_wall, fit_cpu = timed(lambda: BetaGeoFitter().fit(x, t_x, age))
r, alpha, a, b = (float(fitter.params_[name]) for name in ("r", "alpha", "a", "b"))
expected, expected_wall, expected_cpu = timed(
    lambda: fitter.conditional_expected_number_of_purchases_up_to_time(horizon, x, t_x, age)
)
alive, alive_wall, alive_cpu = timed(lambda: fitter.conditional_probability_alive(x, t_x, age))
print(
    json.dumps(
        {
            "r": r, "alpha": alpha, "a": a, "b": b,
            "log_likelihood": log_likelihood(r, alpha, a, b),
            "expected_sum": float(np.sum(expected)), "alive_sum": float(np.sum(alive)),
            "fit_wall": fit_wall, "fit_cpu": fit_cpu,
            "expected_wall": expected_wall, "expected_cpu": expected_cpu,
            "alive_wall": alive_wall, "alive_cpu": alive_cpu,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
)
