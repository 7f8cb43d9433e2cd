-- The teams that own alerts, the one with the most alerts first.
SELECT alerts.ownerteamid AS id, coalesce(teams.name, alerts.ownerteamid) AS team, count(*) AS alerts
FROM alerts
LEFT JOIN teams ON teams.id = alerts.ownerteamid
WHERE nullif(alerts.ownerteamid, '') IS NOT NULL
GROUP BY alerts.ownerteamid, teams.name
ORDER BY alerts DESC, id
