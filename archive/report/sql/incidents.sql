-- The number of incidents, and of those that are open; the number of incidents whose impact has ended, and the median
-- duration of their impact in seconds.
WITH timed AS (
    SELECT status, extract(epoch FROM impactenddate - impactstartdate) AS seconds FROM incidents
)
SELECT
    count(*) AS incidents,
    count(*) FILTER (WHERE status = 'open') AS still_open,
    count(seconds) AS times,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median_seconds
FROM timed
