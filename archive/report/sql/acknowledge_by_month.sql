-- For each month (UTC) of the period: the number of alerts created, how many of them were acknowledged, how many report
-- the time to acknowledge, and its median in seconds. Months without alerts have zeros, and no median.
WITH months AS (
    SELECT unnest(generate_series(
        date_trunc('month', begins), date_trunc('month', ends - INTERVAL '1 second'), INTERVAL '1 month'
    )) AS month
    FROM period
),
timed AS (
    SELECT
        id,
        date_trunc('month', CAST(createdat AS timestamp)) AS month,
        acknowledged,
        CAST((report ->> 'ackTime') AS double precision) / 1000 AS seconds
    FROM alerts
)
SELECT
    CAST(months.month AS date) AS month,
    count(timed.id) AS alerts,
    count(*) FILTER (WHERE timed.acknowledged OR timed.seconds IS NOT NULL) AS acknowledged,
    count(timed.seconds) AS times,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY timed.seconds) AS median_seconds
FROM months
LEFT JOIN timed ON timed.month = months.month
GROUP BY months.month
ORDER BY months.month
