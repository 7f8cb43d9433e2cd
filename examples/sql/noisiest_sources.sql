-- Which sources make the most alerts, and how many of these nobody took.
--
-- The source is what the client that created the alert calls itself; null for none. Alerts are counted as the account
-- keeps them: what occurs again while its alert is open adds to the occurrences of that alert. An alert was never
-- acknowledged when it is not marked as such and no acknowledgement is reported with it. The share is that of all
-- alerts, 0 to 1.
SELECT
    nullif(source, '') AS source,
    count(*) AS alerts,
    CAST(sum("count") AS bigint) AS occurrences,
    count(*) FILTER (WHERE NOT coalesce(acknowledged, false) AND (report ->> 'ackTime') IS NULL) AS never_acknowledged,
    CAST(count(*) AS double precision) / sum(count(*)) OVER () AS share_of_all
FROM alerts
GROUP BY nullif(source, '')
ORDER BY alerts DESC, source NULLS LAST
