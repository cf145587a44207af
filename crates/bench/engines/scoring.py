"""The score of model/bench.yaml in DuckDB's SQL, and where its tiers begin."""

ATTRIBUTES = [
    (250, "recency_days", [7, 30, 90, 180], [10, 8, 5, 3, 1]),
    (200, "orders", [1, 2, 4, 8], [0, 1, 3, 6, 10]),
    (300, "monetary", [100, 300, 800, 2000], [1, 3, 5, 8, 10]),
    (150, "average", [100, 200, 300, 500], [1, 3, 5, 8, 10]),
    (100, "active_months", [1, 2, 4, 8], [0, 2, 4, 7, 10]),
    (125, "spend_90", [1, 200, 500], [0, 3, 6, 10]),
    (50, "returns_value", [1, 100], [5, 3, 0]),
    (75, "visits", [1, 3, 6], [0, 3, 6, 10]),
]


def points(name, cuts, values):
    if name == "average":  # no division, so that nothing is rounded
        whens = "".join(f" WHEN monetary < {cut} * orders THEN {value}" for cut, value in zip(cuts, values))
        return f"CASE WHEN orders = 0 THEN 0{whens} ELSE {values[-1]} END"
    whens = "".join(f" WHEN {name} < {cut} THEN {value}" for cut, value in zip(cuts, values))
    return f"CASE WHEN {name} IS NULL THEN 0{whens} ELSE {values[-1]} END"


def total(changed={}):
    """The score times a hundred; `changed`: other weights by attribute."""
    return " + ".join(
        f"{changed.get(name, weight)} * {points(name, cuts, values)}" for weight, name, cuts, values in ATTRIBUTES
    )


def cutoffs(connection, table, score):
    """The least score of silver, gold and diamond."""
    return [
        connection.execute(
            f"SELECT max(score) FROM (SELECT {score} AS score, sum(count(*)) OVER (ORDER BY {score} DESC) AS so_far"
            f" FROM {table} GROUP BY {score}) WHERE so_far * 100 >= (SELECT count(*) FROM {table}) * $percent",
            {"percent": percent},
        ).fetchone()[0]
        for percent in [50, 20, 5]
    ]


def tier(score, cuts):
    """The level of a score, 0 the lowest."""
    return " + ".join(f"({score} >= {cut})::INT" for cut in cuts)
