"""The benchmark in Polars: FILE…"""

import os
import sys

os.environ["POLARS_MAX_THREADS"] = "2"

import polars as pl

import measure

files = sys.argv[1:]
engine = os.environ.get("GRADUS_BENCH_POLARS", "streaming")
clock = measure.Clock()
c = pl.col
us = c("time").dt.epoch("us")
local = us + measure.OFFSET_US
bought = c("kind") == "order_line"
events = (
    pl.scan_parquet(files, hive_partitioning=False)
    .select("identity", "time", "kind", "source", "order_key", "amount", "quantity")
    .filter(us <= measure.END)
    .with_columns(
        us=us,
        bought=bought,
        month=pl.when(bought).then(local.cast(pl.Datetime("us")).dt.truncate("1mo")),
        order=pl.when(bought).then(c("order_key")),
        order_90=pl.when(bought & (us >= measure.START_90)).then(c("order_key")),
        spent=pl.when(bought).then(c("amount")),
        pieces=pl.when(bought).then(c("quantity")),
        day=pl.when(bought).then(local // measure.DAY_US),
        spent_90=pl.when(bought & (us >= measure.START_90)).then(c("amount")),
        spent_180=pl.when(bought & (us >= measure.START_180) & (us < measure.START_90)).then(c("amount")),
        returned=pl.when(c("kind") == "refund").then(-c("amount")),
        visited=c("kind") == "visit",
        when=pl.when(bought).then(us),
    )
)
indicators = (
    events.group_by("identity")
    .agg(
        recency_days=measure.DAY - c("day").max(),
        tenure_days=measure.DAY - c("day").min(),
        orders=c("order").drop_nulls().n_unique().cast(pl.Int64),
        monetary=c("spent").sum(),
        largest_line=c("spent").max(),
        units=c("pieces").sum(),
        active_months=c("month").drop_nulls().n_unique().cast(pl.Int64),
        spend_90=c("spent_90").sum(),
        orders_90=c("order_90").drop_nulls().n_unique().cast(pl.Int64),
        spend_90_before=c("spent_180").sum(),
        returns_value=c("returned").sum(),
        visits=c("visited").sum().cast(pl.Int64),
        last_source=c("source").filter(c("bought")).last() if os.environ.get("GRADUS_BENCH_LAST") else c("source").max_by("when"),
    )
    .collect(engine=engine)
)
clock.indicators_done()


def points(value, cuts, values):
    out = pl.when(value < cuts[0]).then(values[0])
    for cut, point in zip(cuts[1:], values[1:]):
        out = out.when(value < cut).then(point)
    return out.otherwise(values[-1]).cast(pl.Int64)


units = lambda name: (c(name) * 10_000).cast(pl.Int64)
money = c("monetary").cast(pl.Decimal(38, 4))
score = (
    250 * pl.when(c("recency_days").is_null()).then(0).otherwise(points(c("recency_days"), [7, 30, 90, 180], [10, 8, 5, 3, 1]))
    + 200 * points(c("orders"), [1, 2, 4, 8], [0, 1, 3, 6, 10])
    + 300 * points(c("_monetary"), [x * 10_000 for x in [100, 300, 800, 2000]], [1, 3, 5, 8, 10])
    + 150 * pl.when(c("orders") == 0).then(0).otherwise(
        points(c("_monetary"), [x * 10_000 * c("orders") for x in [100, 200, 300, 500]], [1, 3, 5, 8, 10]))
    + 100 * points(c("active_months"), [1, 2, 4, 8], [0, 2, 4, 7, 10])
    + 125 * points(c("_spend_90"), [x * 10_000 for x in [1, 200, 500]], [0, 3, 6, 10])
    + 50 * points(c("_returns_value"), [x * 10_000 for x in [1, 100]], [5, 3, 0])
    + 75 * points(c("visits"), [1, 3, 6], [0, 3, 6, 10])
)
# Money as integers of ten-thousandths, once.
scored = indicators.with_columns(
    _monetary=c("monetary").to_physical().cast(pl.Int64),
    _spend_90=c("spend_90").to_physical().cast(pl.Int64),
    _returns_value=c("returns_value").to_physical().cast(pl.Int64),
).with_columns(score=score)
n = scored.height
by_score = scored.group_by("score").len().sort("score", descending=True).with_columns(so_far=c("len").cast(pl.Int64).cum_sum())
cutoffs = [by_score.filter(c("so_far") * 100 >= n * percent)["score"].max() for percent in [50, 20, 5]]
cuts = {}
for name in ["recency_days", "orders", "_monetary"]:
    ordered = scored[name].drop_nulls().sort()
    last = len(ordered) - 1
    edges = []
    for k in range(6):
        below, part = divmod(last * k, 5)
        low, high = ordered[below], ordered[min(below + 1, last)]
        edges.append(low + (high - low) * part // 5)
    cuts[name] = measure.inner_cuts(edges)
bins = lambda name: sum(((c(name) > cut).cast(pl.Int64) for cut in cuts[name]), pl.lit(0, pl.Int64))
codes = pl.DataFrame(measure.rfm_rows(), schema={"r": pl.Int64, "f": pl.Int64, "m": pl.Int64, "rfm": pl.String}, orient="row")
graded = scored.with_columns(
    member=pl.when(c("score") >= cutoffs[2]).then(pl.lit("diamond")).when(c("score") >= cutoffs[1]).then(pl.lit("gold"))
    .when(c("score") >= cutoffs[0]).then(pl.lit("silver")).otherwise(pl.lit("bronze")),
    r=len(cuts["recency_days"]) + 1 - bins("recency_days"),
    f=1 + bins("orders"),
    m=1 + bins("_monetary"),
).join(codes, on=["r", "f", "m"], how="left")
clock.stop()

answer = {"n": graded.height}
for name in measure.INDICATORS:
    column = graded[name].to_physical().cast(pl.Int64) if name in measure.MONEY else graded[name]
    answer["n." + name], answer["sum." + name] = column.len() - column.null_count(), column.sum()
answer["n.value"], answer["sum.value"] = graded.height, graded["score"].sum() * 100
buyers = graded.filter(c("orders") > 0)
cents = buyers.select((2 * c("_monetary") + 100 * c("orders")) // (200 * c("orders")))
answer["n.average_order_value"], answer["sum.average_order_value"] = buyers.height, cents.to_series().sum()
answer["n.last_source"] = graded.height - graded["last_source"].null_count()
answer["sum.last_source"] = (graded["last_source"] == "web").sum()
for name in ["member", "rfm"]:
    for value, count in graded.filter(c(name).is_not_null()).group_by(name).len().iter_rows():
        answer[f"{name}.{value}"] = count
clock.report(answer)
