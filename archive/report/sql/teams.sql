-- The teams that alerts count for, the one with the most alerts first. The id is empty for alerts without a team.
SELECT coalesce(alerts.ownerteamid, '') AS id, coalesce(teams.name, alerts.ownerteamid, '(no team)') AS team, count(*) AS alerts
FROM alerts
LEFT JOIN teams ON teams.id = alerts.ownerteamid
GROUP BY alerts.ownerteamid, teams.name
ORDER BY alerts DESC, id
