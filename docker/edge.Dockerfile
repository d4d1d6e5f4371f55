# syntax=docker/dockerfile:1
# An edge, and the camera simulator. Build from the top folder:
#   docker build -f docker/edge.Dockerfile -t ekamling-edge .

FROM python:3.12-slim AS build
WORKDIR /src
ENV UV_LINK_MODE=copy UV_NO_CACHE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# uv by its hash, in an environment of its own.
COPY locks/bootstrap.lock locks/
RUN python -m venv /opt/uv && /opt/uv/bin/pip install --require-hashes -r locks/bootstrap.lock
# What an edge needs, and nothing else: names from pyproject.toml, versions and hashes from the lock.
COPY pyproject.toml locks/requirements.lock ./
RUN /opt/uv/bin/uv venv --python /usr/local/bin/python3 /opt/ekamling
RUN VIRTUAL_ENV=/opt/ekamling /opt/uv/bin/uv pip install --compile-bytecode --require-hashes --constraint requirements.lock -r pyproject.toml --extra edge
# E-Kamling itself as a wheel; the build tools stay in this stage.
RUN /opt/uv/bin/uv venv --python /usr/local/bin/python3 /opt/build
RUN VIRTUAL_ENV=/opt/build /opt/uv/bin/uv pip install --require-hashes --constraint requirements.lock -r pyproject.toml --extra build
COPY hatch_build.py README.md LICENSE NOTICE ./
COPY core core
COPY detectors detectors
COPY edge edge
COPY ingest ingest
COPY alerts alerts
COPY ekamling ekamling
RUN /opt/build/bin/python -m hatchling build -t wheel -d /src/wheel
RUN VIRTUAL_ENV=/opt/ekamling /opt/uv/bin/uv pip install --compile-bytecode --no-deps --no-index /src/wheel/*.whl

FROM python:3.12-slim
RUN groupadd --system --gid 10001 ekamling \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/ekamling ekamling \
    && install -d -o ekamling -g ekamling -m 0750 /var/lib/ekamling /var/lib/ekamling/edge
COPY --from=build /opt/ekamling /opt/ekamling
COPY docker/edge-health.py /opt/ekamling/edge-health.py
ENV PATH=/opt/ekamling/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /var/lib/ekamling
VOLUME /var/lib/ekamling/edge
STOPSIGNAL SIGTERM
HEALTHCHECK --start-interval=2s --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["python", "/opt/ekamling/edge-health.py"]
ENTRYPOINT ["ekamling"]
CMD ["--log", "json", "edge", "--config", "/etc/ekamling/edge.toml"]
