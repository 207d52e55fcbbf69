// SPDX-License-Identifier: Apache-2.0

// The official `openai` SDK at its barest: `create` with `stream: true`, events as they come.

import OpenAI from 'openai';
import { PROMPT, measure, parseOptions } from './measure.mjs';

const options = parseOptions();
const client = new OpenAI({ apiKey: 'mock', baseURL: options.baseUrl, maxRetries: 0 });

await measure('openai-create', options, async (onText, signal) => {
    const stream = await client.responses.create(
        { model: options.model, input: PROMPT, stream: true },
        { signal },
    );
    for await (const event of stream) {
        if (event.type === 'response.output_text.delta') onText(event.delta);
    }
});
