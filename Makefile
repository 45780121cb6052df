# Every target brings what it lacks (as root on Debian), or says in one line what to install.
# Options go through ARGS, for example: make run ARGS="--event 'Ayu & Bima' --to /media/backup"

.PHONY: run test check example bench bench-backup bench-camera bench-wire bench-web torture fuzz fmt clean

# Build Kilat and start it; the link is printed once it answers.
run:
	@exec scripts/run.sh $(ARGS)

# Everything: format, lints, rooms, style, licences, all tests, the page in a browser.
test:
	@exec scripts/test.sh

# What needs no test run.
check:
	@exec scripts/check.sh

# The Next.js example, installed, built under React 18.2 and 19, and driven in a browser: some 6 minutes. Not in `make test`.
example:
	@exec scripts/example.sh

# Speed and memory, as ratios to plain tools.
bench:
	@exec scripts/bench.sh $(ARGS)

# Whole events to a disk and to S3, beside cp, restic, rclone and boto3: some 10 minutes.
bench-backup:
	@exec scripts/bench-backup.sh $(ARGS)

# Cameras on the cable and senders, beside the stock tools: some 5 minutes. ARGS="--only cable" for a part.
bench-camera:
	@exec scripts/bench-camera.sh $(ARGS)

# Thousands of viewers, beside Node ws, Socket.IO, axum and the floor: some 10 minutes. ARGS=storm: all come at once.
bench-wire:
	@exec scripts/bench-wire.sh $(ARGS)

# What the pages cost in a browser, beside polling, plain and idle ones: some 20 minutes. ARGS="--only frames" for a part.
bench-web:
	@exec scripts/bench-web.sh $(ARGS)

# Kills, power cuts, faulty disks, hostile clients, a simulated network, conformance, fuzzing: an hour.
torture:
	@exec scripts/torture.sh $(ARGS)

# Fuzzing of what reads strangers' bytes, a minute each: ARGS="600 decoder" for longer and one alone.
fuzz:
	@exec scripts/fuzz.sh $(ARGS)

fmt:
	cargo fmt --all

# What was built; never data/, where photos may be.
clean:
	cargo clean
