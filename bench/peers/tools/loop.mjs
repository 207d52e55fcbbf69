// SPDX-License-Identifier: Apache-2.0

// What the JavaScript clients of the tool loop share: the command line, the tool, the meters and the JSON line that
// the runner reads. The C++ client has the same in `../../tools/client_ours.cpp`; keep the two alike.

import { readFileSync } from 'node:fs';

export const PROMPT = 'Add one ten times.';
export const TOOL_NAME = 'add_one';
export const TOOL_DESCRIPTION = 'Adds one.';

// Of LangGraph alone.
const CHOICE = '[--checkpointer none|memory]';

let toolCalls = 0;

/** The trivial tool. */
export function addOne({ n }) {
    toolCalls += 1;
    return String(n + 1);
}

/** The command line, the same for every client. */
export function parseOptions(argv = process.argv.slice(2)) {
    const options = { 'base-url': '', loops: 1, warmup: 0, steps: 10, checkpointer: 'none' };
    for (let i = 0; i < argv.length; i += 2) {
        const name = argv[i].replace(/^--/, '');
        if (!(name in options) || argv[i + 1] === undefined) {
            process.stderr.write(`'${argv[i]}'; usage: client --base-url URL --loops N [--warmup W] [--steps S] ${CHOICE}\n`);
            process.exit(2);
        }
        options[name] = typeof options[name] === 'string' ? argv[i + 1] : Number(argv[i + 1]);
    }
    return { ...options, baseUrl: options['base-url'], model: `mock-tools-${options.steps}` };
}

function nowNs() {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1e9 + nanoseconds;
}

/** Runs the warm-up and the measured phase and prints the JSON line. `loop()` resolves to the text of one loop. */
export async function measure(name, options, loop) {
    const phase = async (loops) => {
        const loopNs = [];
        let failed = 0;
        toolCalls = 0;
        for (let i = 0; i < loops; i += 1) {
            const startNs = nowNs();
            try {
                if (!(await loop())) failed += 1;
            } catch (error) {
                process.stderr.write(`${error?.stack ?? error}\n`);
                failed += 1;
            }
            loopNs.push(nowNs() - startNs);
        }
        return { failed, loopNs };
    };
    await phase(options.warmup);
    const cpuBefore = process.cpuUsage();
    const startNs = nowNs();
    const { failed, loopNs } = await phase(options.loops);
    const wallNs = nowNs() - startNs;
    const cpu = process.cpuUsage(cpuBefore);
    const rss = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
    const report = {
        client: name,
        loops: options.loops,
        failed,
        tool_calls: toolCalls,
        wall_s: wallNs / 1e9,
        cpu_s: (cpu.user + cpu.system) / 1e6,
        rss_mib: rss ? Number(rss[1]) / 1024 : 0,
        loop_ns: loopNs,
    };
    process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
}
