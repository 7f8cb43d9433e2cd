"""No secret of a customer's other systems leaves the connector, and nothing else is hidden."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_opsgenie.records import masking
from source_opsgenie.records.masking import MASK, is_secret_name, masked

SECRET = "s3cr3t-9f2b"  # noqa: S105 - invented

# Names seen in integrations and action channels, or in the settings of the systems they reach, in the ways of writing
# that occur.
SECRET_NAMES = [
    *("apiKey", "api_key", "api-key", "apikey", "API_KEY", "APIKEY", "X-Api-Key", "apiKeys", "secretKey", "accessKey"),
    *("token", "accessToken", "access_token", "authToken", "Token", "refreshToken", "tokens", "slackToken"),
    *("password", "Password", "passwd", "userPassword", "passphrase", "db_pass", "pwd", "dbPwd"),
    *("secret", "clientSecret", "client_secret", "sharedSecret", "secrets", "secretAccessKey", "awsSecretKey"),
    *("authorization", "Authorization", "Proxy-Authorization", "authorizationHeader", "basicAuth", "auth"),
    *("credentials", "credential", "privateKey", "private_key", "signingKey", "webhookKey", "integrationKey"),
    *("serviceKey", "routingKey", "teamRoutingKey", "routing_key", "licenseKey", "insightsInsertKey", "accountKey"),
    *("signature", "certificate", "clientCert", "cookie", "Set-Cookie", "jwt", "dsn", "connectionString"),
    *("url", "URL", "webhookUrl", "webhook_url", "callbackURL", "urls", "uri", "webhook", "incomingHook"),
    *("headers", "customHeaders", "httpHeaders"),
    *("apiKey2", "api-key-2", "integrationKey1", "key1", "key_2", "pwd1", "webhookUrl2", "auth_2", "apiKeyValue"),
    *("basicAuthValue", "db_pass_value", "passkey", "passKey", "creds", "dbCred", "otp", "githubPat", "PAT", "pswd"),
    *("sessionId", "session_id", "JSESSIONID", "connString", "conn_string", "dbConnStr", "Connection.String"),
    *("authCode", "auth_code", "oauth-code", "pass_phrase", "Pass-Phrase", "pass-word", "pass word", "passWord"),
    *("pass.code", "snmpCommunity", "snmp_community", "snmpV2-Community", "kerberosKeytab", "keytab", "keyTabFile"),
    *("passhash", "passHash", "pass_hash", "apiKet"),  # of PRTG and, as Opsgenie spells it, of HP Service Manager
    *("authHeader", "bearer", "pw", "sas", "pem", "hmac", "api key 9", "pwd.9", "Key1", "KEY_2"),
    *("apiKey2Value", "api_key_2_value", "pwd_1_values"),
    *(f"{word}key" for word in ("access", "private", "integration", "service", "routing", "auth", "account")),
    *(f"{word}key" for word in ("encryption", "license", "licence", "user", "app", "shared", "signing", "master")),
    *(f"{word}key" for word in ("client", "consumer", "genie", "ssh", "subscription")),
]
HARMLESS_NAMES = [
    *("id", "name", "type", "isGlobal", "enabled", "advanced", "version", "teamId", "region", "username", "channel"),
    *("key", "projectKey", "project_key", "issueKey", "publicKey", "dedupKey", "aliasKey", "entityKey", "extraKey"),
    *("monkey", "turkey", "keyword", "keys", "issueTypeName", "feature-type", "callback-type", "_readOnly", "user"),
    *("author", "authors", "compass", "bypass", "emailAddress", "subdomain", "topicArn", "accountId", "roleName"),
    *("keyId", "keyId2", "keyValue", "projectKey2", "dedupKey1", "value", "patch", "path", "option", "options", "md5"),
    *("session", "sessionTimeout", "connection", "connectionStrategy", "connStatus", "community", "communityName"),
    *("authorCode", "authCodec", "zipCode", "compassPoint", "passthrough", "keyTable", "keyTables", "tab"),
    *("format", "http2", "order1", "credit", "sha256", "totpEnabled", "spat", "2", "hash", "apiKetchup"),
    *("tokenName", "token_type", "secret-name", "Certificate Name", "credentialType", "cookieName2", "urlName"),
    *("apiKeyId", "searchKeywords", "urlEncoding", "uriScheme", "headersSent", "webhookName", "sessionIdle"),
    *(f"{word}Key" for word in ("primary", "foreign", "parent", "sort", "group", "partition", "dedupe", "event")),
    *(f"{word}Key" for word in ("deduplication", "correlation", "alert", "incident", "message", "object", "property")),
    *(f"{word}Key" for word in ("custom", "field", "tag", "label", "map", "mapping")),
    *("conditionMatchType", "expectedValue", "header", "priority", "tags", "note", "alias", "source", "order"),
]

names = st.sampled_from(SECRET_NAMES)
harmless_names = st.sampled_from(HARMLESS_NAMES)
harmless = st.none() | st.booleans() | st.integers() | st.sampled_from(["", "P3", "a b", "{{alias}}", "key", "token"])


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_secret_is_masked_by_its_name(name: str) -> None:
    assert masked({name: SECRET}) == {name: MASK}
    assert masked({"a": [{"b": {name: {"c": [SECRET, 7, 1.5]}}}]}) == {"a": [{"b": {name: {"c": [MASK] * 3}}}]}


@pytest.mark.parametrize("name", HARMLESS_NAMES)
def test_what_is_no_secret_stays(name: str) -> None:
    row = {name: "x", "inner": [{name: {"a": 7}}]}
    assert masked(row) == row


@pytest.mark.parametrize(
    "row",
    [
        {"id": "1", "name": "n", "tags": ["token ring"], "enabled": True},
        {"apiKey": "", "url": ""},
        {"token": None},
        {"allowReadAccess": True, "passwordSet": False, "sendAuth": True},
        {"name": "Basic monitoring", "type": "Bearer check", "id": "Digest 1"},
        {"name": "PagerDuty", "value": "x"},
        {"field": "priority", "operation": "equals", "expectedValue": "P1"},
        {"field": "extra-properties", "key": "region", "expectedValue": "eu", "not": False, "order": 0},
        {"_readOnly": ["apiKey", "password"], "alertActions": ["create"]},
        {"description": "See https://wiki.example.com/runbooks?page=7#keys"},
        {"message": "{{message}} of {{source}}"},
        {"Event Url": "{{event_url}}", "token": ' {{ tags.substringBetween("a", "b") }}', "url": "{{host}}/{{path}}"},
        {"key": "Event Url", "value": "{{event_url}}"},
    ],
)
def test_all_else_stays_as_it_is(row: dict[str, Any]) -> None:
    assert masked(row) == row
    assert list(masked(row)) == list(row)


SECRET_TEXTS = [
    "Basic dXNlcjpwYXNz",
    " bearer abc",
    "GenieKey 123",
    *("curl -H 'Authorization: Token abc' https://runner.example.com", "Authorization = abc"),
    "https://user:s3cr3t@runner.example.com/run",
    "amqp://user:s3cr3t@queue.example.com",
    "https://runner.example.com/run?token=abc",
    "https://runner.example.com/run?a=1&api_key=abc",
    "https://runner.example.com/run?key=abc",
    *("X-API-Key: abc", "curl -H 'X-Api-Key: abc' https://runner.example.com", "api_key=abc", "apikey: abc"),
    *("X-Auth-Key: abc", "x-auth-token: abc", 'access_token = "abc"', "accessKey='abc'"),
    *("token=abc&x=1", "user=bob password=abc", "curl -d 'secret=abc'", "db_passwd=abc", "Server=x;Pwd=abc"),
    "https://prod.logic.example.com/workflows/1?sp=run&sig=abc",
    "post to https://hooks.slack.example.com/services/T0/B0/abc please",
    "https://discord.example.com/api/webhooks/1/abc",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
    'Digest username="bob"',
    *(
        "curl -u user:pass https://x",
        "curl -X PUT \\\n  -su 'me@example.com:pa ss' https://x",
        "curl -uuser:pass https://x",
    ),
    *(
        "curl -H 'Accept: a; q=1' -u user:pass https://x",
        "curl https://x --user me:pass",
        'curl --user="me:pass" https://x',
        "curl --proxy-user :pass https://x",
    ),
    "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=abc",
    *(f"https://runner.example.com/run?{name}=abc" for name in ("client_secret", "auth", "X-Amz-Signature", "code")),
    *(f"https://runner.example.com/run?{name}=abc" for name in ("X-Amz-Credential", "credentials", "password")),
    *(f"https://runner.example.com/run?user=bob&{name}=abc" for name in ("passwd", "passphrase", "db_pwd", "pass")),
    "https://prtg.example.com/api/table.json?username=bob&passhash=123",
    *(
        f'{{"{name}": "abc", "message": {{{{message}}}}}}'
        for name in ("accessToken", "apiKey", "api_key", "clientSecret", "password")
    ),
    '{"apiKey" : "abc", "message": {{message}}}',
    *(f'{{"{name}": "abc", "m": {{{{message}}}}}}' for name in ("routing_key", "integrationKey", "service_key")),
    *(f'{{"{name}": "abc", "m": {{{{message}}}}}}' for name in ("accessKey", "private-key", "Authorization")),
    *("routing_key=abc", "integrationKey: abc", "service-key: abc", "secret_key = abc", "privateKey: 'abc'"),
    *("X-Webhook-Secret: abc", "curl -H 'X-Gitlab-Token: abc' https://runner.example.com", "Proxy_Password: abc"),
]


@pytest.mark.parametrize("text", SECRET_TEXTS)
def test_a_text_that_is_a_secret_is_masked_wherever_it_is(text: str) -> None:
    assert masked({"note": text, "list": [text]}) == {"note": MASK, "list": [MASK]}


HEX = "0123456789abcdef" * 4
WORD = "Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4zAb3dEf6hIj9kLm2n"


TOKENS = [
    *("xoxb-1-a", f"xoxp-1-{WORD}", f"xoxe.xoxp-1-{WORD}", f"xapp-1-{WORD}", f"token is xoxb-1-{WORD}, keep it"),
    *(f"ghp_{WORD}", f"gho_{WORD}", f"ghs_{WORD}", f"github_pat_{WORD}", f"glpat-{WORD}", f"glrt-{WORD}"),
    *("AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", f"AIza{WORD}", f"ya29.{WORD}", f"GOCSPX-{WORD}"),
    *(f"sk_live_{WORD}", f"rk_test_{WORD}", f"whsec_{WORD}", f"SG.{WORD}.{WORD}", f"SK{HEX[:32]}"),
    *(f"{HEX[:32]}-us12", f"key-{HEX[:32]}", f"npm_{WORD}", f"pypi-{WORD}", f"dckr_pat_{WORD}"),
    *(f"ATATT3xFfGF0{WORD}", f"ATCTT3xFfGN0{WORD}", f"ATBB{WORD}", f"NRAK-{WORD[:27]}", f"{HEX[:36]}NRAL"),
    *("R0ABCDEFGHIJKLMNOPQRSTUVWXYZ0123", f"pdus+{WORD}", "u+AbCdEfGhIjKlMnOpQr", f"123456789:AA{WORD[:33]}"),
    *(f"glsa_{WORD}", f"sntrys_{WORD}", f"dt0c01.{WORD}", f"dapi{HEX[:32]}", f"hvs.{WORD}", f"sk-proj-{WORD}"),
    *(f"curl -H 'X: Bearer {WORD}'", f"use Basic {WORD}==", "Endpoint=x;SharedAccessKey=abc"),
    *(f"use GenieKey {WORD}", "xoxo-1-a", "ABIAIOSFODNN7EXAMPLE", "ACCAIOSFODNN7EXAMPLE", f"LTAI{WORD[:20]}"),
    *(f"gl{kind}-{WORD}" for kind in ("ptt", "oas", "dt", "cbt", "imt", "ft", "soat", "agent")),
    *(f"abc8Q~{WORD[:34]}", f"sq0csp-{WORD}", f"xkeysib-{HEX}", f"ATSTT3xFfGN0{WORD}", f"glc_{WORD}"),
    *(f"NR{kind}-{WORD}" for kind in ("II", "IQ", "RA", "JS", "BR")),
    *(f"rubygems_{HEX[:48]}", f"doo_v1_{HEX}", f"dop_v1_{HEX}", f"dor_v1_{HEX}"),
    *(f"shp{kind}_{HEX[:32]}" for kind in ("at", "ca", "pa", "ss")),
    *(f"dp.{kind}.{WORD}" for kind in ("pt", "st", "ct", "sa", "scim", "audit")),
    *(f"pul-{HEX[:40]}", f"PMAK-{HEX[:24]}-{HEX[:34]}", f"lin_api_{WORD}", f"ntn_{WORD}"),
    *(f"sk-ant-{WORD}", f"sk-svcacct-{WORD}", f"sk-admin-{WORD}", f"sk-{WORD}", f"hf_{WORD}"),
    *(f"API-{WORD[:26].upper()}", "AGE-SECRET-KEY-1ABC"),
]


@pytest.mark.parametrize("text", TOKENS)
def test_a_well_known_token_is_masked_wherever_it_is(text: str) -> None:
    assert masked({"note": text, "list": [text]}) == {"note": MASK, "list": [MASK]}


ADDRESSES = [
    "https://events.pagerduty.com/integration/0123456789abcdef/enqueue",
    "https://events.eu.pagerduty.com/x-ere/R0ABC",
    "https://api.telegram.org/bot1:AAA/sendMessage",
    "https://api.telegram.org/file/bot1:AAA/a.png",
    "https://collectors.sumologic.com/receiver/v1/http/AAA",
    "https://endpoint4.collection.eu.sumologic.com/receiver/v1/http/AAA==",
    "https://alert.victorops.com/integrations/generic/1/alert/0123/route",
    "https://hooks.slack.com/services/T0/B0/abc",
    "https://discord.com/api/webhooks/1/abc",
    "https://acme.webhook.office.com/webhookb2/1@2/IncomingWebhook/3/4",
    "https://hooks.zapier.com/hooks/catch/1/abc/",
    "https://hook.eu1.make.com/abc",
    "https://maker.ifttt.com/trigger/alert/with/key/abc",
    "https://eo0abc.m.pipedream.net",
    "https://http-intake.logs.datadoghq.eu/v1/input/abc",
    "https://logs-01.loggly.com/inputs/abc/tag/http/",
    "https://hc-ping.com/0c5c9f0e-7b5a-4b0e-8f7a-1f2e3d4c5b6a",
    "https://uptime.betterstack.com/api/v1/heartbeat/abc",
    f"https://oncall.example.com/integrations/v1/alertmanager/{WORD}/",
    "https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/2",
    "https://api.opsgenie.com/v1/json/uptimerobot?apiKey=abc",
    "component+0c5c9f0e@notifications.statuspage.io",
    "https://events.pagerduty.com/adapter/generic/abc",
    "https://logs-01.loggly.com/bulk/abc/tag/bulk/",
    "https://api.squadcast.com/v2/incidents/opsgenie/0123456789abcdef",
    "https://api.ilert.com/api/v1/events/opsgenie/abc",
    "https://cronitor.link/abc",
    "https://nosnch.in/abc",
    "betteruptime.com/api/v1/incoming-webhooks/abc",
]


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_that_holds_a_key_is_masked(text: str) -> None:
    assert masked({"endpoint": text, "note": f"post to {text} please"}) == {"endpoint": MASK, "note": MASK}


def without_each_alternative(pattern: str) -> Iterator[tuple[str, str]]:
    """Yield each alternative of a pattern, also those inside groups, and the pattern without it."""
    opened = [[0]]
    for token in re.finditer(r"\\.|\[[^\]]*\]|\((?:\?(?:<?[=!]|:))?|\||\)", f"{pattern})"):
        if token[0].startswith("("):
            opened.append([token.end()])
        elif token[0] == "|":
            opened[-1].append(token.end())
        elif token[0] == ")":
            first, *others = opened.pop()
            if not others:
                continue
            yield pattern[first : others[0] - 1], pattern[:first] + pattern[others[0] :]
            for start, end in pairwise([*others, token.end()]):
                yield pattern[start : end - 1], pattern[: start - 1] + pattern[end - 1 :]


PATTERNS = ("_SECRET_TEXT", "_SECRET_ADDRESS", "_TOKEN", "_SECRET", "_KEY", "_RUN_TOGETHER_KEY")


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        pytest.param(name, rest, id=alternative)
        for name in PATTERNS
        for alternative, rest in without_each_alternative(getattr(masking, name).pattern)
    ],
)
def test_each_alternative_masks_an_example_that_no_other_one_masks(
    name: str, rest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(masking, "is_secret_name", is_secret_name.__wrapped__)
    monkeypatch.setattr(masking, name, re.compile(rest, getattr(masking, name).flags))
    assert shown_secrets()


@pytest.mark.parametrize("word", sorted(masking._SECRET_WORDS))
def test_each_word_masks_an_example_that_no_other_one_masks(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "is_secret_name", is_secret_name.__wrapped__)
    monkeypatch.setattr(masking, "_SECRET_WORDS", masking._SECRET_WORDS - {word})
    assert shown_secrets()


def shown_secrets() -> bool:
    """Return whether any of the examples is not masked."""
    texts = (*SECRET_TEXTS, *TOKENS, *ADDRESSES)
    return any(masked({name: "x"}) != {name: MASK} for name in SECRET_NAMES) or any(masked(t) != MASK for t in texts)


@pytest.mark.parametrize(
    "text",
    [
        *("0c5c9f0e-7b5a-4b0e-8f7a-1f2e3d4c5b6a", HEX[:32], HEX[:40], HEX, f"sha256:{HEX}", "1f2e3d4", "v1.2.3-rc.1"),
        *(
            "0c5c9f0e-7b5a-4b0e-8f7a-1f2e3d4c5b6a-1700000000000",
            "2024-01-01T00:00:00.000Z",
            "12:30:45",
            "10.0.0.1:8080",
        ),
        *(
            "arn:aws:sns:eu-west-1:123456789012:opsgenie",
            f"AC{HEX[:32]}",
            "i-0abc1234def567890",
            "eu-west-1",
            "CamelCase",
        ),
        *("Authorization: {{header}}", "X-Gitlab-Token: {{token}}", "{'Authorization': '***'}", "the token: see below"),
        *("api_key={{key}}", "apiKey: ***", "key=value", "keyword: disk", "token={{token}}", "projectkey=OPS"),
        *("The access token has expired", "apikeys rotated: 3", "auth: ok", "passwd is wrong", "monkey=1", "secret="),
        *("npm_config_registry", "sk_test", "SG. Smith and SG.Miller", "AKIA", "xoxo", "task-list", "glpat", "hf_x"),
        *("R0ADRUNNER", "API-gateway is down", "u+me", "key-value", "Bearer", "the basic monitoring of host42"),
        "https://jira.example.com/secure/CreateIssue.jspa?pid=1&projectKey=OPS&issue_key=OPS-1",
        *("a bearer authentication-failure", "task-admin-dashboard-rollout"),
        *(
            "me@example.com",
            "team+alerts@example.com",
            "@here see #ops",
            "P1: CPU > 90 % on db-1",
            "token ring is slow",
        ),
        "https://github.com/acme/app/commit/0123456789abcdef0123456789abcdef01234567",
        "https://acme.app.opsgenie.com/alert/detail/0c5c9f0e-7b5a-4b0e-8f7a-1f2e3d4c5b6a-1700000000000/details",
        "https://acme.pagerduty.com/incidents/Q0ABCDEF",
        "https://runner.example.com/run?bypass=cache&author=bob",
        "https://service.eu.sumologic.com/ui/#/search/abc",
        "https://portal.victorops.com/client/acme/incidents/7",
        "https://app.datadoghq.eu/dashboard/abc-def/hosts?from=1&to=2",
        "https://grafana.example.com/d/abc123/hosts?orgId=1&var-host=db-1",
        "https://t.me/botfather and https://api.telegram.org/",
        "https://status.example.com/api/v2/status.json",
        "https://jira.example.com/browse/OPS-1?page=integrations/v1/x",
        "https://user@example.com/path",
        *("curl -u user https://x", "curl -u {{user}}:{{password}} https://x", "curl -u me:*** https://x"),
        *("curl --url https://x:8080/a -o out:1", "curl -H 'Accept: text/plain' --user-agent a:b https://x"),
        *("curl -XPUT https://x/a:b", "ps -u root:x", "curly -u a:b"),
        '{"region": "eu", "note": "plain", "count": 1.50}',
        '{"token": "{{token}}", "message": {{message}}}',
        "[1, 2",
        "{{alias}} of {{source}}",
    ],
)
def test_a_harmless_text_stays_readable(text: str) -> None:
    row = {"note": text, "extraProperties": {"a": [text]}}
    assert masked(row) == row


def test_a_secret_inside_a_text_that_is_json_is_masked() -> None:
    inner = {"region": "eu", "apiKey": SECRET, "list": [{"password": SECRET}], "note": "\u00e9"}
    shown = json.loads(masked({"payload": json.dumps(inner)})["payload"])
    assert shown == {"region": "eu", "apiKey": MASK, "list": [{"password": MASK}], "note": "\u00e9"}
    again = json.loads(masked({"payload": json.dumps([json.dumps(inner)])})["payload"])
    assert json.loads(again[0]) == shown
    assert masked({"payload": '{"apiKey": "x", "message": {{message}}}'}) == {"payload": MASK}
    assert masked({"payload": '{"name": "xoxb-1-a"}'}) == {"payload": MASK}
    deep = "[" * 100_000
    assert masked({"payload": deep}) == {"payload": deep}


def test_header_lines_are_masked_as_an_object_a_list_of_pairs_or_of_lines() -> None:
    assert masked({"headers": {"Authorization": "x", "X-Env": "production"}}) == {
        "headers": {"Authorization": MASK, "X-Env": MASK}
    }
    pairs = [{"name": "Authorization", "value": "x"}, {"name": "X-Env", "value": "production"}]
    assert masked({"headers": pairs}) == {"headers": [{**pair, "value": MASK} for pair in pairs]}
    assert masked({"headers": ["X-Key: x"]}) == {"headers": [MASK]}


@pytest.mark.parametrize("held", ["value", "values", "expectedValue"])
def test_of_a_list_of_pairs_the_values_of_secrets_are_masked(held: str) -> None:
    pairs = [{"key": "apiToken", held: ["x"]}, {"key": "region", held: ["eu"]}]
    assert masked({"parameters": pairs}) == {"parameters": [{"key": "apiToken", held: [MASK]}, pairs[1]]}


@pytest.mark.parametrize("named", ["name", "key", "header", "field", "label", "property", "title"])
def test_of_a_pair_the_value_of_a_secret_is_masked_whatever_names_it(named: str) -> None:
    secret, other = {named: "API Key", "value": "x"}, {named: "Region", "value": "eu"}
    assert masked({"fields": [secret, other]}) == {"fields": [{**secret, "value": MASK}, other]}


def test_of_a_pair_with_several_names_one_is_enough_for_a_secret() -> None:
    pair = {"name": "API Key", "label": "Region", "value": "x"}
    assert masked({"fields": [pair]}) == {"fields": [{**pair, "value": MASK}]}


@pytest.mark.parametrize(
    "text",
    [
        *(
            f"{{{{alias}}}}{SECRET}",
            f"Bearer {SECRET} {{{{alias}}}}",
            f"{{{SECRET}}}",
            "https://{{host}}/x",
            "{{",
            "{{}",
        ),
        "{{message.append('xoxb-1-a')}}",
    ],
)
def test_a_secret_beside_a_placeholder_is_masked(text: str) -> None:
    assert masked({"url": text}) == {"url": MASK}


def test_a_secret_beside_a_harmless_pair_is_masked() -> None:
    assert masked({"name": "n", "value": "v", "token": SECRET}) == {"name": "n", "value": "v", "token": MASK}


def test_a_credential_whose_key_is_the_secret_is_no_pair() -> None:
    assert masked({"credentials": {"name": "bob", "key": "x"}}) == {"credentials": {"name": MASK, "key": MASK}}


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, min_size=1, max_size=3) | st.dictionaries(harmless_names, inner, min_size=1, max_size=3)


def names_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects that are no pairs of a name and a value: of those the name may be read."""
    return st.dictionaries(harmless_names.filter(lambda name: name not in masking._PAIR_VALUES), inner, max_size=3)


@given(st.recursive(harmless, nested, max_leaves=12))
def test_a_row_without_secrets_comes_out_unchanged(row: object) -> None:
    assert masked(row) == row


@given(st.recursive(st.builds(lambda name: {name: SECRET}, names), nested, max_leaves=12))
def test_no_secret_comes_out_of_any_depth(row: object) -> None:
    assert SECRET in json.dumps(row)
    assert SECRET not in json.dumps(masked(row))


@given(st.recursive(st.just(SECRET) | st.integers(), lambda inner: st.lists(inner) | names_of(inner)), names)
def test_all_below_a_secret_name_is_masked(value: object, name: str) -> None:
    assert SECRET not in json.dumps(masked({name: {"a": value}}))


@given(st.recursive(harmless | names.map(lambda name: {name: SECRET}), nested, max_leaves=12))
def test_what_is_masked_keeps_its_shape_and_is_masked_once(row: object) -> None:
    once = masked(row)
    assert masked(once) == once
    assert shape(once) == shape(row)


def shape(value: object) -> object:
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else None


def test_depth_is_no_way_out() -> None:
    row: Any = {"token": SECRET, "name": "n"}
    for _ in range(20_000):
        row = {"inner": [row]}
    row = masked(row)
    for _ in range(20_000):
        row = row["inner"][0]
    assert row == {"token": MASK, "name": "n"}


LONG = 2**18  # characters: a search that takes quadratic time takes 5 seconds to hours of CPU, others half a second
NEVER_ENDS = 4  # seconds of CPU


@contextmanager
def guarded() -> Iterator[None]:
    """Interrupt a search that takes quadratic time: Python handles signals meanwhile."""

    def interrupt(*_: object) -> None:
        raise AssertionError("the search does not come to an end")

    before = signal.signal(signal.SIGVTALRM, interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, NEVER_ENDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("beginning", "repeated"),
    [
        *(
            ("", each)
            for each in ("?", "&", ":", "-", " ", "a", "?a/", "://a:", "eyJ-", "?passw", "curl -u ", "\u0663")
        ),
        *(("://", ":"), ("curl --user", "="), ("-----BEGIN ", "A"), ("", "snmp"), ("", "maker.ifttt.com/")),
        *(("", "victorops.com/integrations/"), ("", "squadcast.com/v1/incidents/")),
    ],
)
def test_a_text_that_anybody_may_send_is_searched_in_linear_time(beginning: str, repeated: str) -> None:
    text = beginning + repeated * (LONG // len(repeated))
    with guarded():
        row = {"note": text, text: ""}
        assert masked(row) == row  # so the whole text was searched
