# Two stages: build with the development tools, run with the production packages alone, as a user without rights.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
COPY fhir-profiles ./fhir-profiles
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# The limits keep the resident memory low; a transaction of the largest size still fits many times. Collecting young objects
# on one thread, and not sweeping the heap before it holds 80 MB, leave the other cores to the disk and to neighbours.
CMD ["node", "--max-semi-space-size=8", "--max-old-space-size=1024", "--initial-heap-size=80", "--no-parallel-scavenge", "dist/main.js"]
