// Uses fakeserver as a program in another language does: starts it, reads the
// printed variables, calls the API, makes calls fail, and receives webhooks.
//
//   FAKESERVER=/path/to/fakeserver node --test node.test.mjs
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import test from 'node:test';

async function start(t, ...flags) {
  const child = spawn(process.env.FAKESERVER, ['-listen', '127.0.0.1:0', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const environment = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [, name, value] = /^export (\w+)=(.*)$/.exec(line) ?? [];
    if (name) environment[name] = value;
    if (line.endsWith('/_control/faults')) break; // the last line
  }
  const origin = new URL(environment.RETURNINGAI_SYSTEM_URL).origin;
  const control = async (method, path, body) => {
    const response = await fetch(origin + '/_control' + path, {
      method, headers: { 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
    });
    const result = await response.json();
    assert.equal(response.status, 200, JSON.stringify(result));
    return result;
  };
  const call = (path, init = {}) => fetch(environment.RETURNINGAI_INTEGRATION_URL + path, {
    ...init, headers: { Authorization: `Bearer ${environment.RETURNINGAI_TOKEN}`, 'Content-Type': 'application/json' },
  });
  return { child, environment, origin, control, call };
}

test('calls, faults, the log and a reset', async t => {
  const { control, call } = await start(t);
  const { data: channels } = await (await call('/channels')).json();
  assert.equal(channels[0].topic, 'general');

  await control('POST', '/faults', { operation: 'integration.messages.send', status: 429, retryAfter: '1' });
  const message = { method: 'POST', body: JSON.stringify({ channelId: channels[0]._id, message: 'from Node', sender: 'bot' }) };
  const limited = await call('/messages/send', message);
  assert.equal(limited.status, 429);
  assert.equal(limited.headers.get('retry-after'), '1');
  assert.equal((await call('/messages/send', message)).status, 200);

  const state = await control('GET', '/state');
  assert.deepEqual(state.messages.shown.map(sent => sent.text), ['from Node']);
  const log = await control('GET', '/requests?operation=integration.messages.send');
  assert.deepEqual(log.map(entry => entry.status), [429, 200]);
  assert.equal(JSON.parse(log[1].body).message, 'from Node');

  await control('POST', '/faults', { cut: 'response', applied: true });
  await assert.rejects(call('/messages/send', message), 'the response is lost');
  assert.equal((await control('GET', '/state')).messages.total, 2, 'but the message was sent');

  await control('POST', '/reset', {});
  assert.equal((await control('GET', '/state')).messages.total, 0);
});

test('webhooks are signed and retried', async t => {
  const secret = 'a-secret-for-hmac';
  const received = [];
  const receiver = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ signature: request.headers['x-signature-256'], body });
    response.writeHead(received.length === 1 ? 503 : 204).end();
  }).listen(0, '127.0.0.1');
  t.after(() => receiver.close());
  await once(receiver, 'listening');
  const { control } = await start(t, '-webhook', `http://127.0.0.1:${receiver.address().port}/hook`, '-sign', 'hmac', '-secret', secret);
  await control('POST', '/users/join', { username: 'zoe' });

  let deliveries;
  do {
    deliveries = await control('GET', '/deliveries');
  } while (deliveries[0]?.state === 'pending');
  assert.deepEqual(deliveries.map(({ event, state, attempts }) => ({ event, state, attempts })), [
    { event: 'user_joins_server', state: 'delivered', attempts: [503, 204] },
  ]);
  for (const { signature, body } of received) {
    assert.equal(signature, createHmac('sha256', secret).update(body).digest('hex'));
    assert.equal(JSON.parse(body).user.username, 'zoe');
  }
});

test('other web pages are refused', async t => {
  const { origin } = await start(t);
  for (const [headers, status] of [
    [{ 'Content-Type': 'application/json', Origin: 'http://evil.example' }, 403],
    [{ 'Content-Type': 'text/plain' }, 415],
    [{ 'Content-Type': 'application/json', Origin: origin }, 200],
  ]) {
    const response = await fetch(origin + '/_control/reset', { method: 'POST', headers, body: '{}' });
    assert.equal(response.status, status);
  }
});

test('SIGTERM stops it cleanly, with a stream open', async t => {
  const { child, origin } = await start(t);
  const stream = await fetch(origin + '/_control/events');
  const ended = stream.text().then(() => true, () => true);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
  assert.ok(await ended);
});
