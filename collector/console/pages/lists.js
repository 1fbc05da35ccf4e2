/** Coverage, rules, suppressions and audit: tables with their reasons. */
import { read, readList } from '../client.js';
import { h } from '../dom.js';
import { count, duration, percent, planeName, readable, utc, witnessName } from '../model/words.js';
import { choice, empty, failureView, may, searchField, table, tag, when } from '../parts.js';

/** @import { AuditEntry, CoverageView, RuleView, SourceView, SuppressionView } from '../../src/contract/api.ts' */
/** @import { Page, PageContext } from '../parts.js' */

/** @param {CoverageView} kind @param {number} nowMs */
function kindRow(kind, nowMs) {
  return {
    key: kind.source_kind,
    cells: [
      witnessName(kind.source_kind),
      tag(kind.alive ? 'alive' : 'silent', kind.alive ? 'good' : 'bad'),
      when(kind.last_seen, nowMs),
      kind.silent_since === null ? h('span', { class: 'dim' }, '–') : when(kind.silent_since, nowMs),
      `every ${duration(kind.interval_ms)}`,
      kind.blind_minutes_24h > 0
        ? h('b', { class: 'bad' }, `${Math.round(kind.blind_minutes_24h)} min`)
        : 'none',
    ],
  };
}

/** @param {SourceView} source @param {number} nowMs */
function sourceRow(source, nowMs) {
  return {
    key: source.id,
    cells: [
      h(
        'span',
        {},
        h('b', {}, source.id),
        h('span', { class: 'dim small block' }, `${source.feed} · ${source.tenant}`),
      ),
      tag(source.alive ? 'alive' : 'silent', source.alive ? 'good' : 'bad'),
      when(source.last_sign_at, nowMs),
      count(source.records),
      source.rejected > 0 ? h('b', { class: 'bad' }, count(source.rejected)) : '0',
      count(source.duplicates),
      source.gaps > 0 ? `${source.gaps} (${Math.round(source.gap_minutes)} min)` : '0',
    ],
  };
}

/** @type {Page} */
export const coveragePage = {
  title: 'Coverage',
  follows: ['status'],
  load: () => read('/coverage'),
  view: (answer, { nowMs }) => {
    if (!answer.ok) return [failureView(answer)];
    /** @type {{ kinds: CoverageView[], sources: SourceView[] }} */
    const { kinds, sources } = answer.value;
    return [
      h('h1', {}, 'Coverage'),
      h(
        'p',
        { class: 'lead' },
        'What Zonewarden can see now. A silent source lowers coverage; it never quietly changes a score or an alert.',
      ),
      h(
        'section',
        { 'aria-labelledby': 'kinds' },
        h('h2', { id: 'kinds' }, 'Kinds of witness'),
        kinds.length === 0
          ? empty('No source yet', 'Connect one in the configuration.')
          : table(
              'Kinds of witness',
              ['Kind', 'State', 'Last sign', 'Silent since', 'Expected', 'Blind in 24 h'],
              kinds.map((kind) => kindRow(kind, nowMs)),
            ),
      ),
      h(
        'section',
        { 'aria-labelledby': 'sources' },
        h('h2', { id: 'sources' }, 'Sources'),
        sources.length === 0
          ? h('p', { class: 'dim' }, 'None is configured.')
          : table(
              'Sources',
              ['Source', 'State', 'Last sign', 'Records', 'Rejected', 'Duplicates', 'Gaps'],
              sources.map((source) => sourceRow(source, nowMs)),
            ),
      ),
    ];
  },
};

/** @param {RuleView} rule */
function ruleRow(rule) {
  const precision = rule.precision;
  return {
    key: rule.rule_id,
    cells: [
      h(
        'span',
        {},
        h('b', {}, `${rule.detection} ${rule.title}`),
        h(
          'details',
          {},
          h('summary', { class: 'small' }, 'About'),
          h('p', {}, rule.description),
          h(
            'p',
            { class: 'dim small' },
            `${rule.file}; needs ${rule.requires_sources.map(witnessName).join(', ') || 'no particular source'}`,
          ),
        ),
      ),
      planeName(rule.plane),
      tag(rule.health, rule.health === 'ok' ? 'good' : rule.health === 'blind' ? 'bad' : 'warn'),
      tag(rule.proof, rule.proof === 'proven' ? 'good' : 'warn'),
      precision === null || precision.value === null
        ? h('span', { class: 'dim' }, 'too few verdicts')
        : `${percent(precision.value)} of ${precision.samples}`,
      `${rule.findings_30d}${rule.suppressed_30d > 0 ? `, ${rule.suppressed_30d} suppressed` : ''}`,
      h(
        'span',
        { class: 'small' },
        rule.tags
          .filter((each) => /^attack\.t\d/.test(each))
          .map((each) => each.slice(7).toUpperCase())
          .join(', '),
      ),
    ],
  };
}

/** @type {Page} */
export const rulesPage = {
  title: 'Rules',
  follows: [],
  load: () => readList('/rules', {}, 2000),
  view: (answer, { query }) => {
    if (!answer.ok) return [failureView(answer)];
    /** @type {RuleView[]} */
    const all = answer.value.items;
    const q = (query.get('q') ?? '').toLowerCase();
    const health = query.get('health') ?? '';
    const items = all
      .filter((rule) => health === '' || rule.health === health)
      .filter(
        (rule) =>
          q === '' || `${rule.detection} ${rule.title} ${rule.tags.join(' ')}`.toLowerCase().includes(q),
      )
      .sort((a, b) => (a.detection < b.detection ? -1 : 1));
    return [
      h('h1', {}, 'Rules'),
      h(
        'p',
        { class: 'lead' },
        `${all.length} rules: ${all.filter((rule) => rule.health === 'ok').length} see everything they need, ${all.filter((rule) => rule.health === 'degraded').length} see less, ${all.filter((rule) => rule.health === 'blind').length} are blind.`,
      ),
      h(
        'div',
        { class: 'filters', role: 'search' },
        searchField('Find by id, title, ATT&CK technique', query.get('q') ?? ''),
        choice(
          'health',
          'Health',
          [
            ['', 'All'],
            ['ok', 'Ok'],
            ['degraded', 'Degraded'],
            ['blind', 'Blind'],
          ],
          health,
        ),
      ),
      items.length === 0
        ? empty('No rule fits', 'Change or clear the filters.')
        : table(
            'Rules',
            ['Rule', 'Plane', 'Health', 'Proof', 'Precision', 'Findings in 30 d', 'ATT&CK'],
            items.map(ruleRow),
          ),
    ];
  },
};

/** @param {SuppressionView} item @param {PageContext} context */
function suppressionRow(item, { nowMs, status }) {
  const scope = /** @type {{ kind?: string, value?: string }} */ (item.scope ?? {});
  const path = `/suppressions/${encodeURIComponent(item.id)}`;
  return {
    key: item.id,
    cells: [
      h(
        'span',
        {},
        h('b', {}, `${readable(scope.kind ?? 'scope')}: ${scope.value ?? JSON.stringify(item.scope)}`),
        h('span', { class: 'dim small block' }, item.reason),
      ),
      tag(readable(item.state)),
      h(
        'span',
        {},
        item.owner,
        h(
          'span',
          { class: 'dim small block' },
          item.approver === null ? 'not approved' : `approved by ${item.approver}`,
        ),
      ),
      item.ticket ?? h('span', { class: 'dim' }, 'none'),
      item.expires_at === null ? 'permanent' : when(item.expires_at, nowMs),
      count(item.hits),
      item.would_have_paged > 0 ? h('b', { class: 'bad' }, count(item.would_have_paged)) : '0',
      h(
        'span',
        { class: 'row tight' },
        item.state === 'pending' &&
          may(status, 'approver') &&
          h('button', { type: 'button', 'data-act': 'send', 'data-path': `${path}/approve` }, 'Approve'),
        item.state !== 'ended' &&
          item.state !== 'expired' &&
          may(status, 'responder') &&
          h(
            'button',
            { type: 'button', 'data-act': 'send', 'data-method': 'DELETE', 'data-path': path },
            'End',
          ),
      ),
    ],
  };
}

/** @type {Page} */
export const suppressionsPage = {
  title: 'Suppressions',
  follows: ['finding'],
  load: () => readList('/suppressions', {}, 2000),
  view: (answer, context) => {
    if (!answer.ok) return [failureView(answer)];
    /** @type {SuppressionView[]} */
    const items = answer.value.items;
    return [
      h('h1', {}, 'Suppressions'),
      h(
        'p',
        { class: 'lead' },
        'What is hidden, until when, and what it would have woken somebody for. Hidden findings stay in the record.',
      ),
      items.length === 0
        ? empty('Nothing is hidden', 'Every finding speaks.')
        : table(
            'Suppressions',
            ['Scope and reason', 'State', 'Owner', 'Ticket', 'Ends', 'Hits', 'Would have paged', ''],
            items.map((item) => suppressionRow(item, context)),
          ),
    ];
  },
};

/** @param {AuditEntry} entry */
function auditRow(entry) {
  return {
    key: String(entry.index),
    cells: [
      String(entry.index),
      h('time', { datetime: entry.at }, utc(entry.at)),
      entry.by,
      readable(entry.action),
      h('code', {}, entry.object),
      h('code', { class: 'small' }, entry.hash.slice(0, 16)),
    ],
  };
}

/** @type {Page} */
export const auditPage = {
  title: 'Audit',
  follows: [],
  load: () => read('/audit', { limit: '200' }),
  view: (answer) => {
    if (!answer.ok) return [failureView(answer)];
    /** @type {AuditEntry[]} */
    const items = answer.value.items;
    return [
      h('h1', {}, 'Audit'),
      h(
        'p',
        { class: 'lead' },
        'Every line carries the hash of the one before; a changed or missing line breaks the chain.',
      ),
      items.length === 0
        ? empty('No entry yet', 'Views of evidence and all changes leave a line here.')
        : table('Audit log', ['Line', 'When', 'Who', 'Did', 'To', 'Hash'], items.map(auditRow)),
    ];
  },
};
