// SPDX-License-Identifier: Apache-2.0

// What every JavaScript client shares: the command line, the meters and the JSON line that the runner
// reads. The C++ clients have the same in `../../stream/measure.hpp`; keep the two alike.

import { readFileSync } from 'node:fs';

const BLAST_DELTA_CHARS = 5;
const STAMP_DIGITS = 12;
const STAMPED_DELTA_CHARS = 13;
const STAMP_MODULUS = 2 ** 48;
const DELTAS_BEFORE_ABORT = 3;
const BUCKETS_PER_OCTAVE = 64;
const MODES = ['blast', 'paced', 'abort'];

export const PROMPT = 'Say some words.';

function usage(message) {
    process.stderr.write(
        `${message}; usage: client --base-url URL --concurrency C --requests R` +
            ' --mode blast|paced|abort --deltas N [--warmup W]\n',
    );
    process.exit(2);
}

/** The command line, the same for every client. */
export function parseOptions(argv = process.argv.slice(2)) {
    const options = { 'base-url': '', concurrency: 1, requests: 1, warmup: 0, deltas: 0, mode: 'blast' };
    for (let i = 0; i < argv.length; i += 2) {
        const name = argv[i].replace(/^--/, '');
        const value = argv[i + 1];
        if (!(name in options) || !argv[i].startsWith('--')) usage(`unknown option '${argv[i]}'`);
        if (value === undefined) usage(`${argv[i]} needs a value`);
        const isText = typeof options[name] === 'string';
        if (!isText && !/^[0-9]+$/.test(value)) usage(`${argv[i]} needs a whole number, got '${value}'`);
        options[name] = isText ? value : Number(value);
    }
    if (!options['base-url']) usage('--base-url is missing');
    if (!MODES.includes(options.mode)) usage(`unknown mode '${options.mode}'`);
    if (!options.concurrency || !options.requests || !options.deltas) {
        usage('--concurrency, --requests and --deltas must be 1 or more');
    }
    return { ...options, baseUrl: options['base-url'], model: `mock-${options.mode}-${options.deltas}` };
}

/** CLOCK_MONOTONIC in nanoseconds; below 2^53 for the first 104 days after a boot. */
export function nowNs() {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1e9 + nanoseconds;
}

class LatencyHistogram {
    #buckets = new Uint32Array(48 * BUCKETS_PER_OCTAVE);
    #count = 0;

    add(durationNs) {
        const bucket = Math.floor(Math.log2(Math.max(durationNs, 1)) * BUCKETS_PER_OCTAVE);
        this.#buckets[Math.min(bucket, this.#buckets.length - 1)] += 1;
        this.#count += 1;
    }

    /** The duration below which the share `q` lies, in nanoseconds; null when empty. */
    quantileNs(q) {
        if (this.#count === 0) return null;
        let seen = 0;
        for (let bucket = 0; bucket < this.#buckets.length; bucket += 1) {
            seen += this.#buckets[bucket];
            if (this.#buckets[bucket] > 0 && seen >= q * this.#count) {
                return 2 ** ((bucket + 0.5) / BUCKETS_PER_OCTAVE);
            }
        }
        return null;
    }
}

class Tally {
    deltas = 0;
    pieces = 0;
    failed = 0;
    firstTokenNs = 0;
    deltaLatency = new LatencyHistogram();
    firstTokenAfterNs = []; // one for each request
    abortCallNs = [];
    abortedNs = [];
}

/** The meter of one stream; `add` gets each piece of text that reaches user code. */
class StreamMeter {
    #tally;
    #mode;
    #text = '';
    #parsed = 0;
    #startedNs = nowNs();
    deltas = 0;

    constructor(tally, mode) {
        this.#tally = tally;
        this.#mode = mode;
    }

    add(text) {
        if (!text) return;
        this.#tally.pieces += 1;
        const first = this.#text === '';
        this.#text += text;
        if (this.#mode === 'blast') {
            this.deltas = Math.floor(this.#text.length / BLAST_DELTA_CHARS);
            if (!first) return;
        }
        const now = nowNs();
        if (first) {
            this.#tally.firstTokenAfterNs.push(now - this.#startedNs);
            if (this.#tally.firstTokenNs === 0) this.#tally.firstTokenNs = now;
        }
        if (this.#mode === 'blast') return;
        const whole = text.length === STAMPED_DELTA_CHARS && this.#parsed + text.length === this.#text.length;
        const fresh = whole ? text : this.#text.slice(this.#parsed);
        for (let at = 0; at + STAMPED_DELTA_CHARS <= fresh.length; at += STAMPED_DELTA_CHARS) {
            const stamp = Number.parseInt(fresh.slice(at, at + STAMP_DIGITS), 16);
            this.#tally.deltaLatency.add(((now % STAMP_MODULUS) - stamp + STAMP_MODULUS) % STAMP_MODULUS);
            this.#parsed += STAMPED_DELTA_CHARS;
            this.deltas += 1;
        }
    }
}

/** The exact quantile in milliseconds; null when there are no values. */
function quantileMs(valuesNs, q) {
    if (valuesNs.length === 0) return null;
    const sorted = Float64Array.from(valuesNs).sort();
    return sorted[Math.max(Math.ceil(q * sorted.length), 1) - 1] / 1e6;
}

function peakRssMib() {
    const line = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
    return line ? Number(line[1]) / 1024 : 0;
}

async function runOne(stream, options, tally) {
    const meter = new StreamMeter(tally, options.mode);
    const controller = new AbortController();
    let aborted = false;
    const onText = (text) => {
        meter.add(text);
        if (options.mode !== 'abort' || aborted || meter.deltas < DELTAS_BEFORE_ABORT) return;
        aborted = true;
        tally.abortCallNs.push(nowNs());
        controller.abort();
    };
    try {
        await stream(onText, controller.signal);
    } catch (error) {
        if (!aborted) {
            process.stderr.write(`${error?.stack ?? error}\n`);
            tally.failed += 1;
        }
    }
    if (aborted) tally.abortedNs.push(nowNs());
    if (!aborted && meter.deltas !== options.deltas) tally.failed += 1;
    tally.deltas += meter.deltas;
}

async function runAll(stream, options, requests, tally) {
    let left = requests;
    const worker = async () => {
        while (left > 0) {
            left -= 1;
            await runOne(stream, options, tally);
        }
    };
    await Promise.all(Array.from({ length: Math.min(options.concurrency, requests) }, worker));
}

/**
 * Runs the warm-up and the measured phase and prints the JSON line. `stream(onText, signal)` carries out
 * one request: it calls `onText` with each piece of text and resolves at the end of the stream.
 */
export async function measure(name, options, stream) {
    const warmup = new Tally();
    await runAll(stream, options, options.warmup, warmup);
    const tally = new Tally();
    // In mode abort, the aborts of the warm-up are reported too: the mock counts them as well.
    if (options.mode === 'abort') {
        tally.abortCallNs = warmup.abortCallNs;
        tally.abortedNs = warmup.abortedNs;
    }
    const cpuBefore = process.cpuUsage();
    const startNs = nowNs();
    await runAll(stream, options, options.requests, tally);
    const wallNs = nowNs() - startNs;
    const cpu = process.cpuUsage(cpuBefore);
    const us = (valueNs) => (valueNs === null ? null : valueNs / 1e3);
    const report = {
        client: name,
        mode: options.mode,
        requests: options.requests,
        failed: tally.failed,
        deltas: tally.deltas,
        pieces: tally.pieces,
        wall_s: wallNs / 1e9,
        cpu_s: (cpu.user + cpu.system) / 1e6,
        p50_us: us(tally.deltaLatency.quantileNs(0.5)),
        p99_us: us(tally.deltaLatency.quantileNs(0.99)),
        ttft_p50_ms: quantileMs(tally.firstTokenAfterNs, 0.5),
        ttft_p99_ms: quantileMs(tally.firstTokenAfterNs, 0.99),
        rss_mib: peakRssMib(),
        first_token_ns: tally.firstTokenNs,
        abort_call_ns: tally.abortCallNs,
        aborted_ns: tally.abortedNs,
    };
    process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
}
