-- Who changed what? (Here: the last hundred lines of the audit log, which JSM keeps for 180 days.)
SELECT created, category, level, message, details
FROM audit_logs
ORDER BY created DESC
LIMIT 100
