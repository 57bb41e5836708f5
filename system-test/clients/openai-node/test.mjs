// An unmodified OpenAI client against a running server: node test.mjs URL. Prints "ok NAME" for each scenario.
// The served model's template writes each message as "ROLE: CONTENT" and a line break, and "assistant:" at the end.
import assert from 'node:assert/strict';
import OpenAI, { APIUserAbortError, BadRequestError, NotFoundError } from 'openai';

const url = process.argv[2];
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'unused', maxRetries: 0, timeout: 120_000 });
const [{ id: model }] = (await client.models.list()).data;

const messages = [
  { role: 'system', content: 'Tell a story.' },
  { role: 'user', content: 'Once upon a time' },
];
const prompt = 'system: Tell a story.\nuser: Once upon a time\nassistant:';
const chat = { model, messages, temperature: 0, max_tokens: 24 };

const scenarios = {
  async listsModels() {
    const models = await client.models.list();
    assert.equal(models.data.length, 1);
    assert.equal(models.data[0].object, 'model');
    assert.equal((await client.models.retrieve(model)).id, model);
  },

  async chatsThroughTheModelsTemplate() {
    const answer = await client.chat.completions.create(chat);
    assert.equal(answer.object, 'chat.completion');
    assert.equal(answer.model, model);
    assert.equal(answer.choices.length, 1);
    const [choice] = answer.choices;
    assert.equal(choice.index, 0);
    assert.equal(choice.message.role, 'assistant');
    assert.ok(choice.message.content.length > 10, choice.message.content);
    assert.equal(choice.finish_reason, 'length');
    assert.equal(answer.usage.completion_tokens, 24);
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + 24);
    const plain = await client.completions.create({ model, prompt, temperature: 0, max_tokens: 24 });
    assert.equal(plain.object, 'text_completion');
    assert.equal(choice.message.content, plain.choices[0].text);
    assert.equal(answer.usage.prompt_tokens, plain.usage.prompt_tokens);
  },

  async takesContentInParts() {
    const parts = messages.map(({ role, content }) => ({
      role: role === 'system' ? 'developer' : role,
      content: [...content.split(/(?<= )/)].map((text) => ({ type: 'text', text })),
    }));
    const whole = await client.chat.completions.create(chat);
    const answer = await client.chat.completions.create({ ...chat, messages: parts });
    assert.equal(answer.choices[0].message.content, whole.choices[0].message.content);
  },

  async streamsInOrder() {
    const whole = await client.chat.completions.create(chat);
    const stream = await client.chat.completions.create({
      ...chat, stream: true, stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) {
      chunks.push(chunk);
    }
    assert.ok(chunks.length > 4);
    assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
    assert.ok(chunks.every((chunk) => chunk.object === 'chat.completion.chunk'));
    const last = chunks.pop();
    assert.deepEqual(last.choices, []);
    assert.deepEqual(last.usage, whole.usage);
    assert.equal(chunks[0].choices[0].delta.role, 'assistant');
    const reasons = chunks.map((chunk) => chunk.choices[0].finish_reason);
    assert.deepEqual(reasons.filter((reason) => reason), ['length']);
    assert.equal(reasons.at(-1), 'length');
    const text = chunks.map((chunk) => chunk.choices[0].delta.content ?? '').join('');
    assert.equal(text, whole.choices[0].message.content);
  },

  async sendsNoUsageUnasked() {
    const stream = await client.chat.completions.create({ ...chat, max_tokens: 3, stream: true });
    for await (const chunk of stream) {
      assert.equal(chunk.choices.length, 1);
      assert.ok(!chunk.usage);
    }
  },

  async streamsThroughTheClientsHelper() {
    const whole = await client.chat.completions.create(chat);
    const deltas = [];
    const runner = client.chat.completions.stream(chat).on('content', (delta) => deltas.push(delta));
    const final = await runner.finalChatCompletion();
    assert.equal(final.choices[0].message.content, whole.choices[0].message.content);
    assert.equal(deltas.join(''), whole.choices[0].message.content);
    assert.equal(final.choices[0].finish_reason, 'length');
  },

  async stopsAtAString() {
    const whole = (await client.chat.completions.create(chat)).choices[0].message.content;
    const stop = whole.slice(6, 11);
    const before = whole.slice(0, whole.indexOf(stop));
    const answer = await client.chat.completions.create({ ...chat, stop: [stop, 'never this'] });
    assert.equal(answer.choices[0].message.content, before);
    assert.equal(answer.choices[0].finish_reason, 'stop');
    let streamed = '';
    let reason;
    for await (const chunk of await client.chat.completions.create({ ...chat, stop, stream: true })) {
      streamed += chunk.choices[0].delta.content ?? '';
      reason = chunk.choices[0].finish_reason ?? reason;
    }
    assert.equal(streamed, before);
    assert.equal(reason, 'stop');
  },

  async endsAtMaxTokens() {
    for (const limit of [{ max_tokens: 2 }, { max_tokens: undefined, max_completion_tokens: 2 }]) {
      const answer = await client.chat.completions.create({ ...chat, ...limit });
      assert.equal(answer.usage.completion_tokens, 2);
      assert.equal(answer.choices[0].finish_reason, 'length');
    }
  },

  async drawsTheSameWithASeed() {
    const drawn = { ...chat, temperature: 1, top_p: 0.9, seed: 7, n: 2 };
    const [one, two] = await Promise.all([1, 2].map(() => client.chat.completions.create(drawn)));
    assert.equal(one.choices.length, 2);
    assert.deepEqual(one.choices.map((c) => c.message.content), two.choices.map((c) => c.message.content));
  },

  async givesLogprobs() {
    const answer = await client.chat.completions.create({ ...chat, max_tokens: 3, logprobs: true, top_logprobs: 2 });
    const tokens = answer.choices[0].logprobs.content;
    assert.equal(tokens.length, 3);
    for (const token of tokens) {
      assert.ok(token.logprob <= 0);
      assert.equal(token.top_logprobs.length, 2);
      assert.equal(token.top_logprobs[0].token, token.token);
    }
  },

  async completesText() {
    const request = { model, prompt: 'Once upon a time', temperature: 0, max_tokens: 12 };
    const whole = await client.completions.create(request);
    assert.equal(whole.choices[0].finish_reason, 'length');
    let text = '';
    for await (const part of await client.completions.create({ ...request, stream: true })) {
      text += part.choices[0].text;
    }
    assert.equal(text, whole.choices[0].text);
    const two = await client.completions.create({ ...request, prompt: ['Once upon a time', 'One day'] });
    assert.equal(two.choices.length, 2);
    assert.equal(two.choices[0].text, whole.choices[0].text);
  },

  async reportsErrorsByType() {
    await assert.rejects(client.chat.completions.create({ ...chat, model: 'gpt-4o' }), (error) => {
      assert.ok(error instanceof NotFoundError, String(error));
      assert.equal(error.status, 404);
      assert.equal(error.code, 'model_not_found');
      assert.equal(error.param, 'model');
      assert.match(error.message, /gpt-4o/);
      return true;
    });
    await assert.rejects(client.chat.completions.create({ ...chat, temperature: 3 }), (error) => {
      assert.ok(error instanceof BadRequestError, String(error));
      assert.equal(error.param, 'temperature');
      return true;
    });
    await assert.rejects(client.chat.completions.create({ ...chat, max_tokens: 100_000 }), (error) => {
      assert.ok(error instanceof BadRequestError, String(error));
      assert.equal(error.code, 'context_length_exceeded');
      return true;
    });
    await assert.rejects(
      client.chat.completions.create({ ...chat, stream: true, tools: [{ type: 'function', function: { name: 'f' } }] }),
      BadRequestError,
    );
    await assert.rejects(client.models.retrieve('nobody'), NotFoundError);
  },

  async cancelsStreamsAndGoesOn() {
    // The server computes one request at a time: one that went on would hold up the next.
    for (let i = 0; i < 5; i++) {
      const stream = await client.chat.completions.create({ ...chat, max_tokens: 150, stream: true, ignore_eos: true });
      for await (const chunk of stream) {
        assert.ok(chunk.choices);
        break;
      }
      const controller = new AbortController();
      const aborted = client.chat.completions.create(
        { ...chat, max_tokens: 150, ignore_eos: true },
        { signal: controller.signal },
      );
      setTimeout(() => controller.abort(), 20);
      await assert.rejects(aborted, APIUserAbortError);
    }
    const answer = await client.chat.completions.create(chat);
    assert.equal(answer.usage.completion_tokens, 24);
  },

  async servesManyAtOnce() {
    const whole = await client.chat.completions.create(chat);
    const answers = await Promise.all(Array.from({ length: 6 }, () => client.chat.completions.create(chat)));
    for (const answer of answers) {
      assert.equal(answer.choices[0].message.content, whole.choices[0].message.content);
    }
  },
};

let failed = 0;
for (const [name, scenario] of Object.entries(scenarios)) {
  try {
    await scenario();
    console.log(`ok ${name}`);
  } catch (error) {
    failed++;
    console.log(`not ok ${name}`);
    console.error(`${name}: ${error.stack ?? error}`);
  }
}
process.exitCode = failed === 0 ? 0 : 1;
