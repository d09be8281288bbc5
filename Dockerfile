# One image for every node: SERVICES says what a container does, and docker-compose.yml shows them together.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Nothing here needs an install script: what is native comes ready made.
RUN npm ci --ignore-scripts
COPY . .
# Optional are the embedded database and what only development uses.
RUN npm run build && npm prune --omit=dev --omit=optional --ignore-scripts

FROM node:24-bookworm-slim
# Where people find the shop nobody knows here: without PUBLIC_URL no mail with a link is sent.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/migrations ./migrations
COPY --from=build /app/services/gateway/schema.graphql /app/services/gateway/openapi.json ./services/gateway/
COPY --from=build /app/docs/asyncapi.json ./docs/
# Everything belongs to root, and nothing is written: the file system may be read-only.
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
	CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.METRICS_PORT || process.env.PORT}/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/node/start.js"]
