"""The benchmark in DuckDB: `files FILE…` or `table DATABASE`."""

import os
import pathlib
import sys

import duckdb

import measure
import scoring

kind, sources = sys.argv[1], sys.argv[2:]
connection = duckdb.connect(sources[0], read_only=True) if kind == "table" else duckdb.connect()
connection.execute("SET threads = 2; SET preserve_insertion_order = false")
sql = (pathlib.Path(__file__).parent / os.environ.get("GRADUS_BENCH_SQL", "query.sql")).read_text()
for name in ["START_180", "START_90", "END", "DAY"]:
    sql = sql.replace("$" + name, str(getattr(measure, name)))

clock = measure.Clock()
if kind == "files":
    listed = ", ".join("'" + file + "'" for file in sources)
    connection.execute(f"CREATE TEMP VIEW events AS FROM read_parquet([{listed}], hive_partitioning = false)")
connection.execute(sql)
clock.indicators_done()

connection.execute(f"CREATE TEMP TABLE scored AS SELECT *, {scoring.total()} AS score FROM indicators")
cutoffs = scoring.cutoffs(connection, "scored", "score")
cuts = {}
for name in ["recency_days", "orders", "monetary"]:
    unit = 10_000 if name == "monetary" else 1
    edges = connection.execute(
        f"SELECT quantile_cont(({name} * {unit})::DOUBLE, [0, 0.2, 0.4, 0.6, 0.8, 1]) FROM scored"
    ).fetchone()[0]
    # Edges are fifths of the unit: what the floating point adds is taken away again.
    cuts[name] = [edge / unit for edge in measure.inner_cuts([round(edge * 5) // 5 if unit > 1 else round(edge, 1) for edge in edges])]


def bins(name):
    return " + ".join([f"({name} > {cut!r})::INT" if name != "monetary" else f"({name} > {cut:.4f}::DECIMAL(18,4))::INT" for cut in cuts[name]] or ["0"])


connection.execute("CREATE TEMP TABLE codes (r INT, f INT, m INT, segment VARCHAR)")
connection.executemany("INSERT INTO codes VALUES (?, ?, ?, ?)", measure.rfm_rows())
connection.execute(f"""
    CREATE TEMP TABLE graded AS
    SELECT scored.*, segment AS rfm,
        CASE WHEN score >= {cutoffs[2]} THEN 'diamond' WHEN score >= {cutoffs[1]} THEN 'gold'
             WHEN score >= {cutoffs[0]} THEN 'silver' ELSE 'bronze' END AS member
    FROM scored LEFT JOIN codes
      ON r = {len(cuts["recency_days"]) + 1} - ({bins("recency_days")}) AND f = 1 + {bins("orders")} AND m = 1 + {bins("monetary")}
""")
clock.stop()

one = lambda sql: connection.execute(sql).fetchone()
answer = {"n": one("SELECT count(*) FROM graded")[0]}
for name in measure.INDICATORS + ["score"]:
    unit = 10_000 if name in measure.MONEY else 100 if name == "score" else 1
    n, total = one(f"SELECT count({name}), sum({name}) FROM graded")
    shown = "value" if name == "score" else name
    answer["n." + shown], answer["sum." + shown] = n, (total or 0) * unit
cents = "((2 * (monetary * 10000)::HUGEINT + 100 * orders) // (200 * orders))"
answer["n.average_order_value"], answer["sum.average_order_value"] = one(
    f"SELECT count(*), sum({cents}) FROM graded WHERE orders > 0"
)
answer["n.last_source"], answer["sum.last_source"] = one(
    "SELECT count(last_source), count(*) FILTER (last_source = 'web') FROM graded"
)
for name in ["member", "rfm"]:
    rows = connection.execute(f"SELECT {name}, count(*) FROM graded WHERE {name} IS NOT NULL GROUP BY 1").fetchall()
    answer.update({f"{name}.{value}": n for value, n in rows})
clock.report(answer)
