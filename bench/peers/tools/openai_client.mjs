// SPDX-License-Identifier: Apache-2.0

// The official `openai` SDK: its stream helper, and the loop that its users write around it.

import OpenAI from 'openai';
import { PROMPT, TOOL_DESCRIPTION, TOOL_NAME, addOne, measure, parseOptions } from './loop.mjs';

const options = parseOptions();
const client = new OpenAI({ apiKey: 'mock', baseURL: options.baseUrl, maxRetries: 0 });
const parameters = {
    type: 'object',
    properties: { n: { type: 'integer' } },
    required: ['n'],
    additionalProperties: false,
};
const tools = [{ type: 'function', name: TOOL_NAME, description: TOOL_DESCRIPTION, parameters, strict: true }];

await measure('openai', options, async () => {
    const input = [{ role: 'user', content: PROMPT }];
    for (;;) {
        let text = '';
        const stream = client.responses.stream({ model: options.model, input, tools });
        for await (const event of stream) {
            if (event.type === 'response.output_text.delta') text += event.delta;
        }
        const response = await stream.finalResponse();
        const calls = response.output.filter((item) => item.type === 'function_call');
        if (calls.length === 0) return text;
        for (const { id, call_id, name, arguments: json } of calls) {
            input.push({ type: 'function_call', id, call_id, name, arguments: json });
            input.push({ type: 'function_call_output', call_id, output: addOne(JSON.parse(json)) });
        }
    }
});
