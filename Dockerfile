# The bot in a container: docker build --tag diem-tin .
# Packages are installed by their hashes in a stage of their own; what runs has no compiler, no pip cache, no root.

FROM python:3.11-slim AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/diem-tin
COPY requirements.txt /build/
RUN /opt/diem-tin/bin/pip install --require-hashes --requirement /build/requirements.txt
COPY pyproject.toml README.md LICENSE bot.py /build/
COPY bot /build/bot
COPY digests /build/digests
COPY feeds /build/feeds
COPY templates /build/templates
RUN /opt/diem-tin/bin/pip install --no-deps --no-build-isolation /build

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin diem-tin \
    && install --directory --owner diem-tin --group diem-tin --mode 0700 /app /app/data
COPY --from=packages /opt/diem-tin /opt/diem-tin
# MALLOC_ARENA_MAX: each thread would get a heap of its own, which keeps the most it ever held.
ENV PATH=/opt/diem-tin/bin:$PATH \
    MALLOC_ARENA_MAX=2 \
    PYTHONDONTWRITEBYTECODE=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    LOG_FORMAT=json \
    METRICS_PORT=9464 \
    METRICS_HOST=0.0.0.0
WORKDIR /app
USER diem-tin
VOLUME /app/data
EXPOSE 9464
# The first start migrates and may wait for Telegram; the address answers only when the jobs are at work.
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['METRICS_PORT'] + '/healthz', timeout=8)"]
# PostgreSQL and SQLite lose nothing by a kill, but a message under way may come twice: give it its time.
STOPSIGNAL SIGTERM
ENTRYPOINT ["diem-tin"]
CMD ["run"]
