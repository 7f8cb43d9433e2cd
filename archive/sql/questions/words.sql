-- Which alerts contain a word? (Here: disk.)
SELECT "createdAt", priority, team, message
FROM alerts_with_names
WHERE lower(message) LIKE '%disk%' OR lower(description) LIKE '%disk%'
ORDER BY "createdAt" DESC
