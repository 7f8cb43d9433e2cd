-- Who changed what in the teams?
SELECT team_logs."createdDate", teams.name AS team, team_logs.owner, team_logs.log
FROM team_logs
LEFT JOIN teams ON teams.id = team_logs.team_id
ORDER BY team_logs."createdDate" DESC
