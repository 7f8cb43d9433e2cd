-- How many alerts of each team were acknowledged, and how long these waited, in seconds: the median, and the time within
-- which nine in ten were acknowledged. The team is the one that owns the alert or, where
-- JSM does not tell it, the first one of those that respond. Over all of time, which the months of
-- examples/sql/time_to_acknowledge_and_close.sql cannot give: medians of months do not add up to a median.
WITH told AS (
    SELECT
        coalesce(teams.name, nullif(alerts.ownerteamid, ''), '(no team)') AS team,
        alerts.acknowledged,
        CAST((alerts.report ->> 'ackTime') AS double precision) / 1000 AS seconds
    FROM alerts
    LEFT JOIN teams ON teams.id = alerts.ownerteamid
)
SELECT
    team,
    count(*) AS alerts,
    count(*) FILTER (WHERE acknowledged OR seconds IS NOT NULL) AS acknowledged,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median_seconds,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS p90_seconds
FROM told
GROUP BY team
ORDER BY median_seconds DESC NULLS LAST, team
