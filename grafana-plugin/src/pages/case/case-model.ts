/** What the case page works out from what the collector answers. Pure. */
import { t } from '@grafana/i18n';
import type { ActionView, Case, CaseDetail, CaseSummary, Finding, Status } from '../../api/shapes.ts';
import { isOpenCase } from '../../model/open-case.ts';
import { may, isPerson } from '../../model/roles.ts';
import { planeName, witnessName } from '../../model/words.ts';

/** One step of the playbook with what became of it. */
export interface StepView {
  readonly id: string;
  readonly mode: 'automatic' | 'prepared' | 'manual';
  /** The sentence with the facts of this case. */
  readonly text: string;
  readonly destructive: boolean;
  /** A fact the sentence needs is not in the inventory. */
  readonly factMissing: boolean;
  readonly everySeconds: number | undefined;
  readonly doneAt: string | undefined;
  readonly doneBy: string | undefined;
  readonly result: string | undefined;
}

/** The playbook of a case. */
export interface PlaybookView {
  readonly id: string;
  readonly title: string;
  readonly when: string;
  readonly steps: readonly StepView[];
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function list(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(object) : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textOrNothing(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function instantOf(value: unknown): string | undefined {
  return typeof value === 'number' ? new Date(value).toISOString() : undefined;
}

const missingFact = /\([a-z ]+: not in the inventory\)/;

/** `[manual] Call the owner.` without its mark. */
function sentenceOf(action: string | undefined): string | undefined {
  return action?.replace(/^\[[^\]]*\]\s*/, '');
}

/** The playbook with the sentences of this case; undefined when none is bound to it. */
export function playbookView({ case: item, playbook: given }: CaseDetail): PlaybookView | undefined {
  const playbook = object(given);
  const steps = list(playbook['steps']);
  if (steps.length === 0) return undefined;
  return {
    id: text(playbook['id']),
    title: text(playbook['title']),
    when: text(playbook['when']),
    steps: steps.map((step, at) => {
      const done = object(step['done']);
      // The collector lists the steps of the playbook first, in their order, with facts filled in.
      const sentence = sentenceOf(item.actions[at]) ?? text(step['text']);
      const mode = text(step['mode']);
      return {
        id: text(step['id']),
        mode: mode === 'automatic' || mode === 'prepared' ? mode : 'manual',
        text: sentence,
        destructive: step['destructive'] === true,
        factMissing: missingFact.test(sentence),
        everySeconds: typeof step['every_s'] === 'number' ? step['every_s'] : undefined,
        doneAt: instantOf(done['done_at_ms']),
        doneBy: textOrNothing(done['by']),
        result: textOrNothing(done['result']),
      };
    }),
  };
}

/** The first step that waits for a person. */
export function nextStep(playbook: PlaybookView | undefined): StepView | undefined {
  return playbook?.steps.find(({ mode, doneAt }) => mode !== 'automatic' && doneAt === undefined);
}

/** A proposed action with its approvals and, where the collector can carry it out, its dry run and result. */
export interface ProposalView {
  readonly id: string;
  readonly what: string;
  readonly destructive: boolean;
  readonly by: string;
  readonly at: string | undefined;
  readonly approvals: readonly string[];
  readonly approvalsNeeded: number;
  readonly state: string;
  readonly executedBy: string | undefined;
  /** What came of it, by who carried it out. */
  readonly result: string | undefined;
  readonly action: ActionView | undefined;
}

/** Proposals, those that wait for a decision first, then the newest. */
export function proposalViews({ proposals }: CaseDetail): readonly ProposalView[] {
  const views = list(proposals).map((each): ProposalView => {
    const action = each['action'] as ActionView | null | undefined;
    const approvals = each['approvals'];
    const destructive = each['destructive'] !== false;
    return {
      id: text(each['action_id']),
      what: text(each['what']),
      destructive,
      by: text(each['proposed_by']),
      at: instantOf(each['proposed_at_ms']),
      approvals: Array.isArray(approvals) ? approvals.map(text) : [],
      approvalsNeeded: destructive ? 2 : 1,
      // The desk that carries actions out knows more than the stream: running, failed.
      state: action?.state ?? text(each['state']),
      executedBy: textOrNothing(each['executed_by']),
      result: textOrNothing(each['result']),
      action: action ?? undefined,
    };
  });
  const waits = ({ state }: ProposalView): number => (state === 'proposed' ? 0 : 1);
  return views.sort((a, b) => waits(a) - waits(b) || ((a.at ?? '') < (b.at ?? '') ? 1 : -1));
}

/** Why somebody may not approve or reject; undefined: may. */
export type Refusal = 'role' | 'program' | 'own' | 'again' | 'responder' | 'executor';

/** Four eyes, as the collector counts them. */
export function approvalRefusal(
  { by, approvals }: ProposalView,
  status: Pick<Status, 'user'> | undefined,
): Refusal | undefined {
  if (status === undefined || !may(status, 'approver')) return 'role';
  const { id } = status.user;
  if (!isPerson(id)) return 'program';
  if (id === by) return 'own';
  return approvals.includes(id) ? 'again' : undefined;
}

/** Rejecting one's own proposal is taking it back, and allowed. */
export function rejectRefusal(status: Pick<Status, 'user'> | undefined): Refusal | undefined {
  if (status === undefined || !may(status, 'approver')) return 'role';
  return isPerson(status.user.id) ? undefined : 'program';
}

/** Steps a case can take from where it is. */
export function moves(found: Pick<Case, 'state'>): {
  readonly acknowledge: boolean;
  readonly contain: boolean;
  readonly close: boolean;
  readonly reopen: boolean;
  readonly open: boolean;
} {
  const { state } = found;
  const fresh = state === 'new' || state === 'reopened';
  const open = isOpenCase(found);
  return {
    acknowledge: fresh,
    contain: fresh || state === 'acknowledged',
    close: open,
    reopen: state === 'closed',
    open,
  };
}

/** Cases that share a domain with this one: open ones first, then the newest. */
export function relatedCases(
  { case_id: id, domains, tenant, merged_into: into }: Case,
  all: readonly CaseSummary[],
): readonly CaseSummary[] {
  const own = new Set(domains);
  return all
    .filter(
      (each) =>
        each.case_id !== id &&
        each.tenant === tenant &&
        (each.case_id === into || each.domains.some((domain) => own.has(domain))),
    )
    .sort((a, b) => Number(isOpenCase(b)) - Number(isOpenCase(a)) || (a.updated_at < b.updated_at ? 1 : -1));
}

const absentKind = /^(\w+): this tenant has no such source$/;

/**
 * What could not be seen: kinds of source that are not connected, planes that nobody watches, and what each standing
 * finding lacked. Each once; sources by their names.
 */
export function unseenOf(findings: readonly Finding[], planesSilent: readonly string[]): readonly string[] {
  const reasons = [...new Set(standingFindings(findings).flatMap(({ degraded_reasons: each }) => each))];
  const absent = reasons.flatMap((reason) => absentKind.exec(reason)?.[1] ?? []);
  return [
    ...(absent.length === 0
      ? []
      : [t('case.not-connected', 'not connected: {{kinds}}', { kinds: absent.map(witnessName).join(', ') })]),
    ...(planesSilent.length === 0
      ? []
      : [
          t('case.planes-silent', 'nobody watches {{planes}}', {
            planes: planesSilent.map(planeName).join(', '),
          }),
        ]),
    ...reasons
      .filter((reason) => !absentKind.test(reason))
      .map((reason) => reason.replace(/^[a-z]+_[a-z_]+(?=:)/, witnessName)),
  ];
}

/** Why somebody may not say that a proposal in words was carried out, or that its effect was seen; undefined: may. */
export function handRefusal(
  { state, executedBy }: Pick<ProposalView, 'state' | 'executedBy'>,
  status: Pick<Status, 'user'> | undefined,
): Refusal | undefined {
  if (status === undefined || !may(status, 'responder')) return 'responder';
  if (!isPerson(status.user.id)) return 'program';
  return state === 'executed' && status.user.id === executedBy ? 'executor' : undefined;
}

/** Findings that stand, worst first. */
export function standingFindings(findings: readonly Finding[]): readonly Finding[] {
  return findings
    .filter(({ state }) => state !== 'retracted')
    .sort((a, b) => b.severity_score - a.severity_score || (a.detection < b.detection ? -1 : 1));
}

/** True for a term that is one of the overrides of the rubric, O1 to O6, or another ceiling. */
export function isOverride(term: string): boolean {
  return /^O\d /.test(term) || /: at most \w+$/.test(term);
}

/** A term as people read it: factors with their sign, and the sum by its name. */
export function termText(term: string): string {
  const sum = /^S (\S+)$/.exec(term);
  if (sum !== null) return t('finding.sum', 'together {{score}} of 1', { score: sum[1] });
  return term.replace(/ x(\d)/g, ' × $1');
}
