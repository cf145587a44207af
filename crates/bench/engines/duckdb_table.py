"""The decision table as a join in DuckDB: `FOLDER` holds table_rows.csv and table_customers.csv."""

import json
import pathlib
import sys
import time

import duckdb

folder = pathlib.Path(sys.argv[1])
connection = duckdb.connect()
connection.execute("SET threads = 2; SET preserve_insertion_order = false")
connection.execute(f"CREATE TABLE r AS FROM read_csv('{folder / 'table_rows.csv'}')")
connection.execute(f"CREATE TABLE c AS FROM read_csv('{folder / 'table_customers.csv'}')")
tests = []
for index in range(8):
    connection.execute(f"UPDATE r SET lo{index} = -1, hi{index} = 1000000 WHERE lo{index} IS NULL")
    tests.append(f"c.n{index} >= r.lo{index} AND c.n{index} < r.hi{index}")
for index in range(2):
    tests.append(f"(r.lo{8 + index} IS NULL OR c.t{index} = r.lo{8 + index})")
start = time.time()
answer = connection.execute(
    "SELECT count(*), coalesce(sum(first), 0), coalesce(sum(n), 0) FROM ("
    f"SELECT c.customer, min(r.number) AS first, count(*) AS n FROM c JOIN r ON {' AND '.join(tests)} GROUP BY c.customer)"
).fetchone()
print(json.dumps([time.time() - start, [int(value) for value in answer]]))
