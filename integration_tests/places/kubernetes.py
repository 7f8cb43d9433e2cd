"""A cluster, as far as a secret needs one: an API that takes secrets."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from shutil import which
from typing import TYPE_CHECKING, Any

import yaml

from integration_tests.places import ROOT, Place
from integration_tests.places.stub import JSON, Answer, Asked, Stub

if TYPE_CHECKING:
    from pathlib import Path

    from integration_tests.sandbox.client import Sandbox

MISSING = "" if which("kubectl") else "There is no kubectl here (Debian's package kubernetes-client)."

VALUES = yaml.safe_load((ROOT / "examples" / "kubernetes" / "values.yaml").read_text())["global"]

# What an old kubectl, such as Debian's, wants to know before it sends a secret; a new one does not ask.
KNOWN = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": {
        "kind": "APIResourceList",
        "groupVersion": "v1",
        "resources": [{"name": "secrets", "kind": "Secret", "namespaced": True, "verbs": ["create"]}],
    },
}


def answer(asked: Asked) -> Answer:
    """Take what is posted."""
    if asked.method == "POST":
        return Answer(asked.body, 201, asked.kind or JSON)
    if asked.path in KNOWN:
        return Answer(json.dumps(KNOWN[asked.path]).encode())
    return Answer(status=404)


class Kubernetes(Place):
    """With a cluster."""

    def __init__(self, parent: Path, account: Sandbox) -> None:
        super().__init__(parent, account)
        self.cluster = Stub(answer)
        config = {
            "kind": "Config",
            "apiVersion": "v1",
            "clusters": [{"name": "stub", "cluster": {"server": self.cluster.url}}],
            "users": [{"name": "user", "user": {}}],
            "contexts": [{"name": "stub", "context": {"cluster": "stub", "user": "user"}}],
            "current-context": "stub",
        }
        # What kubectl learns of a cluster it keeps at home.
        self.environment |= {"KUBECONFIG": str(parent / "kubeconfig"), "HOME": str(parent), "NO_PROXY": "*"}
        (parent / "kubeconfig").write_text(json.dumps(config))

    def start(self) -> None:
        """Start the cluster."""
        self.beside.enter_context(self.cluster)

    def verify(self) -> None:
        """See the secret that the chart's values name in Airbyte's namespace and in that of its jobs."""
        posted = [asked for asked in self.cluster.asked if asked.method == "POST"]
        assert {asked.path for asked in posted} == {
            f"/api/v1/namespaces/{namespace}/secrets" for namespace in ("airbyte", VALUES["workloads"]["namespace"])
        }
        for asked in posted:
            assert VALUES["jobs"]["kube"]["mainContainerImagePullSecret"].encode() in asked.body
            assert b"kubernetes.io/dockerconfigjson" in asked.body
            (server, login), *others = registries(asked).items()
            assert (server, login["username"], login["password"]) == ("registry.example.com", "USER", "PASSWORD")
            assert others == []


def registries(asked: Asked) -> dict[str, Any]:
    """Read the logins in a secret: an old kubectl sends JSON, a new one a protocol buffer that holds them as text."""
    if asked.body.startswith(b"{"):
        logins = b64decode(json.loads(asked.body)["data"][".dockerconfigjson"])
    else:
        found = re.search(rb'\{"auths".*\}\}\}', asked.body)
        assert found is not None
        logins = found[0]
    told: dict[str, Any] = json.loads(logins)["auths"]
    return told
