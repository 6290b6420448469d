# The tool itself. It starts servers by the engine of the host, whose socket it is given:
#   npm run image
#   docker run --rm --network host -v /var/run/docker.sock:/var/run/docker.sock -v "$PWD:/work" touchstone run --target prosody
# `npm run image` gathers what comes with the package, and the packages that it needs, in dist/image: to build it takes
# no registry but Debian's.
FROM debian:trixie-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends nodejs ca-certificates \
 && rm -rf /var/lib/apt/lists/*
COPY dist/image /opt/touchstone
RUN ln -s /opt/touchstone/node_modules/.bin/touchstone /usr/local/bin/touchstone && mkdir /work
WORKDIR /work
# The container with the reaper of Testcontainers cannot be reached from everywhere; Touchstone cleans up itself.
ENV TESTCONTAINERS_RYUK_DISABLED=true
ENTRYPOINT ["touchstone"]
CMD ["help"]
