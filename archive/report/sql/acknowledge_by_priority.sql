-- For each priority, the most urgent first: the number of alerts, how many of them were acknowledged, how many report the
-- time to acknowledge, and its median and 90th percentile in seconds.
WITH timed AS (
    SELECT
        coalesce(nullif(priority, ''), '(none)') AS priority,
        acknowledged,
        CAST((report ->> 'ackTime') AS double precision) / 1000 AS seconds
    FROM alerts
)
SELECT
    priority,
    count(*) AS alerts,
    count(*) FILTER (WHERE acknowledged OR seconds IS NOT NULL) AS acknowledged,
    count(seconds) AS times,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median_seconds,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS p90_seconds
FROM timed
GROUP BY priority
ORDER BY priority = '(none)', priority
