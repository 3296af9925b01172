# glibc is needed: the Temporal SDK's native part has no musl build.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node -e "import('./bin/ready.mjs').then(({ makeReady }) => makeReady())"

FROM node:20-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# The SDK brings its native part for five platforms, 30 MB each; this image runs on one.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
    ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -rf {} + \
 && rm -rf node_modules/@temporalio/core-bridge/sdk-core

FROM node:20-bookworm-slim
ENV NODE_ENV=production SIGNALBOX_CONFIG=/definitions SIGNALBOX_STATE=/tmp/signalbox
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY bin bin
COPY examples/quickstart /definitions
RUN mkdir -p /definitions/models && chown node:node /definitions/models
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/bin/signalbox.mjs"]
CMD ["serve"]
