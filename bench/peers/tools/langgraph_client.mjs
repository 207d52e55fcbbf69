// SPDX-License-Identifier: Apache-2.0

// LangGraph: its prebuilt agent, streaming messages, over the Responses API, without a checkpointer or with the one
// that keeps checkpoints in memory. Each loop is a thread of its own.

import { tool } from '@langchain/core/tools';
import { MemorySaver } from '@langchain/langgraph';
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
const checkpointer = options.checkpointer === 'memory' ? new MemorySaver() : undefined;
const agent = createReactAgent({ llm, tools, checkpointer });
let threads = 0;

await measure('langgraph', options, async () => {
    let text = '';
    threads += 1;
    const stream = await agent.stream(
        { messages: [{ role: 'user', content: PROMPT }] },
        {
            streamMode: 'messages',
            recursionLimit: 2 * options.steps + 5,
            configurable: checkpointer && { thread_id: String(threads) },
        },
    );
    for await (const [message] of stream) {
        if (message.getType() === 'ai') text += message.text;
    }
    return text;
});
