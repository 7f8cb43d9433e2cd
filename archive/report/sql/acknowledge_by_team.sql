-- How long the alerts of each team waited for somebody to take them, in seconds: the median, and the time within which
-- nine in ten were taken. The team is the one that owns the alert. Over all of time, which the months of
-- examples/sql/time_to_acknowledge_and_close.sql cannot give: medians of months do not add up to a median.
WITH taken AS (
    SELECT
        coalesce(teams.name, nullif(alerts.ownerteamid, ''), '(no team)') AS team,
        CAST((alerts.report ->> 'ackTime') AS double precision) / 1000 AS seconds
    FROM alerts
    LEFT JOIN teams ON teams.id = alerts.ownerteamid
)
SELECT
    team,
    count(seconds) AS acknowledged,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median_seconds,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS p90_seconds
FROM taken
WHERE seconds IS NOT NULL
GROUP BY team
ORDER BY median_seconds DESC, team
