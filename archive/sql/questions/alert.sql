-- What happened to one alert? (Here: the newest.)
SELECT happened_at, kind, who, what
FROM alert_story
WHERE alert_id = (SELECT id FROM alerts ORDER BY "createdAt" DESC LIMIT 1)
ORDER BY happened_at
