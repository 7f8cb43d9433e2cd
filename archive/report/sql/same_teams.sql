-- Gives teams of the same name one id everywhere. A team has two ids if the account has moved to JSM Operations, or if it
-- was deleted and created again.
CREATE TABLE typed.same AS
SELECT id AS other, max(id) OVER (PARTITION BY name) AS id FROM typed.teams WHERE name <> '';
UPDATE typed.alerts SET ownerteamid = same.id FROM typed.same WHERE same.other = ownerteamid;
UPDATE typed.incidents SET ownerteam = same.id FROM typed.same WHERE same.other = ownerteam;
UPDATE typed.schedules SET ownerteam = json_object('id', same.id) FROM typed.same
WHERE same.other = json_extract_string(ownerteam, 'id')
