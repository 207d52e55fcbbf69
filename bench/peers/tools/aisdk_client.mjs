// SPDX-License-Identifier: Apache-2.0

// The AI SDK: `streamText` with one tool and the Responses model of `@ai-sdk/openai`.

import { createOpenAI } from '@ai-sdk/openai';
import { stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { PROMPT, TOOL_DESCRIPTION, TOOL_NAME, addOne, measure, parseOptions } from './loop.mjs';

globalThis.AI_SDK_LOG_WARNINGS = false;
const options = parseOptions();
const openai = createOpenAI({ apiKey: 'mock', baseURL: options.baseUrl });
const tools = {
    [TOOL_NAME]: tool({
        description: TOOL_DESCRIPTION,
        inputSchema: z.object({ n: z.number().int() }),
        execute: async (input) => addOne(input),
    }),
};

await measure('aisdk', options, async () => {
    let failure;
    const result = streamText({
        model: openai.responses(options.model),
        prompt: PROMPT,
        tools,
        stopWhen: stepCountIs(options.steps + 1),
        maxRetries: 0,
        onError: ({ error }) => {
            failure = error;
        },
    });
    let text = '';
    for await (const piece of result.textStream) text += piece;
    if (failure) throw failure;
    return text;
});
