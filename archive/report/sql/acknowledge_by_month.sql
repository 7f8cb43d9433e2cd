-- Month by month (UTC, by creation): how many alerts there were, how many of them were acknowledged, and how long these
-- waited, in seconds (the median). Months without any alert are not listed.
WITH told AS (
    SELECT
        CAST(date_trunc('month', CAST(createdat AS timestamp)) AS date) AS month,
        acknowledged,
        CAST((report ->> 'ackTime') AS double precision) / 1000 AS seconds
    FROM alerts
    WHERE createdat IS NOT NULL
)
SELECT
    month,
    count(*) AS alerts,
    count(*) FILTER (WHERE acknowledged OR seconds IS NOT NULL) AS acknowledged,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median_seconds
FROM told
GROUP BY month
ORDER BY month
