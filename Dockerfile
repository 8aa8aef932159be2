# The service without torch. An index is mounted at /index, read-only; see "Running it in public" in the README.
FROM python:3.11-slim AS build
WORKDIR /source
COPY requirements/serve.txt requirements/wheel.txt requirements/
RUN python -m venv /opt/wheel && /opt/wheel/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/wheel.txt \
 && python -m venv /opt/zhaiwen && /opt/zhaiwen/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/serve.txt
COPY . .
RUN /opt/wheel/bin/hatchling build --target wheel --directory /tmp/wheel \
 && /opt/zhaiwen/bin/pip install --no-cache-dir --no-deps --no-index /tmp/wheel/*.whl

FROM python:3.11-slim
RUN useradd --system --no-create-home --uid 10001 zhaiwen
COPY --from=build /opt/zhaiwen /opt/zhaiwen
# Nothing is written: no bytecode, no cache; `docker run --read-only` works as it is.
ENV PATH=/opt/zhaiwen/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    ZHAIWEN_INDEX=/index ZHAIWEN_HOST=0.0.0.0 ZHAIWEN_PORT=8000 ZHAIWEN_LOG_FORMAT=json ZHAIWEN_LOG_REQUESTS=yes
USER 10001
WORKDIR /
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"ZHAIWEN_PORT\"]}/readyz', timeout=2)"]
# Of the first process SIGTERM is heard since the command takes it itself; Docker waits as long as ZHAIWEN_STOP_SECONDS.
CMD ["zhaiwen", "serve"]
