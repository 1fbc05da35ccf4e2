/** The story of a case: a picture with lanes by plane, and the same as a list, each line opening its evidence. */
import { h } from '../dom.js';
import { densestPart, entriesWithin, layoutTimeline } from '../model/timeline-layout.js';
import { clockTime, planeName, readable, safe, utc } from '../model/words.js';
import { severityBadge, tag } from '../parts.js';

/** @import { Case, TimelineEntry } from '../../src/contract/case.ts' */
/** @import { Finding } from '../../src/contract/finding.ts' */
/** @import { Mark } from '../model/timeline-layout.js' */
/** @import { PageContext } from '../parts.js' */

/** @type {Readonly<Record<string, string>>} */
const marks = {
  claim: '❝',
  observation: '◉',
  finding: '⚑',
  identity: '☺',
  certificate: '✪',
  blind: '∅',
  notification: '✉',
  action: '⚙',
  person: '✎',
  revision: '↻',
};

/** @type {Readonly<Record<string, string>>} */
const kindWords = {
  claim: 'stated by an account',
  observation: 'seen from outside',
  finding: 'finding',
  identity: 'sign-in and people',
  certificate: 'certificate',
  blind: 'a source was blind',
  notification: 'somebody was told',
  action: 'action',
  person: 'a person',
  revision: 'correction',
};

/** @param {string} ref */
function anchor(ref) {
  return `line-${ref.replaceAll(/[^A-Za-z0-9_-]/g, '-')}`;
}

/** @param {Mark} mark */
function markView(mark) {
  const [first] = mark.entries;
  if (first === undefined) return null;
  const label = `${clockTime(first.at)} ${mark.entries.length > 1 ? `${mark.entries.length} entries: ` : ''}${first.text}`;
  return h(
    'a',
    {
      class: `mark mark-${mark.severity ?? 'none'} kind-${mark.kind}`,
      href: `#${anchor(first.ref)}`,
      style: `left:${(mark.x * 100).toFixed(2)}%`,
      title: mark.entries
        .map(({ at, text }) => `${clockTime(at)} ${text}`)
        .slice(0, 8)
        .join('\n'),
      'aria-label': label,
    },
    h(
      'span',
      { 'aria-hidden': 'true' },
      marks[mark.kind] ?? '•',
      mark.entries.length > 1 && h('sup', {}, mark.entries.length),
    ),
  );
}

/** @param {TimelineEntry[]} entries */
function picture(entries) {
  const { lanes, ticks, breaks } = layoutTimeline(entries);
  return h(
    'div',
    {
      class: 'lanes',
      role: 'group',
      'aria-label': 'Timeline by plane; every mark leads to its line in the list',
    },
    lanes.map(({ plane, marks: own }) =>
      h(
        'div',
        { class: 'lane', 'data-key': plane },
        h('span', { class: 'lane-name' }, planeName(plane)),
        h(
          'div',
          { class: 'track' },
          breaks.map(({ x }) => h('span', { class: 'break', style: `left:${(x * 100).toFixed(2)}%` })),
          own.map(markView),
        ),
      ),
    ),
    h(
      'div',
      { class: 'lane axis', 'aria-hidden': 'true' },
      h('span', { class: 'lane-name' }, 'UTC'),
      h(
        'div',
        { class: 'track' },
        ticks.map(({ x, label }) =>
          h(
            'span',
            { class: `tick ${x > 0.85 ? 'end' : ''}`, style: `left:${(x * 100).toFixed(2)}%` },
            label,
          ),
        ),
        breaks.map(({ x, label }) =>
          h('span', { class: 'break-label', style: `left:${(x * 100).toFixed(2)}%` }, `⋯ ${label} ⋯`),
        ),
      ),
    ),
  );
}

/** @param {TimelineEntry} entry @param {Finding | undefined} finding */
function line(entry, finding) {
  const opens =
    finding === undefined && !['notification', 'action', 'person', 'revision'].includes(entry.kind);
  return h(
    'li',
    {
      id: anchor(entry.ref),
      class: `line kind-${entry.kind} ${entry.severity === undefined ? '' : `edge-${entry.severity}`}`,
    },
    h('time', { datetime: entry.at, title: utc(entry.at) }, clockTime(entry.at)),
    h(
      'span',
      { class: 'glyph', 'aria-hidden': 'true', title: kindWords[entry.kind] },
      marks[entry.kind] ?? '•',
    ),
    h(
      'div',
      { class: 'said' },
      h('p', {}, safe(entry.text)),
      h(
        'p',
        { class: 'row tight small' },
        tag(planeName(entry.plane)),
        h('span', { class: 'dim' }, kindWords[entry.kind] ?? readable(entry.kind)),
        entry.severity !== undefined && severityBadge(entry.severity),
        entry.earliest !== undefined && h('span', { class: 'dim' }, `not before ${utc(entry.earliest)}`),
      ),
      opens &&
        h(
          'details',
          { 'data-evidence': entry.ref, 'data-keep': true },
          h('summary', {}, 'Evidence'),
          h('div', { class: 'dim' }, 'Loading'),
        ),
      finding !== undefined &&
        h(
          'details',
          {},
          h('summary', {}, 'Why'),
          h('p', {}, finding.summary),
          h(
            'ol',
            { class: 'terms' },
            finding.severity_terms.map((term) => h('li', {}, term)),
          ),
        ),
    ),
  );
}

/** @param {TimelineEntry[]} entries @param {ReadonlyMap<string, Finding>} findings */
function list(entries, findings) {
  /** @type {Node[]} */
  const parts = [];
  let day = '';
  /** @type {Node[]} */
  let open = [];
  const close = () => {
    if (day !== '') parts.push(h('h3', { class: 'day' }, day), h('ol', { class: 'story' }, open));
  };
  for (const entry of entries) {
    const own = entry.at.slice(0, 10);
    if (own !== day) {
      close();
      day = own;
      open = [];
    }
    open.push(line(entry, findings.get(entry.ref)));
  }
  close();
  return parts;
}

/** @param {string} label @param {boolean} on @param {string} name @param {string} value */
function toggle(label, on, name, value) {
  return h(
    'button',
    {
      type: 'button',
      class: 'toggle',
      'aria-pressed': String(on),
      'data-act': 'set',
      'data-name': name,
      'data-value': value,
    },
    label,
  );
}

/** Picture and list with their window of time and filters, all in the address.
 * @param {Case} item @param {Finding[]} findings @param {PageContext} context */
export function timelineSection(item, findings, { query }) {
  const part = densestPart(item.timeline);
  const span = query.get('span') ?? 'all';
  const lines = query.get('lines') ?? 'all';
  const from = span === 'core' && part !== undefined ? part.fromMs : -Infinity;
  const to = span === 'core' && part !== undefined ? part.toMs : Infinity;
  const entries = entriesWithin(item.timeline, from, to).filter(
    ({ kind }) =>
      lines === 'all' ||
      (lines === 'findings' ? kind === 'finding' : kind !== 'finding' && kind !== 'revision'),
  );
  const byId = new Map(findings.map((finding) => [finding.finding_id, finding]));
  const left = item.timeline.length - entries.length;
  return h(
    'section',
    { 'aria-labelledby': 'timeline' },
    h(
      'div',
      { class: 'row spread' },
      h('h2', { id: 'timeline' }, 'Timeline'),
      h(
        'div',
        { class: 'row tight' },
        h(
          'span',
          { class: 'toggles', role: 'group', 'aria-label': 'Lines shown' },
          toggle('Everything', lines === 'all', 'lines', ''),
          toggle('Events', lines === 'events', 'lines', 'events'),
          toggle('Findings', lines === 'findings', 'lines', 'findings'),
        ),
        part !== undefined &&
          h(
            'span',
            { class: 'toggles', role: 'group', 'aria-label': 'Time shown' },
            toggle('All time', span === 'all', 'span', ''),
            toggle('Zoom to the core', span === 'core', 'span', 'core'),
          ),
      ),
    ),
    entries.length === 0 ? h('p', { class: 'dim' }, 'No line fits.') : picture(entries),
    list(entries, byId),
    left > 0 && h('p', { class: 'dim small' }, `${left} lines are hidden by the choice above.`),
  );
}
