-- Who was on call at a moment? (Here: 1 March 2026, 3:00 UTC.)
SELECT schedule, rotation, person
FROM on_call_at
WHERE starts <= '2026-03-01 03:00:00+00' AND ends > '2026-03-01 03:00:00+00'
ORDER BY schedule, person
