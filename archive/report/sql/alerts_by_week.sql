-- The number of alerts created in each week (UTC, beginning on Monday) of the period, by priority. Weeks without alerts
-- have a zero.
WITH weeks AS (
    SELECT CAST(unnest(generate_series(
        date_trunc('week', begins), date_trunc('week', ends - INTERVAL '1 second'), INTERVAL '7 days'
    )) AS date) AS monday
    FROM period
)
SELECT
    weeks.monday,
    CASE WHEN alerts.priority IN ('P1', 'P2', 'P3', 'P4', 'P5') THEN alerts.priority ELSE 'none' END AS priority,
    count(alerts.id) AS alerts
FROM weeks
LEFT JOIN alerts ON CAST(date_trunc('week', CAST(alerts.createdat AS timestamp)) AS date) = weeks.monday
GROUP BY ALL
ORDER BY weeks.monday, priority
