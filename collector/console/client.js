/** The collector's API as seen from a browser: answers as values, one live stream, the token of this tab. */

/**
 * @template T
 * @typedef {{ ok: true, value: T } | { ok: false, kind: 'network' | 'unauthorised' | 'forbidden' | 'missing' | 'server', detail: string }} Answer
 */

/** @typedef {{ event: string, data: unknown }} LiveEvent */

const root = '/api/v1';
const tokenName = 'zonewarden-token';
const waitMs = 15_000;

/** @returns {string | null} */
function token() {
  try {
    return sessionStorage.getItem(tokenName);
  } catch {
    return null;
  }
}

/** Keeps a token for this tab; it is gone when the tab closes.
 * @param {string} value */
export function rememberToken(value) {
  sessionStorage.setItem(tokenName, value);
}

/** @returns {Record<string, string>} */
function authorisation() {
  const value = token();
  return value === null || value === '' ? {} : { authorization: `Bearer ${value}` };
}

/** @param {Response} response */
async function problemOf(response) {
  try {
    const problem = await response.json();
    const text = problem.detail ?? problem.title;
    return typeof text === 'string' ? text : `answer ${response.status}`;
  } catch {
    return `answer ${response.status}`;
  }
}

/** @param {number} status @returns {'unauthorised' | 'forbidden' | 'missing' | 'server'} */
function kindOf(status) {
  if (status === 401) return 'unauthorised';
  if (status === 403) return 'forbidden';
  return status === 404 ? 'missing' : 'server';
}

/**
 * @template T
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<Answer<T>>}
 */
async function request(path, init) {
  try {
    const response = await fetch(root + path, { ...init, signal: AbortSignal.timeout(waitMs) });
    if (!response.ok) return { ok: false, kind: kindOf(response.status), detail: await problemOf(response) };
    return { ok: true, value: await response.json() };
  } catch (error) {
    const detail =
      error instanceof Error && error.name === 'TimeoutError' ? 'no answer in time' : 'not reachable';
    return { ok: false, kind: 'network', detail: `The collector is ${detail}.` };
  }
}

/**
 * Reads one document.
 * @template T
 * @param {string} path below /api/v1, segments encoded
 * @param {Record<string, string | undefined>} [query] absent and empty values are left out
 * @returns {Promise<Answer<T>>}
 */
export function read(path, query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(/** @type {[string, string][]} */ (pairs)).toString();
  return request(text === '' ? path : `${path}?${text}`, { headers: authorisation() });
}

/**
 * Reads a list to its end, at most `max` items, page by page.
 * @template T
 * @param {string} path
 * @param {Record<string, string | undefined>} query
 * @param {number} max
 * @returns {Promise<Answer<{ items: T[], total: number }>>}
 */
export async function readList(path, query, max) {
  /** @type {T[]} */
  const items = [];
  let total = 0;
  /** @type {string | undefined} */
  let cursor;
  do {
    /** @type {Answer<{ items: T[], next_cursor?: string | null, total?: number }>} */
    const page = await read(path, { ...query, limit: String(Math.min(500, max - items.length)), cursor });
    if (!page.ok) return page;
    items.push(...page.value.items);
    total = page.value.total ?? items.length;
    cursor = page.value.next_cursor ?? undefined;
  } while (cursor !== undefined && items.length < max);
  return { ok: true, value: { items, total } };
}

/**
 * Changes something.
 * @param {'POST' | 'DELETE'} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<Answer<unknown>>}
 */
export function change(method, path, body = {}) {
  return request(path, {
    method,
    headers: { ...authorisation(), 'content-type': 'application/json' },
    body: method === 'DELETE' ? undefined : JSON.stringify(body),
  });
}

/** @param {string} block @returns {LiveEvent | undefined} */
function eventOf(block) {
  let event = 'message';
  let data = '';
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) event = line.slice(6).trim();
    else if (line.startsWith('data:')) data += line.slice(5).trimStart();
  }
  if (data === '') return undefined;
  try {
    return { event, data: JSON.parse(data) };
  } catch {
    return undefined;
  }
}

/** @param {ReadableStream<Uint8Array>} body @param {(event: LiveEvent) => void} take */
async function readEvents(body, take) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += decoder.decode(value, { stream: true }).replaceAll('\r\n', '\n');
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = eventOf(block);
      if (event !== undefined) take(event);
    }
  }
}

/**
 * Follows the stream for as long as the page lives, with growing pauses while it cannot be had. Fetch instead of
 * EventSource, which cannot send a token.
 * @param {(event: LiveEvent) => void} take
 * @param {(alive: boolean) => void} told when the connection comes or goes
 */
export async function follow(take, told) {
  let pauseMs = 1000;
  for (;;) {
    try {
      const response = await fetch(`${root}/stream`, { headers: authorisation() });
      if (response.ok && response.body !== null) {
        told(true);
        pauseMs = 1000;
        await readEvents(response.body, take);
      }
    } catch {
      // A lost connection looks like any other end of the stream.
    }
    told(false);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    pauseMs = Math.min(30_000, pauseMs * 2);
  }
}
