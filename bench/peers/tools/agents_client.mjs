// SPDX-License-Identifier: Apache-2.0

// The OpenAI Agents SDK: `run` with `stream: true` and one tool. Tracing is off: by default it would post every run
// to a public host, so this peer is measured cheaper than its default.

import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool } from '@openai/agents';
import { z } from 'zod';
import { PROMPT, TOOL_DESCRIPTION, TOOL_NAME, addOne, measure, parseOptions } from './loop.mjs';

const options = parseOptions();
setTracingDisabled(true);
const modelProvider = new OpenAIProvider({ apiKey: 'mock', baseURL: options.baseUrl, useResponses: true });
const runner = new Runner({ modelProvider, tracingDisabled: true });
const agent = new Agent({
    name: 'bench',
    instructions: 'Answer.',
    model: options.model,
    tools: [
        tool({
            name: TOOL_NAME,
            description: TOOL_DESCRIPTION,
            parameters: z.object({ n: z.number().int() }),
            execute: async (input) => addOne(input),
        }),
    ],
});

await measure('agents', options, async () => {
    const result = await runner.run(agent, PROMPT, { stream: true, maxTurns: options.steps + 1 });
    let text = '';
    for await (const event of result) {
        if (event.type === 'raw_model_stream_event' && event.data.type === 'output_text_delta') {
            text += event.data.delta;
        }
    }
    await result.completed;
    return text;
});
