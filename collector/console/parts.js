/** Pieces that several pages are built from. */
import { h } from './dom.js';
import {
  ago,
  compareSeverityDown,
  percent,
  readable,
  safe,
  utc,
  valueLines,
  witnessName,
  isOutside,
} from './model/words.js';

/** @import { Child } from './dom.js' */
/** @import { CaseSummary, Status } from '../src/contract/api.ts' */

/** @typedef {{ ok: false, kind: string, detail: string }} Failure */

/**
 * What pages know besides their own data.
 * @typedef {object} PageContext
 * @property {URLSearchParams} query
 * @property {readonly string[]} params
 * @property {Status | undefined} status
 * @property {number} nowMs
 */

/**
 * A page: `load` asks the API, `view` draws what it answered. `failure` stands in for data that could not be had.
 * @typedef {object} Page
 * @property {string} title
 * @property {(context: PageContext) => Promise<unknown>} load
 * @property {(data: any, context: PageContext) => Node[]} view
 * @property {readonly string[]} follows live events that make it load again
 */

const severityMarks = { critical: '◆', high: '▲', medium: '■', low: '●', informational: '○' };

/** Severity as shape, word and colour, so that colour is never alone.
 * @param {string | null | undefined} severity */
export function severityBadge(severity) {
  if (severity === null || severity === undefined) return h('span', { class: 'dim' }, '–');
  const mark = Object.hasOwn(severityMarks, severity)
    ? severityMarks[/** @type {keyof typeof severityMarks} */ (severity)]
    : '';
  return h(
    'span',
    { class: `severity severity-${severity}` },
    h('span', { 'aria-hidden': 'true' }, mark),
    readable(severity),
  );
}

/** @param {string} text @param {string} [tone] */
export function tag(text, tone = '') {
  return h('span', { class: `tag ${tone}` }, text);
}

/** A time as distance, the exact one on hover and for machines.
 * @param {string | null | undefined} instant @param {number} nowMs */
export function when(instant, nowMs) {
  if (instant === null || instant === undefined) return h('span', { class: 'dim' }, 'never');
  return h('time', { datetime: instant, title: utc(instant) }, ago(instant, nowMs));
}

/** Link inside the console.
 * @param {string} href @param {Child} content @param {string} [className] */
export function link(href, content, className = '') {
  return h('a', { href, 'data-link': true, class: className === '' ? undefined : className }, content);
}

/** @param {string} id */
export function caseHref(id) {
  return `/cases/${encodeURIComponent(id)}`;
}

/** @param {string} tenant @param {string} domain */
export function domainHref(tenant, domain) {
  return `/domains/${encodeURIComponent(tenant)}/${encodeURIComponent(domain)}`;
}

/** A value, one line per item; unknown is said, and is not the same as empty.
 * @param {unknown} value @param {string} [tone] */
export function valueBlock(value, tone = '') {
  if (value === undefined) return h('span', { class: 'value unknown' }, 'not known');
  const lines = valueLines(value);
  if (lines.length === 0) return h('span', { class: 'value unknown' }, 'nothing');
  const shown = lines.slice(0, 6);
  return h(
    'span',
    { class: `value ${tone}` },
    shown.map((line) => h('code', {}, line)),
    lines.length > shown.length && h('span', { class: 'dim' }, `and ${lines.length - shown.length} more`),
  );
}

/** Old and new value side by side.
 * @param {unknown} before @param {unknown} after */
export function fromTo(before, after) {
  return h(
    'span',
    { class: 'fromto' },
    valueBlock(before, 'old'),
    h('span', { class: 'arrow', 'aria-hidden': 'true' }, '→'),
    h('span', { class: 'unseen' }, 'became'),
    valueBlock(after, 'new'),
  );
}

/** Who says so, with inside and outside witnesses told apart.
 * @param {readonly string[]} kinds */
export function witnessList(kinds) {
  if (kinds.length === 0) return h('span', { class: 'dim' }, 'nobody directly');
  return h(
    'ul',
    { class: 'chips' },
    kinds.map((kind) =>
      h(
        'li',
        { title: isOutside(kind) ? 'looks from outside' : 'stated by an account of ours' },
        h(
          'span',
          { class: isOutside(kind) ? 'eye' : 'voice', 'aria-hidden': 'true' },
          isOutside(kind) ? '◉' : '❝',
        ),
        witnessName(kind),
        h('span', { class: 'unseen' }, isOutside(kind) ? ' (from outside)' : ' (stated by an account)'),
      ),
    ),
  );
}

/** Score with the share of it that is known: a high score over little knowledge must not look good.
 * @param {number | null} score @param {number} coverage */
export function scoreMeter(score, coverage) {
  if (score === null) return h('span', { class: 'dim' }, 'nothing known yet');
  const rounded = Math.round(score);
  const thin = coverage < 0.5;
  return h(
    'span',
    { class: `score ${thin ? 'thin' : ''}` },
    h('b', { class: toneOfScore(score) }, rounded),
    h(
      'span',
      { class: 'meter', 'aria-hidden': 'true' },
      h('span', { class: `fill ${toneOfScore(score)}`, style: `width:${rounded}%` }),
    ),
    h('span', { class: 'dim small' }, `${percent(coverage)} known`),
  );
}

/** @param {number} score */
export function toneOfScore(score) {
  if (score >= 80) return 'good';
  return score >= 60 ? 'fair' : 'bad';
}

/** Time that is left, with what ends and where the number comes from.
 * @param {unknown} clock @param {number} nowMs @param {boolean} [long] */
export function deadline(clock, nowMs, long = false) {
  if (clock === null || typeof clock !== 'object') return null;
  const {
    deadline: at,
    what,
    basis,
  } = /** @type {{ deadline: string, what: string, basis: string }} */ (clock);
  const left = Date.parse(at) - nowMs;
  const text = left > 0 ? `${ago(at, nowMs).replace('in ', '')} left` : 'time is over';
  return h(
    'span',
    { class: left > 0 ? 'deadline' : 'deadline over', title: `${utc(at)}: ${what}. ${basis}` },
    text,
    long && h('span', { class: 'small' }, ` until ${utc(at)}: ${what}`),
    long && h('span', { class: 'small dim' }, ` (${basis})`),
  );
}

/** @param {string} title @param {Child} text @param {Child} [action] */
export function empty(title, text, action) {
  return h('div', { class: 'empty' }, h('p', { class: 'empty-title' }, title), h('p', {}, text), action);
}

/** @type {Readonly<Record<string, [string, string]>>} */
const failureWords = {
  network: [
    'The collector cannot be reached',
    'The page tries again by itself. Is `zonewarden run` still running?',
  ],
  unauthorised: [
    'A token is needed',
    'This collector listens beyond this machine. Enter the token of its configuration.',
  ],
  forbidden: ['Not allowed', 'Your role does not include this. Ask an administrator of the collector.'],
  missing: ['Not found', 'It may have been merged, have aged out, or belong to another tenant.'],
  server: ['The collector answered with an error', 'Its log says more.'],
};

/** @param {Failure} failure */
export function failureView(failure) {
  const [title, way] = failureWords[failure.kind] ?? failureWords['server'] ?? ['Error', ''];
  const form =
    failure.kind === 'unauthorised' &&
    h(
      'form',
      { 'data-form': 'token', class: 'inline' },
      h('label', { for: 'token' }, 'Token'),
      h('input', { id: 'token', name: 'token', type: 'password', autocomplete: 'off', required: true }),
      h('button', { type: 'submit', class: 'primary' }, 'Use it in this tab'),
    );
  return h(
    'div',
    { class: 'empty', role: 'alert' },
    h('h1', { class: 'empty-title' }, title),
    h('p', {}, way),
    h('p', { class: 'dim small' }, failure.detail),
    form || h('p', {}, h('button', { type: 'button', 'data-act': 'again' }, 'Try again')),
  );
}

/** @param {string} id @param {string} label @param {readonly (readonly [string, string])[]} options @param {string} value */
export function choice(id, label, options, value) {
  return h(
    'label',
    { class: 'field' },
    h('span', {}, label),
    h(
      'select',
      { name: id, id: `filter-${id}`, 'data-filter': id },
      options.map(([key, text]) => h('option', { value: key, selected: key === value }, text)),
    ),
  );
}

/** @param {string} label @param {string} value */
export function searchField(label, value) {
  return h(
    'label',
    { class: 'field grow' },
    h('span', {}, label),
    h('input', {
      type: 'search',
      name: 'q',
      id: 'filter-q',
      'data-filter': 'q',
      value,
      placeholder: 'Press / to search',
    }),
  );
}

/** Open cases by severity, as links into the queue.
 * @param {readonly CaseSummary[]} cases */
export function severityCounts(cases) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { severity } of cases) counts.set(severity, (counts.get(severity) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => compareSeverityDown(a, b));
}

/** @param {string} text */
export function plain(text) {
  return safe(text);
}

/** True while somebody still has to do something about a case.
 * @param {{ state: string }} item */
export function isOpen({ state }) {
  return state !== 'closed' && state !== 'merged';
}

/** True when the signed-in person has the role.
 * @param {Status | undefined} status @param {string} role */
export function may(status, role) {
  return status !== undefined && /** @type {readonly string[]} */ (status.user?.roles ?? []).includes(role);
}

/** Table that becomes a list of cards on narrow screens. Cells carry their column name for that.
 * @param {string} caption @param {readonly string[]} columns @param {readonly { key: string, cells: Child[], tone?: string }[]} rows */
export function table(caption, columns, rows) {
  return h(
    'div',
    { class: 'table-wrap', tabindex: 0, role: 'group', 'aria-label': caption },
    h(
      'table',
      {},
      h('caption', { class: 'unseen' }, caption),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          columns.map((column) => h('th', { scope: 'col' }, column)),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map(({ key, cells, tone }) =>
          h(
            'tr',
            { 'data-key': key, class: tone },
            cells.map((cell, i) =>
              h(
                i === 0 ? 'th' : 'td',
                { 'data-label': columns[i], scope: i === 0 ? 'row' : undefined },
                cell,
              ),
            ),
          ),
        ),
      ),
    ),
  );
}
