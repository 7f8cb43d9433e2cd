-- The number of incidents, and of those that are open; the number of incidents whose impact has ended, and the median
-- duration of their impact in seconds. An impact that ends before it starts is an error, and counts as not ended.
WITH timed AS (
    SELECT
        status,
        CASE WHEN impactenddate >= impactstartdate
            THEN extract(epoch FROM impactenddate - impactstartdate) END AS seconds
    FROM incidents
)
SELECT
    count(*) AS incidents,
    count(*) FILTER (WHERE status = 'open') AS still_open,
    count(seconds) AS times,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median_seconds
FROM timed
