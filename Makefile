# Two commands do everything: `make demo` runs the main job, `make test` passes the tests. Each sets up what it needs.

.PHONY: demo test check format lock sbom docs clean

demo:          ## the main job on the incident that ships with the package
	@.ci/venv run
	@.venv/bin/reconstruct demo --out demo-output --force

test:          ## every test; installs the servers it talks to when it can (root with apt)
	@.ci/venv dev
	@.ci/servers
	@.ci/test

check:         ## format, lint, types, imports, known vulnerabilities
	@.ci/venv dev
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@.ci/audit
	@for script in .ci/*; do case $$script in *.py) ;; *) bash -n $$script || exit 1 ;; esac; done

format:        ## put the code into its one form
	@.ci/venv dev
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format .

docs:          ## write docs/commands from the program itself
	@.ci/venv dev
	@.venv/bin/python .ci/command-docs.py docs/commands

lock:          ## pin the dependencies anew
	@.ci/lock

sbom:          ## the bill of materials of a release (CycloneDX), from the lock: dist/sbom.json
	@.ci/venv dev
	@mkdir -p dist
	@.venv/bin/python .ci/sbom.py requirements/run.txt >dist/sbom.json

clean:
	rm -rf .venv dist build demo-output .mypy_cache .ruff_cache .pytest_cache
