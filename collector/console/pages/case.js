/** Case: what changed, from what to what, seen by whom, meant or not, how bad, what to do next; then the whole story. */
import { read } from '../client.js';
import { h } from '../dom.js';
import { approvalOf, changeStories, decidingFinding, playbookStep, witnessKinds } from '../model/changes.js';
import { approvalSentence, readable, safe, utc } from '../model/words.js';
import {
  deadline,
  domainHref,
  failureView,
  fromTo,
  isOpen,
  link,
  may,
  severityBadge,
  tag,
  when,
  witnessList,
} from '../parts.js';
import { timelineSection } from './case-timeline.js';

/** @import { Case } from '../../src/contract/case.ts' */
/** @import { Finding } from '../../src/contract/finding.ts' */
/** @import { CaseDetail, Status } from '../../src/contract/api.ts' */
/** @import { ChangeStory } from '../model/changes.js' */
/** @import { Page, PageContext } from '../parts.js' */

/** @param {ChangeStory} story */
function storyLine(story) {
  return h(
    'li',
    { 'data-key': story.id },
    h('div', { class: 'row' }, h('b', {}, story.object), h('span', { class: 'dim' }, story.what)),
    story.hasValue ? fromTo(story.old, story.next) : null,
    h(
      'div',
      { class: 'dim small' },
      story.earliest !== undefined && story.earliest.slice(0, 19) !== story.at.slice(0, 19)
        ? `between ${utc(story.earliest)} and ${utc(story.at)}`
        : utc(story.at),
      story.actor === undefined ? ', by nobody known' : `, by ${safe(story.actor)}`,
    ),
  );
}

/** @param {string} title @param {import('../dom.js').Child} body @param {string} [tone] */
function answerCard(title, body, tone = '') {
  return h('div', { class: `answer ${tone}` }, h('h2', {}, title), body);
}

/** @param {Case} item @param {ChangeStory[]} stories @param {string | undefined} next */
function tenSeconds(item, stories, next) {
  const changes = stories.filter(({ hasValue }) => hasValue);
  const shown = (changes.length > 0 ? changes : stories).slice(0, 3);
  const rest = (changes.length > 0 ? changes : stories).length - shown.length;
  const approval = approvalOf(stories);
  return h(
    'section',
    { class: 'answers', 'aria-label': 'In short' },
    answerCard(
      'What changed',
      shown.length === 0
        ? h('p', {}, item.summary)
        : h(
            'ul',
            { class: 'stories' },
            shown.map(storyLine),
            rest > 0 && h('li', { class: 'dim small' }, `and ${rest} more in the timeline`),
          ),
      'wide',
    ),
    answerCard('Seen by', witnessList(witnessKinds(stories))),
    answerCard(
      'Did anyone mean it?',
      h('p', {}, approvalSentence(approval)),
      approval === 'approved'
        ? 'good-edge'
        : approval === 'not_found' || approval === 'rejected'
          ? 'bad-edge'
          : '',
    ),
    answerCard('How bad', [
      h('p', { class: 'row' }, severityBadge(item.severity), h('span', {}, item.likelihood)),
      h('p', {}, item.effect),
    ]),
    answerCard('Do next', h('p', {}, next ?? 'No step is left in the playbook.'), 'next'),
  );
}

/** @param {Finding[]} findings */
function whySeverity(findings) {
  const deciding = decidingFinding(findings);
  if (deciding === undefined) return null;
  return h(
    'section',
    { 'aria-labelledby': 'why' },
    h('h2', { id: 'why' }, 'Why this severity'),
    h('p', {}, h('b', {}, `${deciding.detection} ${deciding.title}`), ' decides.'),
    h(
      'ol',
      { class: 'terms' },
      deciding.severity_terms.map((term) => h('li', {}, term)),
    ),
    deciding.degraded_reasons.length > 0 &&
      h(
        'details',
        {},
        h('summary', {}, `What it could not see (${deciding.degraded_reasons.length})`),
        h(
          'ul',
          {},
          deciding.degraded_reasons.map((reason) => h('li', {}, reason)),
        ),
      ),
  );
}

/** @param {Finding[]} findings */
function findingList(findings) {
  const standing = findings.filter(({ state }) => state !== 'retracted');
  return h(
    'section',
    { 'aria-labelledby': 'findings' },
    h('h2', { id: 'findings' }, `Findings (${standing.length})`),
    h(
      'ul',
      { class: 'plain' },
      [...standing]
        .sort((a, b) => b.severity_score - a.severity_score)
        .map((finding) =>
          h(
            'li',
            { 'data-key': finding.finding_id },
            h(
              'details',
              {},
              h(
                'summary',
                {},
                severityBadge(finding.severity),
                ' ',
                h('b', {}, finding.detection),
                ` ${finding.title}`,
                finding.preliminary && ' ',
                finding.preliminary && tag('preliminary'),
                finding.state === 'suppressed' && tag('suppressed'),
              ),
              h('p', {}, finding.summary),
              h(
                'ol',
                { class: 'terms' },
                finding.severity_terms.map((term) => h('li', {}, term)),
              ),
              h('p', { class: 'dim small' }, finding.tags.join(', ')),
            ),
          ),
        ),
    ),
  );
}

/** @param {Case} item */
function playbook(item) {
  const steps = item.actions
    .filter((action) => !/^\[(proposed|approved|rejected|executed|confirmed) /.test(action))
    .map(playbookStep);
  const done = steps.filter((step) => step.done).length;
  const nextAt = steps.findIndex((step) => !step.done && step.mode !== 'automatic');
  return h(
    'section',
    { 'aria-labelledby': 'playbook' },
    h('h2', { id: 'playbook' }, item.playbook === null ? 'Playbook' : `Playbook ${item.playbook}`),
    steps.length === 0
      ? h('p', { class: 'dim' }, 'No playbook is bound to this kind of case.')
      : h('p', { class: 'dim small' }, `${done} of ${steps.length} steps done`),
    h(
      'ol',
      { class: 'steps' },
      steps.map((step, i) =>
        h(
          'li',
          {
            class: `${step.done ? 'done' : ''} ${i === nextAt ? 'current' : ''}`,
            'aria-current': i === nextAt ? 'step' : undefined,
          },
          h(
            'span',
            { class: 'row tight' },
            tag(step.done ? 'done' : step.mode, step.mode === 'needs approval' ? 'warn' : ''),
            step.missingFact && tag('fact missing', 'warn'),
          ),
          h('span', { class: 'block' }, step.text),
        ),
      ),
    ),
  );
}

/** @param {CaseDetail} detail @param {Status | undefined} status */
function proposals(detail, status) {
  const items = /** @type {Record<string, unknown>[]} */ (detail.proposals);
  if (items.length === 0) return null;
  return h(
    'section',
    { 'aria-labelledby': 'proposals' },
    h('h2', { id: 'proposals' }, 'Proposed actions'),
    h(
      'ul',
      { class: 'plain' },
      items.map((each) => {
        const id = String(each['action_id'] ?? each['id'] ?? '');
        const open = each['state'] === 'proposed';
        return h(
          'li',
          { 'data-key': id },
          h('p', {}, h('b', {}, String(each['what'] ?? ''))),
          h(
            'p',
            { class: 'row small' },
            tag(readable(String(each['state'] ?? ''))),
            each['destructive'] === true && tag('two people must approve', 'warn'),
            h('span', { class: 'dim' }, `by ${String(each['proposed_by'] ?? '')}`),
          ),
          open &&
            may(status, 'approver') &&
            h(
              'p',
              { class: 'row' },
              h(
                'button',
                {
                  type: 'button',
                  class: 'primary',
                  'data-act': 'send',
                  'data-path': `/actions/${encodeURIComponent(id)}/approve`,
                },
                'Approve',
              ),
              h(
                'button',
                {
                  type: 'button',
                  'data-act': 'send',
                  'data-path': `/actions/${encodeURIComponent(id)}/reject`,
                },
                'Reject',
              ),
            ),
        );
      }),
    ),
  );
}

/** @param {string} path @param {string} label @param {string} [tone] */
function send(path, label, tone = '') {
  return h('button', { type: 'button', class: tone, 'data-act': 'send', 'data-path': path }, label);
}

/** @param {Case} item @param {Status | undefined} status */
function decide(item, status) {
  if (status === undefined) return null;
  const base = `/cases/${encodeURIComponent(item.case_id)}`;
  if (!may(status, 'responder'))
    return h(
      'section',
      {},
      h('h2', {}, 'Decide'),
      h('p', { class: 'dim' }, 'Your role may look, not act. Responders acknowledge, assign and close.'),
    );
  return h(
    'section',
    { 'aria-labelledby': 'decide' },
    h('h2', { id: 'decide' }, 'Decide'),
    h(
      'p',
      { class: 'row' },
      (item.state === 'new' || item.state === 'reopened') &&
        send(`${base}/acknowledge`, 'Acknowledge', 'primary'),
      isOpen(item) && item.state !== 'contained' && send(`${base}/contain`, 'Attack is stopped'),
      item.state === 'closed' && send(`${base}/reopen`, 'Open again'),
    ),
    isOpen(item) &&
      h(
        'form',
        { class: 'stack', 'data-form': 'send', 'data-path': `${base}/assign` },
        h(
          'label',
          { class: 'field' },
          h('span', {}, 'Assign to'),
          h('input', {
            name: 'assignee',
            id: 'assignee',
            required: true,
            autocomplete: 'off',
            value: item.assignee ?? '',
          }),
        ),
        h('button', { type: 'submit' }, 'Assign'),
      ),
    h(
      'form',
      { class: 'stack', 'data-form': 'send', 'data-path': `${base}/note` },
      h(
        'label',
        { class: 'field' },
        h('span', {}, 'Note for the timeline'),
        h('input', { name: 'text', id: 'note', required: true, autocomplete: 'off' }),
      ),
      h('button', { type: 'submit' }, 'Add note'),
    ),
    isOpen(item) &&
      h(
        'form',
        { class: 'stack', 'data-form': 'send', 'data-path': `${base}/close` },
        h(
          'label',
          { class: 'field' },
          h('span', {}, 'Close as'),
          h(
            'select',
            { name: 'disposition', id: 'disposition' },
            [
              ['true_positive', 'True positive: it was an attack'],
              ['benign_positive', 'Benign: it happened, somebody meant it'],
              ['false_positive', 'False positive: it did not happen so'],
            ].map(([value, label]) => h('option', { value }, /** @type {string} */ (label))),
          ),
        ),
        h(
          'label',
          { class: 'field' },
          h('span', {}, 'Reason'),
          h('input', { name: 'reason', id: 'reason', required: true, autocomplete: 'off' }),
        ),
        h('button', { type: 'submit' }, 'Close case'),
      ),
  );
}

/** @param {CaseDetail} detail @param {number} nowMs */
function facts(detail, nowMs) {
  const { case: item } = detail;
  /** @type {[string, import('../dom.js').Child][]} */
  const rows = [
    [
      'Domains',
      item.domains.map((domain, i) => [i > 0 && ', ', link(domainHref(item.tenant, domain), domain)]),
    ],
    ['Registrar accounts', item.registrar_accounts.join(', ') || 'none named'],
    [
      'Actors',
      item.actors.length === 0
        ? 'nobody known'
        : item.actors.map((actor) => h('code', { class: 'block' }, safe(actor))),
    ],
    ['Owner', item.owner ?? 'nobody named'],
    ['Team', item.team ?? 'nobody named'],
    ['Assignee', item.assignee ?? 'nobody yet'],
    ['Opened', [utc(item.opened_at), ' (', when(item.opened_at, nowMs), ')']],
    ['Paged', item.paged_at === null ? 'never' : utc(item.paged_at)],
    ['Case', h('code', {}, item.case_id)],
    ['Revision', String(item.revision)],
  ];
  return h(
    'section',
    { 'aria-labelledby': 'facts' },
    h('h2', { id: 'facts' }, 'Facts'),
    h(
      'dl',
      { class: 'facts' },
      rows.map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
    ),
  );
}

/** @param {CaseDetail} detail */
function notifications(detail) {
  const items = /** @type {Record<string, unknown>[]} */ (detail.notifications);
  return h(
    'section',
    { 'aria-labelledby': 'told' },
    h('h2', { id: 'told' }, 'Who was told'),
    items.length === 0
      ? h('p', { class: 'dim' }, 'No receiver has confirmed a notification.')
      : h(
          'ul',
          { class: 'plain' },
          items.map((each) =>
            h('li', {}, `${utc(String(each['at'] ?? ''))} ${String(each['text'] ?? each['receiver'] ?? '')}`),
          ),
        ),
  );
}

/** @param {any} answer @param {PageContext} context */
function view(answer, context) {
  if (!answer.ok) return [failureView(answer)];
  /** @type {CaseDetail} */
  const detail = answer.value;
  const { case: item, findings } = detail;
  const { nowMs, status } = context;
  const stories = changeStories(findings);
  const next = item.actions.map(playbookStep).find((step) => !step.done && step.mode !== 'automatic')?.text;
  return [
    h(
      'div',
      { class: `headline edge-${item.severity}` },
      h('p', { class: 'crumbs small' }, link('/cases', 'Cases'), ' / ', h('code', {}, item.case_id)),
      h('h1', {}, item.title),
      h(
        'p',
        { class: 'row' },
        severityBadge(item.severity),
        tag(readable(item.state), isOpen(item) ? 'loud' : ''),
        item.disposition !== null && tag(readable(item.disposition)),
        item.drill && tag('drill', 'warn'),
        h('span', { class: 'dim' }, 'updated ', when(item.updated_at, nowMs)),
        may(status, 'responder') &&
          h(
            'button',
            { type: 'button', class: 'quiet', 'data-act': 'export', 'data-id': item.case_id },
            'Export evidence',
          ),
      ),
      deadline(item.clock, nowMs, true),
      item.merged_into !== null &&
        h('p', {}, 'Merged into ', link(`/cases/${encodeURIComponent(item.merged_into)}`, item.merged_into)),
    ),
    tenSeconds(item, stories, next),
    h(
      'div',
      { class: 'columns' },
      h('div', { class: 'column' }, timelineSection(item, findings, context), findingList(findings)),
      h(
        'aside',
        { class: 'column', 'aria-label': 'Work on the case' },
        playbook(item),
        proposals(detail, status),
        decide(item, status),
        whySeverity(findings),
        facts(detail, nowMs),
        notifications(detail),
      ),
    ),
  ];
}

/** @type {Page} */
export const casePage = {
  title: 'Case',
  follows: ['case'],
  load: ({ params }) => read(`/cases/${encodeURIComponent(params[0] ?? '')}`),
  view,
};
