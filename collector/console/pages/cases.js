/** Cases: the queue, most urgent first. */
import { readList } from '../client.js';
import { h } from '../dom.js';
import { compareSeverityDown, readable, severitiesDown } from '../model/words.js';
import {
  caseHref,
  choice,
  deadline,
  empty,
  failureView,
  isOpen,
  link,
  searchField,
  severityBadge,
  table,
  tag,
  when,
} from '../parts.js';

/** @import { CaseSummary } from '../../src/contract/api.ts' */
/** @import { Page, PageContext } from '../parts.js' */

/** @param {CaseSummary} item @param {number} nowMs */
function row(item, nowMs) {
  const more = item.domains.length - 2;
  return {
    key: item.case_id,
    tone: isOpen(item) ? `edge-${item.severity}` : 'past',
    cells: [
      h(
        'span',
        {},
        h('a', { href: caseHref(item.case_id), 'data-link': true, class: 'strong' }, item.title),
        h(
          'span',
          { class: 'dim small block' },
          item.domains.slice(0, 2).join(', '),
          more > 0 && ` and ${more} more`,
          item.drill && ' · drill',
        ),
      ),
      severityBadge(item.severity),
      h(
        'span',
        { class: 'row tight' },
        tag(readable(item.state), item.state === 'new' || item.state === 'reopened' ? 'loud' : ''),
        item.disposition !== null && tag(readable(item.disposition)),
      ),
      item.assignee ??
        h('span', { class: 'dim' }, item.team === null ? 'nobody' : `${item.team}, nobody yet`),
      when(item.opened_at, nowMs),
      deadline(item.clock, nowMs) ?? h('span', { class: 'dim' }, '–'),
      item.paged_at === null
        ? h('span', { class: 'dim' }, readable(item.notify))
        : h('span', {}, 'Paged ', when(item.paged_at, nowMs)),
    ],
  };
}

/** @param {CaseSummary} a @param {CaseSummary} b */
function urgency(a, b) {
  const deadlineOf = (/** @type {CaseSummary} */ { clock }) =>
    clock === null || typeof clock !== 'object' ? '~' : /** @type {{ deadline: string }} */ (clock).deadline;
  return (
    Number(isOpen(b)) - Number(isOpen(a)) ||
    compareSeverityDown(a.severity, b.severity) ||
    (deadlineOf(a) < deadlineOf(b) ? -1 : Number(deadlineOf(a) > deadlineOf(b))) ||
    (a.opened_at > b.opened_at ? -1 : 1)
  );
}

/** @param {any} answer @param {PageContext} context */
function view(answer, { query, nowMs }) {
  if (!answer.ok) return [failureView(answer)];
  /** @type {CaseSummary[]} */
  const all = answer.value.items;
  const state = query.get('state') ?? 'open';
  const severity = query.get('severity') ?? '';
  const domain = query.get('domain') ?? '';
  const q = (query.get('q') ?? '').trim().toLowerCase();
  const items = all
    .filter((item) => state === 'all' || (state === 'open' ? isOpen(item) : item.state === state))
    .filter((item) => severity === '' || item.severity === severity)
    .filter((item) => domain === '' || item.domains.includes(domain))
    .filter(
      (item) =>
        q === '' ||
        `${item.title} ${item.domains.join(' ')} ${item.case_id} ${item.detections.join(' ')}`
          .toLowerCase()
          .includes(q),
    )
    .sort(urgency);
  return [
    h('h1', {}, 'Cases'),
    h(
      'div',
      { class: 'filters', role: 'search' },
      searchField('Find by title, domain, detection', query.get('q') ?? ''),
      choice(
        'state',
        'State',
        [
          ['open', 'Open'],
          ['new', 'New'],
          ['acknowledged', 'Acknowledged'],
          ['contained', 'Contained'],
          ['closed', 'Closed'],
          ['all', 'All'],
        ],
        state,
      ),
      choice(
        'severity',
        'Severity',
        [
          ['', 'All'],
          .../** @type {[string, string][]} */ (severitiesDown.map((each) => [each, readable(each)])),
        ],
        severity,
      ),
      domain !== '' &&
        h('button', { type: 'button', 'data-act': 'drop', 'data-name': 'domain' }, `Only ${domain} ✕`),
    ),
    items.length === 0
      ? all.some(isOpen)
        ? empty(
            'No case fits',
            'Change or clear the filters.',
            h('button', { type: 'button', 'data-act': 'clear' }, 'Clear filters'),
          )
        : empty(
            'No open case',
            'Nothing waits for a person. Changes that were approved do not open cases; they are on the page of their domain.',
            link('/coverage', 'See whether all sources are alive'),
          )
      : table(
          'Cases, most urgent first',
          ['Case', 'Severity', 'State', 'Who', 'Opened', 'Clock', 'Told'],
          items.slice(0, 500).map((item) => row(item, nowMs)),
        ),
    items.length > 500
      ? h('p', { class: 'dim' }, `The 500 most urgent of ${items.length}; filter to see others.`)
      : h('span'),
  ];
}

/** @type {Page} */
export const casesPage = {
  title: 'Cases',
  follows: ['case'],
  load: () => readList('/cases', {}, 2000),
  view,
};
