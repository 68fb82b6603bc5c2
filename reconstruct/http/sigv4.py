"""Amazon's signature (version 4) for its managed Prometheus; botocore knows the keys and the signing."""

from __future__ import annotations

import re
from typing import Any, Final

import requests
from requests.auth import AuthBase

from reconstruct.errors import UsageError
from reconstruct.http.settings import HttpSettings

SERVICE: Final = "aps"
"""Amazon Managed Service for Prometheus."""
_REGION_IN_HOST: Final = re.compile(r"://(?:[\w-]+\.)?aps-workspaces(?:-fips)?\.([a-z0-9-]+)\.")


class SigV4(AuthBase):
    """Signs each request with the keys that botocore finds: variables, profile, container or instance role.

    Raises
    ------
    UsageError
        botocore is not installed, or finds no keys or no region.
    """

    def __init__(self, settings: HttpSettings) -> None:
        try:
            import botocore.auth
            import botocore.awsrequest
            import botocore.session
        except ImportError as error:
            raise UsageError(
                f"{settings.name}: PROMETHEUS_AUTH=sigv4 needs botocore, which is not installed",
                hint="install reconstruct[aws]",
            ) from error
        self._auth, self._request = botocore.auth, botocore.awsrequest.AWSRequest
        self._name = settings.name
        session = botocore.session.get_session()
        self._keys: Any = session.get_credentials()
        in_host = _REGION_IN_HOST.search(settings.url)
        self._region = in_host.group(1) if in_host else session.get_config_variable("region")
        if self._keys is None or not self._region:
            missing = "no keys" if self._keys is None else "no region"
            raise UsageError(
                f"{settings.name}: {missing} for Amazon's signature",
                hint="set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; and AWS_REGION",
            )

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign the request; keys that a role lends are renewed by botocore."""
        kept = {name: value for name, value in request.headers.items() if name.lower() in ("content-type", "host")}
        asked = self._request(method=request.method, url=request.url, data=request.body or b"", headers=kept)
        self._auth.SigV4Auth(self._keys.get_frozen_credentials(), SERVICE, self._region).add_auth(asked)
        for name in ("Authorization", "X-Amz-Date", "X-Amz-Security-Token"):
            if name in asked.headers:
                request.headers[name] = asked.headers[name]
        return request
