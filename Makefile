# Tasks of a developer. What CI runs is in .ci.
.PHONY: check generate

check:
	@.ci/check

generate:
	@go run ./testkit/operations -write
