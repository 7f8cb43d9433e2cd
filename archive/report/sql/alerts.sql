-- The number of alerts, their first and last creation time, how many were acknowledged, and how long they waited, in
-- seconds.
--
-- Each median and 90th percentile covers only the alerts that report such a time; their number is in the column before.
-- The last two columns follow the rule of Opsgenie's own MTTA: the mean over closed alerts, in which an alert that was
-- closed without being acknowledged counts with the time until it was closed.
WITH timed AS (
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
FROM timed
