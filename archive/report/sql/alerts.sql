-- The alerts altogether: how many, from when to when, how many were acknowledged, and how long they waited (seconds).
--
-- The median and the time of nine in ten are those of the alerts with which such a time is reported; how many these
-- are stands before them. The last two columns follow the rule of Opsgenie's own MTTA: the mean over the closed alerts,
-- where one that was closed without an acknowledgement counts with the time until it was closed.
WITH told AS (
    SELECT
        id,
        createdat,
        status,
        acknowledged,
        CAST((report ->> 'ackTime') AS double precision) / 1000 AS acknowledge_seconds,
        CAST((report ->> 'closeTime') AS double precision) / 1000 AS close_seconds
    FROM alerts
)
SELECT
    count(*) AS alerts,
    CAST(min(createdat) AS timestamp) AS first,
    CAST(max(createdat) AS timestamp) AS last,
    count(*) FILTER (WHERE acknowledged OR acknowledge_seconds IS NOT NULL) AS acknowledged,
    count(acknowledge_seconds) AS acknowledge_times,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY acknowledge_seconds) AS acknowledge_median,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY acknowledge_seconds) AS acknowledge_p90,
    count(close_seconds) AS close_times,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY close_seconds) AS close_median,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY close_seconds) AS close_p90,
    avg(coalesce(acknowledge_seconds, close_seconds)) FILTER (WHERE status = 'closed') AS opsgenie_mtta,
    count(coalesce(acknowledge_seconds, close_seconds)) FILTER (WHERE status = 'closed') AS opsgenie_mtta_alerts
FROM told
