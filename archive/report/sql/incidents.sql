-- The number of incidents, and of those that are open.
SELECT count(*) AS incidents, count(*) FILTER (WHERE status = 'open') AS still_open FROM incidents
