-- For each month of creation (UTC): the number of alerts, how many of them were acknowledged, and their median time to
-- acknowledge in seconds. Months without alerts are not listed.
WITH timed AS (
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
FROM timed
GROUP BY month
ORDER BY month
