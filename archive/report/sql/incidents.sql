-- The incidents altogether, and those that nobody has resolved.
SELECT count(*) AS incidents, count(*) FILTER (WHERE status = 'open') AS still_open FROM incidents
