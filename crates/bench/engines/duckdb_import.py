"""The import in DuckDB: `receipts|members FILE.csv OUT.parquet`. The types are told, nothing is sniffed."""

import json
import os
import resource
import sys
import time

import duckdb

what, source, out = sys.argv[1:]
who = "customer_no VARCHAR, phone VARCHAR, " if what == "members" else ""
names = (
    "order_no VARCHAR, line_no VARCHAR, " + who + "ordered_at TIMESTAMP, sku VARCHAR, product VARCHAR, category VARCHAR,"
    " channel VARCHAR, quantity DECIMAL(18,4), unit_price DECIMAL(18,4), amount DECIMAL(18,4)"
)
columns = ", ".join("'{}': '{}'".format(*name.strip().split(" ", 1)) for name in names.replace("(18,4)", "(18#4)").split(","))
columns = columns.replace("#", ",")
identity = "hash(customer_no) >> 1" if what == "members" else "0"

connection = duckdb.connect()
connection.execute("SET threads = 2; SET preserve_insertion_order = false")
start, cpu = time.perf_counter(), sum(os.times()[:2])
connection.execute(f"""
    COPY (
        SELECT ({identity})::BIGINT AS identity, ordered_at - INTERVAL 8 HOUR AS time,
            order_no || '-' || line_no AS event_id, false AS retraction, ordered_at - INTERVAL 8 HOUR AS known,
            'order_line' AS kind, 'orders' AS source, order_no AS order_id, (hash(order_no) >> 1)::BIGINT AS order_key,
            NULL::VARCHAR AS line, NULL::BOOLEAN AS spend, amount, 'CNY' AS currency, quantity,
            sku, product, category, channel, unit_price
        FROM read_csv('{source}', header = true, auto_detect = false, delim = ',', quote = '"', columns = {{{columns}}})
        ORDER BY identity, time, event_id
    ) TO '{out}' (FORMAT parquet)
""")
seconds, cpu_seconds = time.perf_counter() - start, sum(os.times()[:2]) - cpu
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
rows, amount, quantity, total = connection.execute(
    f"SELECT count(*), sum(amount), sum(quantity), sum(epoch(time)::BIGINT) FROM '{out}'"
).fetchone()
answer = {"rows": rows, "amount": int(amount * 10_000), "quantity": int(quantity * 10_000), "seconds": int(total)}
print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mb": peak_mb, "answer": answer}))
