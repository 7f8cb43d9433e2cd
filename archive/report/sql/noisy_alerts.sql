-- The most frequent messages of alerts: the number of alerts, how often they occurred in total, how many of them nobody
-- acknowledged, and the id of the newest one. The last column is the number of distinct messages of all alerts.
SELECT
    message,
    count(*) AS alerts,
    CAST(sum("count") AS bigint) AS occurrences,
    count(*) FILTER (WHERE NOT coalesce(acknowledged, false) AND (report ->> 'ackTime') IS NULL) AS never_acknowledged,
    (array_agg(id ORDER BY createdat DESC, id))[1] AS newest,
    count(*) OVER () AS messages
FROM alerts
GROUP BY message
ORDER BY alerts DESC, occurrences DESC, message
LIMIT 50
