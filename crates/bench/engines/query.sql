-- The indicators of model/bench.yaml over a table or view `events`. Local time is UTC plus 8 hours.
CREATE TEMP TABLE indicators AS
SELECT
    identity AS customer,
    $DAY - max(epoch_us(time) + 28800000000) FILTER (kind = 'order_line') // 86400000000 AS recency_days,
    $DAY - min(epoch_us(time) + 28800000000) FILTER (kind = 'order_line') // 86400000000 AS tenure_days,
    count(DISTINCT order_key) FILTER (kind = 'order_line') AS orders,
    coalesce(sum(amount) FILTER (kind = 'order_line'), 0) AS monetary,
    max(amount) FILTER (kind = 'order_line') AS largest_line,
    coalesce(sum(quantity) FILTER (kind = 'order_line'), 0) AS units,
    count(DISTINCT date_trunc('month', make_timestamp(epoch_us(time) + 28800000000))) FILTER (kind = 'order_line') AS active_months,
    coalesce(sum(amount) FILTER (kind = 'order_line' AND epoch_us(time) >= $START_90), 0) AS spend_90,
    count(DISTINCT order_key) FILTER (kind = 'order_line' AND epoch_us(time) >= $START_90) AS orders_90,
    coalesce(sum(amount) FILTER (kind = 'order_line' AND epoch_us(time) >= $START_180 AND epoch_us(time) < $START_90), 0) AS spend_90_before,
    coalesce(sum(-amount) FILTER (kind = 'refund'), 0) AS returns_value,
    count(*) FILTER (kind = 'visit') AS visits,
    arg_max(source, time) FILTER (kind = 'order_line') AS last_source
FROM events
WHERE epoch_us(time) <= $END
GROUP BY identity;
