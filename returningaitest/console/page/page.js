// Shows the community as server-sent events describe it. All text reaches the
// page through textContent, so that it cannot become markup.

const windowSize = 200; // rows of the request log in the page at first
const logLimit = 10_000;

const find = (selector, within = document) => within.querySelector(selector);

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

const plural = (count, one, many = `${one}s`) => `${count.toLocaleString()} ${count === 1 ? one : many}`;

function counted(titles) {
  const counts = new Map();
  for (const title of titles) counts.set(title, (counts.get(title) ?? 0) + 1);
  return [...counts].map(([title, count]) => make('span', { className: 'chip' }, count > 1 ? `${title} ×${count}` : title));
}

function cell(content, className = '') {
  const children = Array.isArray(content) ? content : [String(content)];
  return make('td', { className }, ...children);
}

const statusClass = status => status >= 200 && status < 400 ? 'good' : status === 0 || status >= 500 ? 'bad' : 'warn';

// --- community ---

function showUsers({ total, shown }) {
  find('#users tbody').replaceChildren(...shown.map(user => {
    const name = [make('span', { className: 'name' }, user.displayName || user.username), make('span', { className: 'quiet' }, `@${user.username}`)];
    if (user.deleted) name.push(make('span', { className: 'bad' }, ' deleted'));
    if (user.outside) name.push(make('span', { className: 'warn' }, ' has not joined'));
    return make('tr', {},
      cell(name), cell(user.userId), cell(user.xp.toLocaleString(), 'number'), cell(user.coins.toLocaleString(), 'number'),
      cell(counted(user.badges)), cell(counted([...user.roles ?? [], ...user.granted])), cell(user.visitCount ?? 0, 'number'));
  }));
  find('#users .more').textContent = total > shown.length ? `The first ${shown.length} of ${plural(total, 'user')}.` : '';
  const names = shown.filter(user => !user.deleted && !user.outside).map(user => user.username);
  for (const select of document.querySelectorAll('select.usernames')) {
    if (names.join('\n') === [...select.options].map(option => option.value).join('\n')) continue;
    const chosen = select.value;
    select.replaceChildren(...names.map(name => make('option', { value: name }, name)));
    if (names.includes(chosen)) select.value = chosen;
  }
}

function showMessages(channels, { shown }) {
  find('#messages').replaceChildren(...channels.map(channel => {
    const messages = shown.filter(message => message.channelId === channel.id).toReversed();
    const list = make('ol', {}, ...messages.map(message => {
      const item = make('li', {}, make('strong', {}, message.sender), message.replyTo ? ' replied: ' : ': ', message.text);
      if (message.reactions?.length) item.append(' ', ...counted(message.reactions.map(reaction => reaction.emoji)));
      return item;
    }));
    const card = make('article', { className: 'card', tabIndex: messages.length > 4 ? 0 : -1 },
      make('h3', {}, `# ${channel.topic} `, make('span', { className: 'quiet' }, channel.type)),
      messages.length ? list : make('p', { className: 'quiet' }, 'No messages yet.'));
    card.setAttribute('aria-label', `Channel ${channel.topic}`);
    return card;
  }));
}

function showDeliveries({ total, shown }) {
  const rows = shown.toReversed().map(delivery => make('tr', {},
    cell(delivery.number, 'number'), cell(delivery.event.replaceAll('_', ' ')),
    cell(delivery.state, { delivered: 'good', failed: 'bad', dropped: 'bad' }[delivery.state] ?? 'warn'),
    cell(delivery.attempts.map(status => make('span', { className: `chip ${statusClass(status)}` }, status || 'no response')))));
  find('#deliveries tbody').replaceChildren(...rows);
  find('#deliveries .more').textContent = total === 0 ? 'No webhook is told about events yet.' : total > shown.length ? `The latest ${shown.length} of ${plural(total, 'delivery', 'deliveries')}.` : '';
}

function showFaults(faults) {
  find('#faults').replaceChildren(...faults.map(fault => {
    const remove = make('button', { type: 'button', className: 'small' }, 'Remove');
    remove.setAttribute('aria-label', `Remove fault ${fault.number}: ${fault.fault}`);
    remove.addEventListener('click', () => send('DELETE', `/_control/faults/${fault.number}`, undefined, 'fault removed'));
    const left = fault.left < 0 ? 'all requests' : plural(fault.left, 'request');
    return make('li', {}, make('span', {}, make('strong', {}, fault.fault), ` for ${left} to ${fault.operation || 'every operation'}`), remove);
  }));
}

// --- request log ---

let log = [];               // oldest first
const position = new Map(); // of a request's number in log
let shownRows = windowSize;
let pendingDraw = false;

function addRequests(entries) {
  for (const entry of entries) {
    const known = position.get(entry.number);
    if (known !== undefined) {
      log[known] = entry;
    } else {
      position.set(entry.number, log.push(entry) - 1);
    }
  }
  if (log.length > 2 * logLimit) {
    log = log.slice(-logLimit);
    position.clear();
    log.forEach((entry, index) => position.set(entry.number, index));
  }
  drawLog();
}

function drawLog() {
  if (pendingDraw) return;
  pendingDraw = true;
  requestAnimationFrame(() => {
    pendingDraw = false;
    const wanted = find('#filter-text').value.trim().toLowerCase();
    const rows = [];
    let matching = 0;
    for (let index = log.length - 1; index >= 0; index--) {
      const entry = log[index];
      if (wanted && !`${entry.operation} ${entry.method} ${entry.path} ${entry.status} ${entry.fault ?? ''}`.toLowerCase().includes(wanted)) continue;
      if (++matching <= shownRows) rows.push(requestRow(entry));
    }
    find('#requests tbody').replaceChildren(...rows);
    find('#older').hidden = matching <= shownRows;
    find('#requests .more').textContent = matching === 0 ? (wanted ? 'No request matches.' : 'No requests yet.') : `${rows.length.toLocaleString()} of ${plural(matching, 'request')}.`;
    find('#numbers').textContent = plural(log.length, 'request');
  });
}

function requestRow(entry) {
  if (entry.row) return entry.row;
  const isOpen = entry.microseconds === 0;
  const status = entry.status || (isOpen ? '…' : 'none');
  const row = make('tr', {},
    cell(entry.number, 'number quiet'), cell(entry.operation || 'no operation', entry.operation ? '' : 'quiet'),
    cell(`${entry.method} ${entry.path}`, 'mono'), cell(status, `number ${isOpen ? '' : statusClass(entry.status)}`),
    cell(isOpen ? '' : `${(entry.microseconds / 1000).toFixed(2)} ms`, 'number'), cell(entry.fault ?? '', 'bad'));
  Object.defineProperty(entry, 'row', { value: row });
  return row;
}

function clearLog() {
  log = [];
  position.clear();
  shownRows = windowSize;
  drawLog();
}

// --- buttons ---

function notice(text, bad = false) {
  find('#notice').textContent = text;
  find('#notice').dataset.state = bad ? 'bad' : '';
}

async function send(method, path, body, message) {
  try {
    const response = await fetch(path, { method, headers: { 'Content-Type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body) });
    const result = await response.json();
    notice(response.ok ? message : result.error, !response.ok);
    return response.ok;
  } catch {
    notice('The server cannot be reached.', true);
    return false;
  }
}

const kinds = {
  '429, try again in 1 s': { status: 429, retryAfter: '1' },
  '503 Service Unavailable': { status: 503 },
  '500 Internal Server Error': { status: 500 },
  '401 Unauthorized': { status: 401 },
  'Slow: 5 s': { delay: '5s' },
  'Applied, response lost': { cut: 'response', applied: true },
  'Connection cut before the response': { cut: 'response' },
  'Connection reset': { cut: 'response', reset: true },
  'Cut in the body': { cut: 'body' },
  'Malformed JSON': { body: 'malformed' },
  'HTML from a gateway': { body: 'html', status: 502 },
};

async function addFault(event) {
  event.preventDefault();
  const form = new FormData(event.target);
  const kind = form.get('kind');
  await send('POST', '/_control/faults', { ...kinds[kind], operation: form.get('operation'), times: Number(form.get('times')) }, `Fault injected: ${kind}.`);
}

function connectForms() {
  for (const form of document.querySelectorAll('form[data-call]')) {
    form.addEventListener('submit', async event => {
      event.preventDefault();
      const values = Object.fromEntries(new FormData(form));
      if (await send('POST', form.dataset.call, values, `${values.username ?? values.user} ${form.dataset.done}.`) && form.dataset.done === 'joined') form.reset();
    });
  }
  find('#kinds').append(...Object.keys(kinds).map(kind => make('option', { value: kind }, kind)));
  find('#fault').addEventListener('submit', addFault);
  find('#filter').addEventListener('submit', event => event.preventDefault());
  find('#filter-text').addEventListener('input', () => { shownRows = windowSize; drawLog(); });
  find('#older').addEventListener('click', () => { shownRows += windowSize; drawLog(); });
  find('#clear').addEventListener('click', async () => { if (await send('DELETE', '/_control/requests', undefined, 'Request log cleared.')) clearLog(); });
  find('#reset').addEventListener('click', async () => {
    if (confirm('Put the community back to its seed, and remove faults and logs?') && await send('POST', '/_control/reset', {}, 'The community is back to its seed.')) clearLog();
  });
}

// --- stream ---

function connection(state, text) {
  find('#connection').dataset.state = state;
  find('#connection').textContent = text;
}

const lastShown = new Map();

// ifChanged leaves a part of the page alone, with its focus and scroll
// position, while its data stays the same.
function ifChanged(name, value, show) {
  const text = JSON.stringify(value);
  if (lastShown.get(name) === text) return;
  lastShown.set(name, text);
  show(value);
}

function listen() {
  const stream = new EventSource('/_control/events');
  stream.addEventListener('open', () => connection('live', 'live'));
  stream.addEventListener('error', () => connection('lost', 'connection lost, trying again …'));
  stream.addEventListener('state', event => {
    const state = JSON.parse(event.data);
    ifChanged('users', state.users, showUsers);
    ifChanged('channels', [state.channels, state.messages], ([channels, messages]) => showMessages(channels, messages));
    ifChanged('deliveries', state.deliveries, showDeliveries);
    ifChanged('faults', state.faults, showFaults);
  });
  stream.addEventListener('requests', event => addRequests(JSON.parse(event.data)));
}

async function listOperations() {
  const operations = await (await fetch('/_control/operations')).json();
  find('#operations').append(...operations.toSorted().map(operation => make('option', { value: operation }, operation)));
}

connectForms();
drawLog();
listen();
listOperations();
