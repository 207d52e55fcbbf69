// SPDX-License-Identifier: Apache-2.0

// LangGraph: its prebuilt agent, streaming messages, without a checkpointer, over the Responses API.

import { tool } from '@langchain/core/tools';
import { createReactAgent } from '@langchain/langgraph/prebuilt';
import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';
import { PROMPT, TOOL_DESCRIPTION, TOOL_NAME, addOne, measure, parseOptions } from './loop.mjs';

process.env.LANGSMITH_TRACING = 'false';
process.env.LANGCHAIN_TRACING_V2 = 'false';
const options = parseOptions();
const llm = new ChatOpenAI({
    model: options.model,
    apiKey: 'mock',
    configuration: { baseURL: options.baseUrl },
    useResponsesApi: true,
    streaming: true,
    maxRetries: 0,
});
const schema = z.object({ n: z.number().int() });
const tools = [tool(async (input) => addOne(input), { name: TOOL_NAME, description: TOOL_DESCRIPTION, schema })];
const agent = createReactAgent({ llm, tools });

await measure('langgraph', options, async () => {
    let text = '';
    const stream = await agent.stream(
        { messages: [{ role: 'user', content: PROMPT }] },
        { streamMode: 'messages', recursionLimit: 2 * options.steps + 5 },
    );
    for await (const [message] of stream) {
        if (message.getType() === 'ai') text += message.text;
    }
    return text;
});
