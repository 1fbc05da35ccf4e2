/** A case: everything that belongs to one incident, for one person to decide on. */
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { severities } from './severity.ts';

const text = Type.String();
/** Shared between revisions: nobody changes one in place. */
const texts = Type.Immutable(Type.Array(text));
const textOrNull = Type.Union([text, Type.Null()]);

/** One line of a case's story. `kind` decides the icon, `plane` the lane. Ordered by (at, ref). */
export const TimelineEntrySchema = Type.Object({
  /** RFC 3339 UTC, when it happened; `earliest` when it is only known to lie in an interval. */
  at: text,
  earliest: Type.Optional(text),
  /** End of a time in which a source was blind; absent while it lasts, and for everything that is no span. */
  until: Type.Optional(text),
  kind: Type.Enum([
    'claim',
    'observation',
    'finding',
    'identity',
    'certificate',
    'blind',
    'notification',
    'action',
    'person',
    'revision',
  ]),
  plane: text,
  /** A sentence with the facts: object, old and new value, who says so. */
  text: text,
  /** Event id, finding id or audit id this line stands on. */
  ref: text,
  domain: Type.Optional(text),
  actor_id: Type.Optional(text),
  source_kind: Type.Optional(text),
  severity: Type.Optional(Type.Enum([...severities])),
});

/** One line of a case's story. */
export type TimelineEntry = Type.Static<typeof TimelineEntrySchema>;

/** JSON Schema of a case. Times RFC 3339 UTC; `paged_at` null: never paged. */
export const CaseSchema = Type.Object(
  {
    case_id: text,
    revision: Type.Integer({ minimum: 0 }),
    tenant: text,
    title: text,
    /** What kind of incident: transfer, delegation, records, mail, certificate, account, availability, pipeline … */
    kind: text,
    severity: Type.Enum([...severities]),
    severity_history: Type.Array(Type.Object({ at: text, severity: Type.Enum([...severities]) })),
    state: Type.Enum(['new', 'acknowledged', 'contained', 'closed', 'reopened', 'merged']),
    disposition: Type.Union([Type.Enum(['true_positive', 'false_positive', 'benign_positive']), Type.Null()]),
    domains: texts,
    registrar_accounts: texts,
    actors: texts,
    finding_ids: texts,
    detections: texts,
    opened_at: text,
    updated_at: text,
    paged_at: textOrNull,
    /** Finding whose arrival paged, null when never paged. */
    paged_by: textOrNull,
    /** `page`, `ticket` or `digest`: how loudly the case may speak now. */
    notify: Type.Enum(['page', 'ticket', 'digest', 'none']),
    owner: textOrNull,
    team: textOrNull,
    assignee: textOrNull,
    /** One paragraph: what changed, from what to what, seen by whom, whether anyone meant it. */
    summary: text,
    likelihood: text,
    effect: text,
    playbook: textOrNull,
    actions: texts,
    timeline: Type.Array(TimelineEntrySchema),
    /** Time left before recovery gets hard, with the source of the number; null when nothing runs out. */
    clock: Type.Union([Type.Object({ deadline: text, what: text, basis: text }), Type.Null()]),
    merged_into: textOrNull,
    drill: Type.Boolean(),
  },
  { $id: 'urn:zonewarden:case:1.0', title: 'Zonewarden case' },
);

/** A case as sinks, API and console see it. */
export type Case = Type.Static<typeof CaseSchema>;

const validator = Compile(CaseSchema);

/** True when `candidate` is a complete case. */
export function isCase(candidate: unknown): candidate is Case {
  return validator.Check(candidate);
}
