# Stage 1: emit JavaScript and keep the runtime dependencies only.
FROM node:22-bookworm-slim AS build
WORKDIR /komainu
COPY package.json package-lock.json tsconfig.json tsconfig.build.json ./
RUN npm ci --no-audit --no-fund
COPY bin bin
COPY src src
RUN npm run build && npm ci --omit=dev --no-audit --no-fund && rm -rf node_modules/node-linux-*

# Stage 2: the program. The base image has the runtime, so the pinned copy was removed above.
FROM node:22-bookworm-slim
WORKDIR /komainu
COPY --from=build /komainu/package.json ./
COPY --from=build /komainu/node_modules node_modules
COPY --from=build /komainu/bin bin
COPY --from=build /komainu/dist dist
COPY native-config native-config
ENV NODE_ENV=production
# A user without a name in the image; a number, so that Kubernetes can tell that it is not root. Nothing is written: it
# runs with a read-only root file system, and without a terminal. The launcher is process 1 and passes signals on.
USER 65532:65532
EXPOSE 8080 9090
ENTRYPOINT ["node", "bin/komainu.mjs"]
CMD ["serve"]
