"""A changed weight beside the one in force in DuckDB, from the same files: `instant FILE…` or `history FILE…`."""

import datetime
import json
import os
import pathlib
import resource
import sys
import time

import duckdb

import measure
import scoring

kind, files = sys.argv[1], sys.argv[2:]
ENDS = ["2025-07-31", "2025-08-31", "2025-09-30", "2025-10-31", "2025-11-30", "2025-12-31"]
days = [(datetime.date.fromisoformat(end) - datetime.date(1970, 1, 1)).days for end in ENDS]
days = days if kind == "history" else days[-1:]
connection = duckdb.connect()
connection.execute("SET threads = 2; SET preserve_insertion_order = false")
written = (pathlib.Path(__file__).parent / "query.sql").read_text()

start, cpu = time.perf_counter(), sum(os.times()[:2])
listed = ", ".join("'" + file + "'" for file in files)
connection.execute(f"CREATE TEMP VIEW events AS FROM read_parquet([{listed}], hive_partitioning = false)")
before = None
for day in days:
    sql = written
    begin = lambda back: (day - back) * measure.DAY_US - measure.OFFSET_US
    for name, value in [("START_180", begin(179)), ("START_90", begin(89)), ("END", begin(-1) - 1), ("DAY", day)]:
        sql = sql.replace("$" + name, str(value))
    connection.execute("DROP TABLE IF EXISTS indicators")
    connection.execute(sql)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE scored AS SELECT customer, {scoring.total()} AS now,"
        f" {scoring.total({'recency_days': 350})} AS changed FROM indicators"
    )
    levels = [
        f"{scoring.tier(score, scoring.cutoffs(connection, 'scored', score))} AS {score}" for score in ["now", "changed"]
    ]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE step AS SELECT customer, {', '.join(levels)} FROM scored")
    # Who moved at some step by the changed model; of a single one who stands elsewhere by it.
    if len(days) == 1:
        moved = connection.execute("SELECT count(*) FROM step WHERE now <> changed").fetchone()[0]
    elif before is None:
        connection.execute("CREATE TEMP TABLE moved (customer BIGINT)")
    else:
        connection.execute("INSERT INTO moved SELECT customer FROM step JOIN last USING (customer) WHERE step.changed <> last.changed")
        moved = connection.execute("SELECT count(DISTINCT customer) FROM moved").fetchone()[0]
    connection.execute("CREATE OR REPLACE TEMP TABLE last AS FROM step")
    before = day
n = connection.execute("SELECT count(*) FROM last").fetchone()[0]
print(json.dumps({
    "steps": len(days), "n_customers": n, "n_moved": moved, "n_reused": 0,
    "seconds": time.perf_counter() - start, "cpu_seconds": sum(os.times()[:2]) - cpu,
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
