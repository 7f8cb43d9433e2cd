-- How many alerts have several responding teams, and of how many alerts; how many recipients took no action, and of how
-- many recipients.
SELECT
    (SELECT count(*) FROM alerts WHERE json_array_length(teams) > 1) AS shared_alerts,
    (SELECT count(*) FROM alerts) AS alerts,
    (SELECT count(*) FROM alert_recipients WHERE state = 'notactive') AS inactive_recipients,
    (SELECT count(*) FROM alert_recipients) AS recipients
