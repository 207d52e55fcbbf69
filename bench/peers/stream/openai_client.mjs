// SPDX-License-Identifier: Apache-2.0

// The official `openai` SDK, with its stream helper, which also builds up the final response.

import OpenAI from 'openai';
import { PROMPT, measure, parseOptions } from './measure.mjs';

const options = parseOptions();
const client = new OpenAI({ apiKey: 'mock', baseURL: options.baseUrl, maxRetries: 0 });

await measure('openai', options, async (onText, signal) => {
    const stream = client.responses.stream({ model: options.model, input: PROMPT }, { signal });
    for await (const event of stream) {
        if (event.type === 'response.output_text.delta') onText(event.delta);
    }
});
