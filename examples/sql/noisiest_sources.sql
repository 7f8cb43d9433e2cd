-- Which sources create the most alerts, and how many of these alerts nobody acknowledged.
--
-- The source is the name that the client which created the alert gave itself; null if there is none. Opsgenie adds a
-- repeated alert to the occurrences of the open one, so it does not count as another alert. An alert counts as never
-- acknowledged if it is not marked as acknowledged and its report has no time to acknowledge. The share is relative to
-- all alerts, from 0 to 1.
SELECT
    nullif(source, '') AS source,
    count(*) AS alerts,
    CAST(sum("count") AS bigint) AS occurrences,
    count(*) FILTER (
        WHERE NOT coalesce(acknowledged, false) AND coalesce(report ->> 'ackTime', '') !~ '^[0-9]{1,13}([.][0-9]+)?$'
    ) AS never_acknowledged,
    CAST(count(*) AS double precision) / sum(count(*)) OVER () AS share_of_all
FROM alerts
GROUP BY nullif(source, '')
ORDER BY alerts DESC, source NULLS LAST
