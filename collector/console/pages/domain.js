/** Domain: score with its reasons, what every control is, was approved as and is seen as, and what changed. */
import { read, readList } from '../client.js';
import { h } from '../dom.js';
import { approvalSentence, percent, readable, safe, utc, witnessName } from '../model/words.js';
import {
  caseHref,
  empty,
  failureView,
  fromTo,
  isOpen,
  severityBadge,
  table,
  tag,
  toneOfScore,
  valueBlock,
  when,
  witnessList,
} from '../parts.js';

/** @import { CaseSummary, DomainDetail } from '../../src/contract/api.ts' */
/** @import { ControlScore, ScoreComponent } from '../../src/contract/score.ts' */
/** @import { Page, PageContext } from '../parts.js' */

/** @param {ControlScore} score */
function dial(score) {
  const value = score.score ?? 0;
  const length = 2 * Math.PI * 52;
  const arc = 0.75 * length;
  return h(
    'svg',
    {
      viewBox: '0 0 120 108',
      class: 'dial',
      role: 'img',
      'aria-label':
        score.score === null
          ? 'no score yet'
          : `control score ${Math.round(value)} of 100, ${percent(score.coverage)} of it known`,
    },
    h('circle', {
      cx: 60,
      cy: 60,
      r: 52,
      class: 'rim',
      'stroke-dasharray': `${arc} ${length}`,
      transform: 'rotate(135 60 60)',
    }),
    h('circle', {
      cx: 60,
      cy: 60,
      r: 52,
      class: `arc ${toneOfScore(value)}`,
      'stroke-dasharray': `${(arc * value) / 100} ${length}`,
      transform: 'rotate(135 60 60)',
    }),
    h('text', { x: 60, y: 66, class: 'dial-number' }, score.score === null ? '?' : String(Math.round(value))),
    h('text', { x: 60, y: 84, class: 'dial-text' }, `${percent(score.coverage)} known`),
  );
}

/** @param {ScoreComponent} component @param {number} nowMs */
function component(component, nowMs) {
  const { value } = component;
  const known = component.known && value !== null;
  return h(
    'li',
    { 'data-key': component.name, class: known ? '' : 'unknown' },
    h(
      'span',
      { class: 'component-name' },
      readable(component.name),
      h('span', { class: 'dim small' }, ` weight ${component.weight}`),
    ),
    h(
      'span',
      {
        class: 'meter',
        role: 'img',
        'aria-label': known ? percent(value) : component.applicable ? 'unknown' : 'does not apply',
      },
      known &&
        h('span', { class: `fill ${toneOfScore(value * 100)}`, style: `width:${Math.round(value * 100)}%` }),
    ),
    h('b', { class: 'small' }, known ? percent(value) : component.applicable ? 'unknown' : 'n/a'),
    h(
      'span',
      { class: 'small reason' },
      component.reason,
      component.source !== null && h('span', { class: 'dim' }, ` · ${component.source}`),
      component.as_of !== null && h('span', { class: 'dim' }, ' · ', when(component.as_of, nowMs)),
      component.next_action !== null && h('span', { class: 'block todo' }, `→ ${component.next_action}`),
    ),
  );
}

/** @param {ControlScore | null} score @param {number} nowMs */
function scoreSection(score, nowMs) {
  if (score === null)
    return empty(
      'No score yet',
      'Nothing is known about the controls of this domain. Connect RDAP or a delegation probe first.',
    );
  const order = [...score.components].sort(
    (a, b) => Number(b.known) - Number(a.known) || (a.value ?? 0) - (b.value ?? 0) || b.weight - a.weight,
  );
  return h(
    'section',
    { 'aria-labelledby': 'score' },
    h('h2', { id: 'score' }, 'Control score'),
    h(
      'div',
      { class: 'score-panel' },
      h(
        'div',
        { class: 'dial-wrap' },
        dial(score),
        score.next_best_action !== null &&
          h(
            'p',
            {},
            h('span', { class: 'dim small block' }, 'Next best action'),
            h('b', {}, score.next_best_action),
          ),
      ),
      h(
        'ul',
        { class: 'components' },
        order.map((each) => component(each, nowMs)),
      ),
    ),
  );
}

/** @type {Readonly<Record<string, [string, string]>>} */
const verdicts = {
  as_approved: ['As approved', 'good'],
  differs: ['Differs from what was approved', 'bad'],
  contradicted: ['Witnesses contradict each other', 'bad'],
  not_approved_yet: ['Nobody approved a value yet', 'warn'],
  unknown: ['Unknown', ''],
};

/** @param {{ value: unknown, since: string | null, last: string, source_kind: string } | null} side @param {number} nowMs */
function witness(side, nowMs) {
  if (side === null) return h('span', { class: 'dim' }, 'no witness');
  return h(
    'span',
    {},
    valueBlock(side.value),
    h('span', { class: 'dim small block' }, `${witnessName(side.source_kind)}, `, when(side.last, nowMs)),
  );
}

/** @param {DomainDetail} detail @param {number} nowMs */
function controls(detail, nowMs) {
  return h(
    'section',
    { 'aria-labelledby': 'controls' },
    h('h2', { id: 'controls' }, 'Controls: approved, said, seen'),
    detail.controls.length === 0
      ? h('p', { class: 'dim' }, 'No control of this domain was reported yet.')
      : table(
          'Controls',
          ['Control', 'Approved', 'Said by our accounts', 'Seen from outside', 'Verdict'],
          detail.controls.map((control) => {
            const [words, tone] = verdicts[control.verdict] ?? [control.verdict, ''];
            return {
              key: control.control,
              cells: [
                h('b', {}, readable(control.control)),
                control.approved === null || control.approved === undefined
                  ? h('span', { class: 'dim' }, 'none')
                  : valueBlock(control.approved),
                witness(control.said, nowMs),
                witness(control.seen, nowMs),
                tag(words, tone),
              ],
            };
          }),
        ),
  );
}

/** @param {DomainDetail} detail @param {number} nowMs */
function changes(detail, nowMs) {
  return h(
    'section',
    { 'aria-labelledby': 'changes' },
    h('h2', { id: 'changes' }, 'Change ledger'),
    detail.changes.length === 0
      ? h('p', { class: 'dim' }, 'No change is recorded.')
      : table(
          'Changes',
          ['When', 'Control', 'From and to', 'Who says so', 'State', 'Approval'],
          [...detail.changes]
            .sort((a, b) => (a.at > b.at ? -1 : 1))
            .map((change) => ({
              key: change.id,
              cells: [
                h(
                  'span',
                  {},
                  when(change.at, nowMs),
                  h('span', { class: 'dim small block' }, utc(change.at)),
                ),
                h('b', {}, readable(change.control)),
                fromTo(change.old ?? undefined, change.new ?? undefined),
                witnessList(change.witnesses),
                h(
                  'span',
                  {},
                  tag(readable(change.state)),
                  h(
                    'span',
                    { class: 'dim small block' },
                    change.actor === null ? 'by nobody known' : `by ${safe(change.actor)}`,
                  ),
                ),
                h(
                  'span',
                  {},
                  tag(
                    change.approval === 'approved' ? 'Approved' : 'Not approved',
                    change.approval === 'approved' ? 'good' : 'bad',
                  ),
                  h(
                    'span',
                    { class: 'dim small block' },
                    change.intent ?? change.explained_by ?? approvalSentence(change.approval),
                  ),
                ),
              ],
            })),
        ),
  );
}

/** @param {unknown} inventory */
function inventory(inventory) {
  if (inventory === null || typeof inventory !== 'object')
    return h('p', { class: 'dim' }, 'Not in the inventory: tier, owner and approved state are unknown.');
  return h(
    'dl',
    { class: 'facts' },
    Object.entries(inventory)
      .filter(([name, value]) => name !== 'approved' && value !== null && value !== undefined)
      .map(([name, value]) => [h('dt', {}, readable(name)), h('dd', {}, valueBlock(value))]),
  );
}

/** @param {any} data @param {PageContext} context */
function view(data, { nowMs, params }) {
  if (!data.detail.ok) return [failureView(data.detail)];
  /** @type {DomainDetail} */
  const detail = data.detail.value;
  const { summary } = detail;
  /** @type {CaseSummary[]} */
  const cases = data.cases.ok
    ? data.cases.value.items.filter((/** @type {CaseSummary} */ each) => detail.cases.includes(each.case_id))
    : [];
  const open = cases.filter(isOpen);
  return [
    h(
      'div',
      { class: 'headline' },
      h(
        'p',
        { class: 'crumbs small' },
        h('a', { href: '/', 'data-link': true }, 'Fleet'),
        ' / ',
        summary.tenant,
      ),
      h('h1', {}, params[1] ?? summary.domain),
      h(
        'p',
        { class: 'row' },
        tag(summary.tier === null ? 'tier unknown' : `tier ${summary.tier}`),
        summary.roles.map((role) => tag(readable(role))),
        h(
          'span',
          { class: 'dim' },
          [summary.owner, summary.team].filter((each) => each !== null).join(' · ') || 'no owner named',
        ),
        h(
          'span',
          { class: 'dim' },
          [summary.registrar_account, summary.dns_provider].filter((each) => each !== null).join(' · '),
        ),
      ),
    ),
    h(
      'section',
      { 'aria-labelledby': 'cases' },
      h('h2', { id: 'cases' }, `Open cases (${open.length})`),
      open.length === 0
        ? h('p', { class: 'dim' }, 'None.')
        : h(
            'ul',
            { class: 'urgent' },
            open.map((each) =>
              h(
                'li',
                { 'data-key': each.case_id, class: `edge-${each.severity}` },
                severityBadge(each.severity),
                h('a', { href: caseHref(each.case_id), 'data-link': true, class: 'title' }, each.title),
                h('span', { class: 'dim small' }, when(each.opened_at, nowMs)),
              ),
            ),
          ),
    ),
    scoreSection(detail.score, nowMs),
    controls(detail, nowMs),
    changes(detail, nowMs),
    h(
      'div',
      { class: 'columns even' },
      h(
        'section',
        { 'aria-labelledby': 'intents' },
        h('h2', { id: 'intents' }, `Intents (${detail.intents.length})`),
        detail.intents.length === 0
          ? h('p', { class: 'dim' }, 'Nobody announced a change of this domain.')
          : h(
              'ul',
              { class: 'plain' },
              detail.intents.map((intent) =>
                h(
                  'li',
                  { 'data-key': intent.id },
                  h('b', {}, intent.id),
                  ` ${intent.reason ?? ''}`,
                  h(
                    'span',
                    { class: 'dim small block' },
                    `${utc(intent.valid_from)} to ${utc(intent.valid_until)}, approved by ${intent.approved_by ?? 'nobody'}`,
                  ),
                ),
              ),
            ),
      ),
      h(
        'section',
        { 'aria-labelledby': 'inventory' },
        h('h2', { id: 'inventory' }, 'Inventory'),
        inventory(detail.inventory),
      ),
    ),
    h(
      'section',
      { 'aria-labelledby': 'sources' },
      h('h2', { id: 'sources' }, 'Who watches this domain'),
      detail.coverage.length === 0
        ? h('p', { class: 'dim' }, 'No source watches it.')
        : table(
            'Sources',
            ['Kind', 'Alive', 'Last seen', 'Blind in 24 h'],
            detail.coverage.map((each) => ({
              key: each.source_kind,
              cells: [
                witnessName(each.source_kind),
                tag(each.alive ? 'alive' : 'silent', each.alive ? 'good' : 'bad'),
                when(each.last_seen, nowMs),
                `${Math.round(each.blind_minutes_24h)} min`,
              ],
            })),
          ),
    ),
  ];
}

/** @type {Page} */
export const domainPage = {
  title: 'Domain',
  follows: ['case', 'score'],
  load: async ({ params }) => {
    const [tenant = '', domain = ''] = params.map(encodeURIComponent);
    const [detail, cases] = await Promise.all([
      read(`/domains/${tenant}/${domain}`),
      readList('/cases', { domain: params[1] }, 500),
    ]);
    return { detail, cases };
  },
  view,
};
