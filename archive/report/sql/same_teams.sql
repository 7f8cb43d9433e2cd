-- Gives a team with two ids, because the account has moved to JSM Operations, one of them everywhere. Such teams have the
-- same name.
CREATE TABLE typed.same AS
SELECT id AS other, max(id) OVER (PARTITION BY name) AS id FROM typed.teams WHERE name <> '';
UPDATE typed.alerts SET ownerteamid = same.id FROM typed.same WHERE same.other = ownerteamid;
UPDATE typed.incidents SET ownerteam = same.id FROM typed.same WHERE same.other = ownerteam;
UPDATE typed.schedules SET ownerteam = json_object('id', same.id) FROM typed.same
WHERE same.other = json_extract_string(ownerteam, 'id')
