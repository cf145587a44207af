"""Loads the files into a table of DuckDB's own: TABLE FILE…"""

import sys

import duckdb

table, files = sys.argv[1], sys.argv[2:]
connection = duckdb.connect(table)
connection.execute("SET threads = 2; SET preserve_insertion_order = true")
connection.execute(
    "CREATE TABLE events AS SELECT identity, time, kind, source, order_key, amount, quantity"
    " FROM read_parquet($files, hive_partitioning = false)",
    {"files": files},
)
connection.execute("CHECKPOINT")
