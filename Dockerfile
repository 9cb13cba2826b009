# An image with nothing in it but the program: no shell, no libraries. Alpine's Rust links statically.
FROM rust:1.95-alpine AS builder
WORKDIR /source
COPY Cargo.toml Cargo.lock build.rs ./
COPY benches benches
COPY components components
# The runbooks, which explain prints.
COPY docs/alerts.md docs/alerts.md
# Why an output differs from what an operator applies: adopt says it of each field.
COPY golden/operator-parity.tsv golden/operator-parity.tsv
COPY golden/release-parity-3.15.tsv golden/release-parity-3.15.tsv
COPY golden/release-parity-3.18.tsv golden/release-parity-3.18.tsv
COPY golden/release-parity-3.9.tsv golden/release-parity-3.9.tsv
COPY src src
# Cargo.toml names the test programs, as it does the benchmarks.
COPY tests/fast.rs tests/fast.rs
COPY tests/programs.rs tests/programs.rs
# The commit, which `quay-render version` prints: docker build --build-arg QUAY_RENDER_COMMIT=$(git rev-parse HEAD)
ARG QUAY_RENDER_COMMIT=
RUN QUAY_RENDER_COMMIT=$QUAY_RENDER_COMMIT cargo build --release --locked
# kustomize and kpt run functions as nobody, by name.
RUN echo 'nobody:x:65534:65534:nobody:/:' > passwd && echo 'nobody:x:65534:' > group

FROM scratch
COPY --from=builder /source/passwd /source/group /etc/
COPY --from=builder /source/target/release/quay-render /usr/local/bin/quay-render
USER nobody
ENTRYPOINT ["/usr/local/bin/quay-render"]
CMD ["krm"]
