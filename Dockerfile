# docker build -t source-opsgenie .
# On a machine with an ARM processor, for a cluster without: docker build --platform linux/amd64 -t source-opsgenie .
#
# The base is the one of Airbyte's Python connectors; metadata.yaml names the same.
ARG BASE_IMAGE=docker.io/airbyte/python-connector-base:4.1.0@sha256:1d1aa21d34e851df4e8a87b391c27724c06e2597608e7161f4d167be853bd7b6
FROM ${BASE_IMAGE}

WORKDIR /airbyte/integration_code

# The user that runs the connector can keep no bytecode: whatever has none here is compiled anew at each start.
# pip compiles what it installs; the base may come with a standard library that has none.
RUN python -m compileall -q -x '/(site-packages|dist-packages|test|tests)/' \
    "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"

# The dependencies are a layer of their own: they change less often than the code.
COPY requirements/runtime.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement runtime.lock

# What is installed is the one copy: Python would take another in the working folder first, and that has no bytecode.
COPY LICENSE NOTICE README.md pyproject.toml ./
COPY source_opsgenie ./source_opsgenie
RUN pip install --no-cache-dir --no-deps --no-build-isolation . \
    && rm -r build source_opsgenie source_opsgenie.egg-info

LABEL io.airbyte.name=airbyte/source-opsgenie \
      io.airbyte.version=1.0.0

# The base's user `airbyte`, by its numbers: with `runAsNonRoot`, Kubernetes refuses a user that is a name.
USER 1000:1000

# The platform starts the connector by the variable, everybody else by the entry point.
ENV AIRBYTE_ENTRYPOINT=/usr/local/bin/source-opsgenie
ENTRYPOINT ["/usr/local/bin/source-opsgenie"]
