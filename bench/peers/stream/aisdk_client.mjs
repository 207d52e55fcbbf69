// SPDX-License-Identifier: Apache-2.0

// The AI SDK: `streamText` of `ai` with the Responses model of `@ai-sdk/openai`.

import { createOpenAI } from '@ai-sdk/openai';
import { streamText } from 'ai';
import { PROMPT, measure, parseOptions } from './measure.mjs';

globalThis.AI_SDK_LOG_WARNINGS = false;
const options = parseOptions();
const openai = createOpenAI({ apiKey: 'mock', baseURL: options.baseUrl });

await measure('aisdk', options, async (onText, signal) => {
    let failure;
    const result = streamText({
        model: openai.responses(options.model),
        prompt: PROMPT,
        maxRetries: 0,
        abortSignal: signal,
        onError: ({ error }) => {
            failure = error;
        },
    });
    for await (const text of result.textStream) onText(text);
    if (failure) throw failure;
});
