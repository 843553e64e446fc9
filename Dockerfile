# One image for every role; the argument is the role: gateway, worker or all. A local start listens on
# loopback alone (`docker run --network host sluss`); any other is told so by SLUSS_LOCAL=false and
# SLUSS_HOST=0.0.0.0 (docs/how_to/start_off_one_machine.md). No secret is in the image: they come from
# a volume or the environment.

FROM python:3.11-slim AS built
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy
RUN python -m venv /opt/sluss/.venv && /opt/sluss/.venv/bin/pip install --no-cache-dir 'uv>=0.9,<1'
WORKDIR /opt/sluss
COPY requirements_image.txt ./
RUN .venv/bin/uv pip sync --no-cache --compile-bytecode --python .venv/bin/python --require-hashes requirements_image.txt
COPY scripts/install_card_renderer.sh scripts/
COPY web/renderer web/renderer
# Only what the renderer's files are made of goes on: the Node that fetched them stays behind.
RUN NPM_CONFIG_OMIT=dev scripts/install_card_renderer.sh .venv && rm -rf .venv/node
# The packages lie beside the renderer, as in a checkout, and the environment points at them.
RUN echo /opt/sluss > "$(.venv/bin/python -c 'import site; print(site.getsitepackages()[0])')/sluss.pth" \
    && printf '#!/opt/sluss/.venv/bin/python\nfrom sluss.__main__ import main\n\nmain()\n' > .venv/bin/sluss \
    && chmod 0755 .venv/bin/sluss

FROM python:3.11-slim
# git reads the model repositories; bubblewrap is for the sandbox of model code.
RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /home/sluss sluss \
    && install -d -o sluss -g sluss -m 0700 /var/lib/sluss
COPY --from=built /opt/sluss/.venv /opt/sluss/.venv
COPY LICENSE /opt/sluss/
COPY adapters /opt/sluss/adapters
COPY bot /opt/sluss/bot
COPY core /opt/sluss/core
COPY handlers /opt/sluss/handlers
COPY sluss /opt/sluss/sluss
COPY web /opt/sluss/web
COPY workers /opt/sluss/workers
# Now, as nobody may write there later.
RUN cd /opt/sluss && .venv/bin/python -m compileall -q adapters bot core handlers sluss web workers
COPY --from=built /opt/sluss/web/renderer/node_modules /opt/sluss/web/renderer/node_modules
ENV PATH=/opt/sluss/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    UV_PYTHON_DOWNLOADS=never \
    MLFLOW_DISABLE_TELEMETRY=true \
    DO_NOT_TRACK=true \
    SLUSS_HOME=/var/lib/sluss \
    SLUSS_HEALTH_PORT=8101
USER 10001
WORKDIR /var/lib/sluss
VOLUME /var/lib/sluss
# Deliveries and Teams come to the first; the second, for health and metrics, is the platform's alone.
EXPOSE 8100 8101
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['SLUSS_HEALTH_PORT']}/health/live\", timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["sluss", "up"]
CMD ["all"]
