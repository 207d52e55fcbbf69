// SPDX-License-Identifier: Apache-2.0

// The OpenAI Agents SDK: `run` with `stream: true`. Tracing is off: by default it would post every run to
// a public host, so this peer is measured cheaper than its default.

import { Agent, OpenAIProvider, Runner, setTracingDisabled } from '@openai/agents';
import { PROMPT, measure, parseOptions } from './measure.mjs';

const options = parseOptions();
setTracingDisabled(true);
const modelProvider = new OpenAIProvider({ apiKey: 'mock', baseURL: options.baseUrl, useResponses: true });
const runner = new Runner({ modelProvider, tracingDisabled: true });
const agent = new Agent({ name: 'bench', instructions: 'Answer.', model: options.model });

await measure('agents', options, async (onText, signal) => {
    const result = await runner.run(agent, PROMPT, { stream: true, signal });
    for await (const event of result) {
        if (event.type === 'raw_model_stream_event' && event.data.type === 'output_text_delta') {
            onText(event.data.delta);
        }
    }
    await result.completed;
});
