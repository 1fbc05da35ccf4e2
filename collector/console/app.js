/** The console: address to page, live updates, and what buttons do. */
import { change, follow, read, rememberToken } from './client.js';
import { h, morphChildren } from './dom.js';
import { duration } from './model/words.js';
import { casePage } from './pages/case.js';
import { casesPage } from './pages/cases.js';
import { domainPage } from './pages/domain.js';
import { fillEvidence } from './pages/evidence.js';
import { fleetPage } from './pages/fleet.js';
import { auditPage, coveragePage, rulesPage, suppressionsPage } from './pages/lists.js';
import { empty, failureView } from './parts.js';

/** @import { Page, PageContext } from './parts.js' */
/** @import { Status } from '../src/contract/api.ts' */

/** @type {readonly { pattern: RegExp, page: Page }[]} */
const routes = [
  { pattern: /^\/(?:fleet)?$/, page: fleetPage },
  { pattern: /^\/cases$/, page: casesPage },
  { pattern: /^\/cases\/([^/]+)$/, page: casePage },
  { pattern: /^\/domains\/([^/]+)\/([^/]+)$/, page: domainPage },
  { pattern: /^\/coverage$/, page: coveragePage },
  { pattern: /^\/rules$/, page: rulesPage },
  { pattern: /^\/suppressions$/, page: suppressionsPage },
  { pattern: /^\/audit$/, page: auditPage },
];

/** @type {readonly (readonly [string, string])[]} */
const navigation = [
  ['/', 'Fleet'],
  ['/cases', 'Cases'],
  ['/coverage', 'Coverage'],
  ['/rules', 'Rules'],
  ['/suppressions', 'Suppressions'],
  ['/audit', 'Audit'],
];

const reloadPauseMs = 400;
const pollMs = 5000;
const staleMs = 30_000;

/** @param {string} id */
function part(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** Address below `/classic`, where this console lives until its successor has every page. */
function pathname() {
  return location.pathname.replace(/^\/classic(?=\/|$)/, '') || '/';
}

const main = part('main');

/** What the page stands on. One object, so that it is plain what changes. */
const shown = {
  /** @type {Page | undefined} */ page: undefined,
  /** @type {string[]} */ params: [],
  /** @type {unknown} */ data: undefined,
  /** @type {Status | undefined} */ status: undefined,
  /** Time of the last answer, local clock. */ answeredMs: 0,
  /** Local clock minus the collector's. */ skewMs: 0,
  streaming: false,
  /** Counts loads, so that an answer that comes too late is dropped. */ turn: 0,
};

/** @returns {PageContext} */
function context() {
  return {
    query: new URLSearchParams(location.search),
    params: shown.params,
    status: shown.status,
    nowMs: Date.now() - shown.skewMs,
  };
}

function draw() {
  const { page, data } = shown;
  if (page === undefined || data === undefined) return;
  morphChildren(main, page.view(data, context()));
  main.removeAttribute('aria-busy');
  const heading = main.querySelector('h1')?.textContent ?? page.title;
  document.title = `${heading} · Zonewarden`;
}

async function load() {
  const { page } = shown;
  if (page === undefined) return;
  const turn = ++shown.turn;
  const data = await page.load(context());
  if (turn !== shown.turn) return;
  const failed = typeof data === 'object' && data !== null && 'ok' in data && data.ok === false;
  const lost = failed && 'kind' in data && data.kind === 'network';
  // What is on the screen stays there, marked as old, while the collector is away.
  if (!(lost && shown.data !== undefined)) shown.data = data;
  if (!lost) shown.answeredMs = Date.now();
  draw();
}

function skeleton() {
  main.setAttribute('aria-busy', 'true');
  morphChildren(main, [
    h('p', { class: 'unseen', role: 'status' }, 'Loading'),
    h('div', { class: 'skeleton' }),
    h('div', { class: 'skeleton tall' }),
  ]);
}

/** Draws the page of the address. @param {boolean} fresh false: the same page with another query */
function open(fresh) {
  const match = routes
    .map(({ pattern, page }) => ({ page, found: pattern.exec(pathname()) }))
    .find(({ found }) => found !== null);
  morphChildren(
    part('nav'),
    navigation.map(([href, text]) => {
      const own =
        href === '/'
          ? ['/', '/fleet'].includes(pathname()) || pathname().startsWith('/domains/')
          : pathname().startsWith(href);
      return h('a', { href, 'data-link': true, 'aria-current': own ? 'page' : undefined }, text);
    }),
  );
  if (match?.found === null || match === undefined) {
    shown.page = undefined;
    morphChildren(main, [empty('There is no such page', 'Choose one above.')]);
    return;
  }
  shown.params = match.found.slice(1).map(decodeSegment);
  shown.page = match.page;
  if (fresh) {
    shown.data = undefined;
    skeleton();
    void load();
  } else draw();
}

/** @param {string} segment */
function decodeSegment(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** @param {string} href */
function go(href) {
  history.pushState(null, '', href.startsWith('/classic/') ? href : `/classic${href}`);
  open(true);
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
}

/** Writes filters into the address; empty values leave it. @param {Record<string, string>} values */
function setQuery(values) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  history.replaceState(null, '', text === '' ? location.pathname : `?${text}`);
  open(false);
}

/** @param {string} text @param {string} [tone] */
function notice(text, tone = '') {
  morphChildren(
    part('notice'),
    text === ''
      ? []
      : [
          h(
            'p',
            { class: `notice ${tone}`, role: tone === 'bad' ? 'alert' : 'status' },
            text,
            h(
              'button',
              { type: 'button', class: 'quiet', 'data-act': 'dismiss', 'aria-label': 'Dismiss' },
              '✕',
            ),
          ),
        ],
  );
}

/** @param {'POST' | 'DELETE'} method @param {string} path @param {Record<string, unknown>} body */
async function act(method, path, body) {
  const answer = await change(method, path, body);
  if (answer.ok) notice('Written to the log. It appears here as soon as it is applied.', 'good');
  else notice(`Not done: ${answer.detail}`, 'bad');
  await load();
}

/** @param {string} id */
async function download(id) {
  notice('Collecting evidence');
  const answer = await read(`/cases/${encodeURIComponent(id)}/export`);
  if (!answer.ok) {
    notice(`No export: ${answer.detail}`, 'bad');
    return;
  }
  notice('');
  const url = URL.createObjectURL(
    new Blob([JSON.stringify(answer.value, null, 2)], { type: 'application/json' }),
  );
  const anchor = /** @type {HTMLAnchorElement} */ (h('a', { href: url, download: `${id}.json` }));
  anchor.click();
  URL.revokeObjectURL(url);
}

/** @type {Readonly<Record<string, (button: HTMLElement) => void>>} */
const acts = {
  again: () => void load(),
  dismiss: () => notice(''),
  clear: () => {
    history.replaceState(null, '', location.pathname);
    open(false);
  },
  drop: (button) => setQuery({ [button.dataset['name'] ?? '']: '' }),
  set: (button) => setQuery({ [button.dataset['name'] ?? '']: button.dataset['value'] ?? '' }),
  more: (button) => setQuery({ show: button.dataset['show'] ?? '' }),
  send: (button) =>
    void act(button.dataset['method'] === 'DELETE' ? 'DELETE' : 'POST', button.dataset['path'] ?? '', {}),
  export: (button) => void download(button.dataset['id'] ?? ''),
};

document.addEventListener('click', (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const anchor = target?.closest('a[data-link]');
  const plainClick =
    event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (anchor instanceof HTMLAnchorElement && plainClick) {
    event.preventDefault();
    go(anchor.getAttribute('href') ?? '/');
    return;
  }
  const button = target?.closest('[data-act]');
  if (button instanceof HTMLElement) acts[button.dataset['act'] ?? '']?.(button);
});

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.dataset['form'] === undefined) return;
  event.preventDefault();
  const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
  if (form.dataset['form'] === 'token') {
    rememberToken(values['token'] ?? '');
    void refreshStatus().then(load);
    return;
  }
  form.reset();
  void act('POST', form.dataset['path'] ?? '', values);
});

for (const type of ['input', 'change'])
  document.addEventListener(type, (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) return;
    const name = field.dataset['filter'];
    if (name !== undefined) setQuery({ [name]: field.value, show: '' });
  });

// A details element does not bubble its toggle; capture sees it.
document.addEventListener(
  'toggle',
  (event) => {
    const details = event.target;
    if (details instanceof HTMLDetailsElement && details.open) void fillEvidence(details);
  },
  true,
);

document.addEventListener('keydown', (event) => {
  const typing =
    event.target instanceof HTMLElement && event.target.closest('input, select, textarea') !== null;
  if (event.key !== '/' || typing || event.metaKey || event.ctrlKey) return;
  const field = document.getElementById('filter-q');
  if (field === null) return;
  event.preventDefault();
  field.focus();
});

addEventListener('popstate', () => open(true));

function drawLive() {
  const silentMs = Date.now() - shown.answeredMs;
  const stale = shown.answeredMs > 0 && silentMs > staleMs;
  const live = part('live');
  const demo = shown.status?.demo === true ? 'Demo · ' : '';
  const text = stale
    ? `${demo}Old: no answer for ${duration(silentMs)}`
    : shown.streaming
      ? `${demo}Live`
      : shown.answeredMs === 0
        ? 'Connecting'
        : `${demo}Polling`;
  live.className = `live ${stale ? 'stale' : shown.streaming ? 'on' : ''}`;
  if (live.textContent !== text) live.textContent = text;
}

async function refreshStatus() {
  /** @type {import('./client.js').Answer<Status>} */
  const answer = await read('/status');
  if (!answer.ok) return;
  shown.status = answer.value;
  shown.answeredMs = Date.now();
  const theirs = Date.parse(answer.value.now ?? '');
  if (Number.isFinite(theirs)) shown.skewMs = Date.now() - theirs;
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let planned;
function loadSoon() {
  planned ??= setTimeout(() => {
    planned = undefined;
    void load();
  }, reloadPauseMs);
}

/** Severity already announced of each case, so that revisions do not repeat it. @type {Map<string, string>} */
const announced = new Map();

/** @param {import('./client.js').LiveEvent} live */
function take({ event, data }) {
  shown.answeredMs = Date.now();
  if (event === 'case' && typeof data === 'object' && data !== null) {
    const { case_id: id, severity, title } = /** @type {Record<string, string>} */ (data);
    if (id !== undefined && severity !== undefined && announced.get(id) !== severity) {
      announced.set(id, severity);
      part('announce').textContent = `${severity} case: ${title ?? id}`;
    }
  }
  if (shown.page?.follows.includes(event) === true) loadSoon();
}

function startTheme() {
  const button = part('theme');
  const dark = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
  const show = (/** @type {string} */ theme) => {
    button.textContent = theme === 'dark' ? 'Light' : 'Dark';
    button.setAttribute('aria-label', `Switch to ${theme === 'dark' ? 'light' : 'dark'} colours`);
  };
  button.removeAttribute('aria-pressed');
  show(document.documentElement.dataset['theme'] ?? dark);
  button.addEventListener('click', () => {
    const theme = (document.documentElement.dataset['theme'] ?? dark) === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset['theme'] = theme;
    show(theme);
    try {
      localStorage.setItem('zonewarden-theme', theme);
    } catch {
      // The choice then lasts until the page is left.
    }
  });
}

startTheme();
open(true);
void refreshStatus().then(draw);
void follow(take, (alive) => {
  shown.streaming = alive;
  drawLive();
  if (alive) void refreshStatus().then(load);
});
setInterval(() => {
  drawLive();
  if (document.visibilityState === 'visible') draw();
}, 10_000);
setInterval(drawLive, 1000);
setInterval(() => {
  if (!shown.streaming && document.visibilityState === 'visible') void refreshStatus().then(load);
}, pollMs);

// Kept for pages that fail before their first answer.
addEventListener('unhandledrejection', (event) => {
  if (shown.data === undefined)
    morphChildren(main, [failureView({ ok: false, kind: 'server', detail: String(event.reason) })]);
});
