-- For each month (UTC) of the period: the number of incidents created, by priority; the number of those whose impact has
-- ended, and the median duration of their impact in seconds. An impact that ends before it starts is an error, and
-- counts as not ended. Months without incidents have zeros, and no median.
WITH bounds AS (
    SELECT
        least((SELECT begins FROM period), min(createdat)) AS begins,
        greatest((SELECT ends - INTERVAL '1 second' FROM period), max(createdat)) AS ends
    FROM incidents
),
months AS (
    SELECT unnest(generate_series(date_trunc('month', begins), date_trunc('month', ends), INTERVAL '1 month')) AS month
    FROM bounds
),
timed AS (
    SELECT
        id,
        date_trunc('month', CAST(createdat AS timestamp)) AS month,
        priority,
        CASE WHEN impactenddate >= impactstartdate
            THEN extract(epoch FROM impactenddate - impactstartdate) END AS seconds
    FROM incidents
)
SELECT
    CAST(months.month AS date) AS month,
    count(timed.id) FILTER (WHERE timed.priority = 'P1') AS p1,
    count(timed.id) FILTER (WHERE timed.priority = 'P2') AS p2,
    count(timed.id) FILTER (WHERE timed.priority = 'P3') AS p3,
    count(timed.id) FILTER (WHERE timed.priority = 'P4') AS p4,
    count(timed.id) FILTER (WHERE timed.priority = 'P5') AS p5,
    count(timed.id) FILTER (WHERE coalesce(timed.priority, '') NOT IN ('P1', 'P2', 'P3', 'P4', 'P5')) AS other,
    count(timed.seconds) AS times,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY timed.seconds) AS median_seconds
FROM months
LEFT JOIN timed ON timed.month = months.month
GROUP BY months.month
ORDER BY months.month
