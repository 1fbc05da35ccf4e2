/** Fleet: health of the portfolio, worst first. */
import { read, readList } from '../client.js';
import { h } from '../dom.js';
import { count, readable } from '../model/words.js';
import {
  caseHref,
  choice,
  deadline,
  domainHref,
  empty,
  failureView,
  isOpen,
  link,
  scoreMeter,
  searchField,
  severityBadge,
  severityCounts,
  table,
  tag,
  toneOfScore,
  when,
} from '../parts.js';

/** @import { CaseSummary, CoverageView, DomainSummary } from '../../src/contract/api.ts' */
/** @import { Page, PageContext } from '../parts.js' */

const shownMax = 200;

/** @type {readonly (readonly [string, string])[]} */
const orders = [
  ['urgency', 'Most urgent'],
  ['score', 'Lowest score'],
  ['fall', 'Falling fastest'],
  ['coverage', 'Least known'],
  ['domain', 'Name'],
];
const severityOrder = ['informational', 'low', 'medium', 'high', 'critical'];

/** @type {Readonly<Record<string, (a: DomainSummary, b: DomainSummary) => number>>} */
const comparers = {
  urgency: (a, b) =>
    severityOrder.indexOf(b.worst_severity ?? '') - severityOrder.indexOf(a.worst_severity ?? '') ||
    (a.tier ?? 9) - (b.tier ?? 9) ||
    (a.score ?? 101) - (b.score ?? 101),
  score: (a, b) => (a.score ?? 101) - (b.score ?? 101),
  fall: (a, b) => (a.score_change_1d ?? 0) - (b.score_change_1d ?? 0),
  coverage: (a, b) => a.coverage - b.coverage,
  domain: () => 0,
};

/** @param {DomainSummary} item */
function change(item) {
  const value = item.score_change_1d;
  if (value === null || Math.abs(value) < 0.5)
    return h('span', { class: 'dim' }, value === null ? '–' : '±0');
  const falls = value < 0;
  return h('span', { class: falls ? 'bad' : 'good' }, `${falls ? '▼' : '▲'} ${Math.abs(Math.round(value))}`);
}

/** @param {string} title @param {Node | string} value @param {Node | string | null} about @param {string} [tone] */
function tile(title, value, about, tone = '') {
  return h(
    'div',
    { class: `tile ${tone}` },
    h('h2', {}, title),
    h('p', { class: 'big' }, value),
    h('p', { class: 'dim small' }, about),
  );
}

/** @param {DomainSummary[]} items @param {number} total @param {CaseSummary[]} cases @param {CoverageView[]} kinds */
function tiles(items, total, cases, kinds) {
  const open = cases.filter(isOpen);
  const scored = items.filter(({ score }) => score !== null);
  const worst = [...scored].sort((a, b) => (a.score ?? 0) - (b.score ?? 0))[0];
  const falling = [...items].sort((a, b) => (a.score_change_1d ?? 0) - (b.score_change_1d ?? 0))[0];
  const blind = kinds.filter(({ alive }) => !alive);
  const known =
    items.length === 0 ? 0 : items.reduce((sum, { coverage }) => sum + coverage, 0) / items.length;
  return h(
    'div',
    { class: 'tiles' },
    tile(
      'Open cases',
      link('/cases', String(open.length)),
      open.length === 0
        ? 'nothing waits for a person'
        : h(
            'span',
            { class: 'row' },
            severityCounts(open).map(([severity, number]) =>
              h('span', { class: 'row tight' }, severityBadge(severity), number),
            ),
          ),
      open.some(({ severity }) => severity === 'critical') ? 'alarm' : '',
    ),
    tile('Domains', count(total), `${Math.round(known * 100)} % of all controls known on average`),
    tile(
      'Lowest score',
      worst === undefined
        ? '–'
        : h('span', { class: toneOfScore(worst.score ?? 0) }, String(Math.round(worst.score ?? 0))),
      worst === undefined ? 'no score yet' : link(domainHref(worst.tenant, worst.domain), worst.domain),
    ),
    tile(
      'Falling fastest',
      falling === undefined || (falling.score_change_1d ?? 0) > -0.5 ? 'none' : change(falling),
      falling === undefined || (falling.score_change_1d ?? 0) > -0.5
        ? 'in the last 24 hours'
        : link(domainHref(falling.tenant, falling.domain), falling.domain),
    ),
    tile(
      'Blind sources',
      link('/coverage', String(blind.length)),
      blind.length === 0
        ? `${kinds.length} kinds of source alive`
        : blind
            .map(({ source_kind }) => readable(source_kind))
            .slice(0, 3)
            .join(', '),
      blind.length > 0 ? 'warn' : '',
    ),
  );
}

/** @param {CaseSummary[]} cases @param {number} nowMs */
function urgent(cases, nowMs) {
  const items = cases
    .filter((each) => isOpen(each) && (each.severity === 'critical' || each.severity === 'high'))
    .slice(0, 3);
  if (items.length === 0) return null;
  return h(
    'section',
    { 'aria-labelledby': 'now' },
    h('h2', { id: 'now' }, 'Needs a person now'),
    h(
      'ul',
      { class: 'urgent' },
      items.map((item) =>
        h(
          'li',
          { 'data-key': item.case_id, class: `edge-${item.severity}` },
          severityBadge(item.severity),
          h('a', { href: caseHref(item.case_id), 'data-link': true, class: 'title' }, item.title),
          h(
            'span',
            { class: 'row' },
            item.drill && tag('drill'),
            deadline(item.clock, nowMs),
            h('span', { class: 'dim small' }, when(item.opened_at, nowMs)),
          ),
        ),
      ),
    ),
  );
}

/** @param {DomainSummary} item @param {number} nowMs */
function row(item, nowMs) {
  return {
    key: `${item.tenant}/${item.domain}`,
    tone: item.worst_severity === null ? '' : `edge-${item.worst_severity}`,
    cells: [
      h(
        'span',
        {},
        link(domainHref(item.tenant, item.domain), item.domain, 'strong'),
        h('span', { class: 'dim small block' }, item.tier === null ? 'tier unknown' : `tier ${item.tier}`),
      ),
      scoreMeter(item.score, item.coverage),
      change(item),
      item.open_cases === 0
        ? h('span', { class: 'dim' }, 'none')
        : h(
            'a',
            {
              href: `/cases?domain=${encodeURIComponent(item.domain)}`,
              'data-link': true,
              class: 'row tight',
            },
            severityBadge(item.worst_severity),
            item.open_cases > 1 ? `× ${item.open_cases}` : null,
          ),
      item.team ?? item.owner ?? h('span', { class: 'dim' }, 'nobody named'),
      h(
        'span',
        {},
        item.registrar_account ?? h('span', { class: 'dim' }, 'registrar unknown'),
        h('span', { class: 'dim small block' }, item.dns_provider ?? ''),
      ),
      when(item.last_change_at, nowMs),
      h('span', { class: 'small' }, item.next_best_action ?? h('span', { class: 'dim' }, 'nothing open')),
    ],
  };
}

/** @param {DomainSummary[]} items @param {(item: DomainSummary) => string | null} pick */
function distinct(items, pick) {
  return [...new Set(items.map(pick).filter((value) => value !== null))].sort();
}

/** @param {any} data @param {PageContext} context */
function view(data, context) {
  const { domains, cases, coverage } = data;
  if (!domains.ok) return [failureView(domains)];
  /** @type {DomainSummary[]} */
  const all = domains.value.items;
  const { query, nowMs } = context;
  const q = (query.get('q') ?? '').trim().toLowerCase();
  const sort = query.get('sort') ?? 'urgency';
  const tier = query.get('tier') ?? '';
  const team = query.get('team') ?? '';
  const items = all
    .filter((item) => q === '' || item.domain.includes(q) || (item.owner ?? '').toLowerCase().includes(q))
    .filter((item) => tier === '' || String(item.tier) === tier)
    .filter((item) => team === '' || item.team === team)
    .sort((a, b) => (comparers[sort] ?? comparers['domain'])?.(a, b) || (a.domain < b.domain ? -1 : 1));
  const shown = items.slice(0, Number(query.get('show') ?? shownMax));
  return [
    h('h1', { class: 'unseen' }, 'Fleet'),
    tiles(
      all,
      domains.value.total,
      cases.ok ? cases.value.items : [],
      coverage.ok ? coverage.value.kinds : [],
    ),
    .../** @type {Node[]} */ (
      [urgent(cases.ok ? cases.value.items : [], nowMs)].filter((part) => part !== null)
    ),
    h(
      'section',
      { 'aria-labelledby': 'all' },
      h('h2', { id: 'all' }, 'Domains'),
      h(
        'div',
        { class: 'filters', role: 'search' },
        searchField('Find a domain or owner', query.get('q') ?? ''),
        choice(
          'tier',
          'Tier',
          [
            ['', 'All tiers'],
            .../** @type {[string, string][]} */ (
              distinct(all, (item) => (item.tier === null ? null : String(item.tier))).map((value) => [
                value,
                `Tier ${value}`,
              ])
            ),
          ],
          tier,
        ),
        choice(
          'team',
          'Team',
          [
            ['', 'All teams'],
            .../** @type {[string, string][]} */ (
              distinct(all, (item) => item.team).map((value) => [value, value])
            ),
          ],
          team,
        ),
        choice('sort', 'Order', orders, sort),
      ),
      items.length === 0
        ? all.length === 0
          ? empty(
              'No domain is known yet',
              'Domains appear with the inventory, or with the first event about one of them.',
            )
          : empty(
              'No domain fits',
              'Change or clear the filters.',
              h('button', { type: 'button', 'data-act': 'clear' }, 'Clear filters'),
            )
        : table(
            'Domains',
            [
              'Domain',
              'Control score',
              '24 h',
              'Open cases',
              'Team',
              'Registrar and DNS',
              'Last change',
              'Next best action',
            ],
            shown.map((item) => row(item, nowMs)),
          ),
      shown.length < items.length &&
        h(
          'p',
          { class: 'row' },
          h(
            'button',
            { type: 'button', 'data-act': 'more', 'data-show': shown.length + shownMax },
            `Show ${Math.min(shownMax, items.length - shown.length)} more`,
          ),
          h('span', { class: 'dim' }, `${count(shown.length)} of ${count(items.length)} shown`),
        ),
    ),
  ];
}

/** @type {Page} */
export const fleetPage = {
  title: 'Fleet',
  follows: ['case', 'score'],
  load: async () => {
    const [domains, cases, coverage] = await Promise.all([
      readList('/domains', {}, 20_000),
      readList('/cases', {}, 1000),
      read('/coverage'),
    ]);
    return { domains, cases, coverage };
  },
  view,
};
