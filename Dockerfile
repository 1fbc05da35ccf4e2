# syntax=docker/dockerfile:1
# Collector. Three stages; the last has the production dependencies, the sources and nothing to build with.
# Node runs the TypeScript sources as they are, so there is no compiled copy that could differ from them.

FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /zonewarden
ENV NODE_ENV=production
COPY package.json package-lock.json ./
COPY collector/package.json collector/
COPY grafana-plugin/package.json grafana-plugin/
# The `node` package is for machines without a recent Node; this image is one with.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --workspace collector --include-workspace-root=false \
  && rm -rf node_modules/node node_modules/node-bin-* \
  && npm cache clean --force

# The console: the plugin and its host page, built with everything and copied without it.
FROM node:24.21.0-bookworm-slim AS console
WORKDIR /zonewarden
COPY package.json package-lock.json ./
COPY collector/package.json collector/
COPY grafana-plugin/package.json grafana-plugin/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY grafana-plugin grafana-plugin
RUN node grafana-plugin/build.ts

FROM node:24.21.0-bookworm-slim
LABEL org.opencontainers.image.title="zonewarden" \
  org.opencontainers.image.description="Domain control, watched like production" \
  org.opencontainers.image.licenses="Apache-2.0"
# No package manager where nothing is installed.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn-* /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
  /usr/local/bin/yarn /usr/local/bin/yarnpkg \
  && install -d -o node -g node -m 0750 /var/lib/zonewarden \
  && install -d -o node -g node -m 0755 /run/zonewarden
WORKDIR /zonewarden
ENV NODE_ENV=production
COPY --from=dependencies /zonewarden/node_modules node_modules
COPY LICENSE package.json ./
COPY collector collector
COPY --from=console /zonewarden/grafana-plugin/dist grafana-plugin/dist
COPY --from=console /zonewarden/grafana-plugin/dist-console grafana-plugin/dist-console
COPY deploy/receiver/receiver.ts deploy/receiver/make-secrets.ts deploy/receiver/ready.ts deploy/receiver/
USER node
EXPOSE 8470
VOLUME ["/var/lib/zonewarden"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8470/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# As in collector/bin/zonewarden.js.
ENTRYPOINT ["node", "--max-semi-space-size=8", "/zonewarden/collector/src/cli/main.ts"]
CMD ["run", "--listen", "0.0.0.0:8470", "--data", "/var/lib/zonewarden"]
