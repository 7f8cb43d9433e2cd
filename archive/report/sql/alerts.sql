-- The alerts altogether: how many, from when to when, and how long they waited to be taken and to be closed (seconds).
SELECT
    count(*) AS alerts,
    CAST(min(createdat) AS timestamp) AS first,
    CAST(max(createdat) AS timestamp) AS last,
    count(*) FILTER (WHERE acknowledged OR (report ->> 'ackTime') IS NOT NULL) AS acknowledged,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY CAST((report ->> 'ackTime') AS double precision) / 1000),
    percentile_cont(0.9) WITHIN GROUP (ORDER BY CAST((report ->> 'ackTime') AS double precision) / 1000),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY CAST((report ->> 'closeTime') AS double precision) / 1000),
    percentile_cont(0.9) WITHIN GROUP (ORDER BY CAST((report ->> 'closeTime') AS double precision) / 1000)
FROM alerts
